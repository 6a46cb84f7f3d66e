"""A description condensed to what an image model can read: the most important first, what did not fit is said."""

from dataclasses import dataclass

from kbapp.core.candidate import Description
from kbapp.core.content import Modality
from kbapp.core.triple import Status
from kbapp.generation.description import led_by, standard_sentence
from kbapp.generation.wording import statements
from kbapp.priors.schema import DomainPrior, Guidance


@dataclass(frozen=True)
class Prompt:
    """text: at most the words asked for. cut: what was left out, in the words it would have had."""

    text: str
    cut: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        return (f"The image model's prompt had no room for: {'; '.join(self.cut)}.",) if self.cut else ()


def condense(description: Description, prior: DomainPrior, max_words: int) -> Prompt:
    """The prior's instruction, what is there with the subject in front, normal states, and last what is denied.

    A statement is told whole or not at all. Denials go last, and only where all else had room: an image model draws what is named.
    """
    told = led_by(description.subject, statements(description.graph, prior, prose=True))
    there = [s for s in told if s.status is not Status.ABSENT]
    there.sort(key=lambda s: bool(s.sentences))  # stable: the subject still leads its kind
    instruction = prior.guidance.get(Modality.IMAGE.value, Guidance()).instruction
    pieces = [p for p in (instruction, *(standard_sentence(s, prior, home=False) for s in there)) if p]
    denied = [standard_sentence(s, prior, home=False) for s in told if s.status is Status.ABSENT]
    made = fitted(pieces, max_words)
    if made.cut:
        return Prompt(made.text, (*made.cut, *(sentence.rstrip(".") for sentence in denied)))
    return fitted([*pieces, *denied], max_words)


def fitted(pieces: list[str], max_words: int) -> Prompt:
    """Pieces in order, each whole, as many as fit; a first piece that is too long by itself is cut off."""
    kept, cut, room = [], [], max_words
    for piece in pieces:
        size = len(piece.split())
        if size <= room:
            kept.append(piece)
            room -= size
        elif not kept:
            words = piece.split()
            kept.append(" ".join(words[:room]))
            cut.append(" ".join(words[room:]))
            room = 0
        else:
            cut.append(piece.rstrip("."))
    return Prompt(" ".join(kept), tuple(cut))
