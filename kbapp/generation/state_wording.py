"""How a prior puts a state of anatomy into words: "(heart, has size, normal)" as "Heart is normal."."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from kbapp.core.triple import Triple
from kbapp.priors.schema import DomainPrior, Pairing

_SIDES = ("", "left", "right")


@dataclass(frozen=True)
class StateWording:
    """sentences: each says the state by its names. denies: the nodes that they deny along with it, e.g. ("cardiomegaly",).

    told: the same as reports say it ("The lungs are clear."); the sentences where the prior has no other words.
    """

    sentences: tuple[str, ...]
    denies: tuple[str, ...]
    told: tuple[str, ...]


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def state_wording(triple: Triple, known: Collection[str], prior: DomainPrior) -> StateWording | None:
    """The prior's own words for the triple, out of its phrases and pairings; None if it has none that can be used.

    known: the nodes that something is said about. Words that deny a finding of which nothing is known cannot be used: they would add a
    fact. Words that name the anatomy and the state themselves come before those that only mean them, then those that deny the most.
    """
    fits = [w for w in _wordings(triple, prior) if all(name in known for name in w.denies)]
    return max(fits, key=lambda w: (_names(w, triple), len(w.denies)), default=None)


def _wordings(triple: Triple, prior: DomainPrior) -> Iterator[StateWording]:
    for phrase in prior.phrases:
        if phrase.says == (triple.fact,) and phrase.words:
            sentences = tuple(f"{capital(words)}." for words in phrase.words)
            yield StateWording(sentences, phrase.absent, sentences)
    for pairing in prior.pairings:
        for anatomy in pairing.anatomy if not pairing.finding else ():
            says = tuple((anatomy if head == "@" else head, relation, tail) for head, relation, tail in pairing.says)
            if says == (triple.fact,):
                yield from _of_pairing(anatomy, pairing, triple.tail)


def _of_pairing(anatomy: str, pairing: Pairing, state: str) -> Iterator[StateWording]:
    qualities = sorted(pairing.quality, key=lambda quality: quality != state)  # the state's own name first
    for side in _SIDES:
        sentences = tuple(capital(f"{side} {anatomy} is {quality}.".strip()) for quality in qualities)
        told = tuple(f"{capital(words)}." for words in pairing.told) if not side and anatomy == pairing.anatomy[0] else ()
        if not side or pairing.absent:
            denies = tuple(f"{name}, {side}" if side else name for name in pairing.absent)
            yield StateWording(sentences, denies, told or sentences)


def _names(wording: StateWording, triple: Triple) -> int:
    """How many of the two nodes its first sentence names."""
    first = wording.sentences[0].casefold()
    return (triple.head in first) + (triple.tail in first)
