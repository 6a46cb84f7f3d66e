"""A node that something is said about, with its triples taken apart: the unit that people read, write and compare."""

from dataclasses import dataclass

from kbapp.core.graph import KnowledgeGraph
from kbapp.core.triple import LOCATED_IN, ON_SIDE, Status, Triple


@dataclass(frozen=True)
class Occurrence:
    """name: of the node, e.g. "pleural effusion, left". label: its canonical entry. status: whether it is there.

    sites: canonical names it is located in. sides: "left", "right". said: the other triples (degree, size, count, state ...).
    """

    name: str
    label: str
    kind: str
    status: Status
    sites: tuple[str, ...]
    sides: tuple[str, ...]
    said: tuple[Triple, ...]
    triples: tuple[Triple, ...]

    def first(self, relation: str) -> Triple:
        """Its triple of that relation, or its first triple: what stands for the occurrence in a list."""
        return next((t for t in self.triples if t.relation == relation), self.triples[0])


def occurrences(graph: KnowledgeGraph) -> tuple[Occurrence, ...]:
    """One for each head of the graph, in name order."""
    return tuple(_occurrence(graph, head) for head in graph.heads)


def _occurrence(graph: KnowledgeGraph, head: str) -> Occurrence:
    triples = graph.about(head)
    node = graph.node_by_name.get(head)
    places = (LOCATED_IN, ON_SIDE)
    return Occurrence(
        name=head,
        label=node.label or head if node else head,
        kind=node.kind if node else "other",
        status=graph.status_of(head) or Status.PRESENT,
        sites=tuple(t.tail for t in triples if t.relation == LOCATED_IN),
        sides=tuple(t.tail for t in triples if t.relation == ON_SIDE),
        said=tuple(t for t in triples if t.relation not in places),
        triples=triples,
    )
