"""What a second reading of the same content says otherwise than the first: facts gained, lost and changed. Pure.

Unlike `kbapp.ranking.difference` it asks nothing of a prior: the two readings may have been made under different ones.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kbapp.core.evidence import ModelAnswer
from kbapp.core.graph import KnowledgeGraph
from kbapp.core.triple import Triple


@dataclass(frozen=True)
class GraphChange:
    """In key order of the later graph, what is lost in that of the earlier one. changed: (before, after) pairs; each triple stands in one
    place only."""

    gained: tuple[Triple, ...] = ()
    lost: tuple[Triple, ...] = ()
    changed: tuple[tuple[Triple, Triple], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.gained or self.lost or self.changed)


def graph_change(before: KnowledgeGraph, after: KnowledgeGraph) -> GraphChange:
    """A fact is changed when it has another status, else another tail, else other names for the same place of the content."""
    ours, theirs = set(before.triples), set(after.triples)
    lost = [t for t in before.triples if t not in theirs]
    gained = [t for t in after.triples if t not in ours]
    changed: list[tuple[Triple, Triple]] = []
    for likeness in (lambda t: t.fact, lambda t: (t.head, t.relation), _place):
        changed += _taken_out(lost, gained, likeness)
    return GraphChange(tuple(gained), tuple(lost), tuple(sorted(changed, key=lambda pair: pair[1].key)))


def _taken_out(lost: list[Triple], gained: list[Triple], likeness: Callable[[Triple], object]) -> list[tuple[Triple, Triple]]:
    """The pairs that are alike, removed from both lists; a triple with the likeness None has no partner."""
    pairs = []
    for before in list(lost):
        same = likeness(before)
        after = next((t for t in gained if same is not None and likeness(t) == same), None)
        if after is not None:
            lost.remove(before)
            gained.remove(after)
            pairs.append((before, after))
    return pairs


def _place(triple: Triple) -> object:
    """What kind of fact was read from which place; a model's own words are no place."""
    places = tuple(e for e in triple.evidence if not isinstance(e, ModelAnswer))
    return (triple.relation, places) if places else None
