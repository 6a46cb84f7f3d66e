"""The knowledge graph of one content (or of the contents of one case): a set of triples over canonical names."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from kbapp.core.triple import LOCATED_IN, STRENGTH, Status, Triple, merged


@dataclass(frozen=True, order=True)
class Node:
    """name: unique in the graph, e.g. "pleural effusion, left". kind: "finding", "anatomy", "device", "object", "value" ...
    label: the canonical entry of the vocabulary, e.g. "pleural effusion". codes: (system, code) pairs."""

    name: str
    kind: str = "other"
    label: str = ""
    codes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class KnowledgeGraph:
    """Triples in key order, one per fact; a node for each head and tail, in name order. Make it with `graph_of`.

    Two graphs are equal if they hold the same triples: nodes follow from them under one prior version, evidence does not count.
    """

    triples: tuple[Triple, ...] = ()
    nodes: tuple[Node, ...] = field(default=(), compare=False)
    prior: str = field(default="", compare=False)  # "chest-xray@3": the prior version whose names these are

    @cached_property
    def node_by_name(self) -> dict[str, Node]:
        return {node.name: node for node in self.nodes}

    @cached_property
    def heads(self) -> tuple[str, ...]:
        """Names that something is said about, in name order."""
        return tuple(sorted({t.head for t in self.triples}))

    @cached_property
    def _by_head(self) -> dict[str, list[Triple]]:
        said: dict[str, list[Triple]] = {}
        for triple in self.triples:
            said.setdefault(triple.head, []).append(triple)
        return said

    def about(self, head: str) -> tuple[Triple, ...]:
        """The triples whose head is this node, in key order."""
        return tuple(self._by_head.get(head, ()))

    def status_of(self, head: str) -> Status | None:
        """Whether the node itself is there: the status of its "located in" triples, else the strongest of what is said of it."""
        said = self.about(head)
        places = [t for t in said if t.relation == LOCATED_IN] or said
        return max((t.status for t in places), key=STRENGTH.__getitem__, default=None)

    def __bool__(self) -> bool:
        return bool(self.triples)


def graph_of(triples: Iterable[Triple], nodes: Iterable[Node] = (), prior: str = "") -> KnowledgeGraph:
    """Merge the triples, keep exactly the nodes they name (a name without a Node gets a plain one)."""
    kept = merged(triples)
    known = {node.name: node for node in nodes}
    names = sorted({name for t in kept for name in (t.head, t.tail)})
    return KnowledgeGraph(kept, tuple(known.get(n) or Node(n, label=n) for n in names), prior)
