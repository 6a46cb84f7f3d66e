"""How a prior puts a state of anatomy into words: "(heart, has size, normal)" as "Heart is normal."."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from kbapp.core.triple import Triple
from kbapp.priors.schema import DomainPrior

_SIDES = ("", "left", "right")


@dataclass(frozen=True)
class StateWording:
    """sentences: each says the state. denies: the nodes that they deny along with it, e.g. ("cardiomegaly",)."""

    sentences: tuple[str, ...]
    denies: tuple[str, ...]


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
            yield StateWording(tuple(f"{capital(words)}." for words in phrase.words), phrase.absent)
    for pairing in prior.pairings:
        for anatomy in pairing.anatomy if not pairing.finding else ():
            says = tuple((anatomy if head == "@" else head, relation, tail) for head, relation, tail in pairing.says)
            if says == (triple.fact,):
                yield from _of_pairing(anatomy, pairing.quality, pairing.absent)


def _of_pairing(anatomy: str, qualities: tuple[str, ...], absent: tuple[str, ...]) -> Iterator[StateWording]:
    for side in _SIDES:
        named = f"{side} {anatomy}".strip()
        denies = tuple(f"{name}, {side}" if side else name for name in absent)
        if not side or absent:
            yield StateWording(tuple(f"{capital(named)} is {quality}." for quality in qualities), denies)


def _names(wording: StateWording, triple: Triple) -> int:
    """How many of the two nodes its first sentence names."""
    first = wording.sentences[0].casefold()
    return (triple.head in first) + (triple.tail in first)
