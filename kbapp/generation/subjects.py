"""Entity alternation (paper section 2.3): which entities candidates are written around, the best first."""

import networkx as nx

from kbapp.core.graph import KnowledgeGraph, Node
from kbapp.core.triple import Status
from kbapp.priors.schema import DomainPrior

_FAR = 1_000  # not connected to a focus entity


def subjects(graph: KnowledgeGraph, prior: DomainPrior) -> tuple[str, ...]:
    """Node names, each once: what is there of the prior's focus, in its order; then by closeness to that, degree and name.

    What is denied is no subject, and neither are values ("left", "small"). Where nothing but anatomy is left (a normal study), the
    anatomical structures are the subjects, by closeness to the focus entities that were denied. Empty for an empty graph.
    """
    there = [node for node in graph.nodes if _can_lead(graph, node, prior)]
    rank_of_focus = {label: k for k, label in enumerate(prior.focus)}
    focus = sorted((n for n in there if n.label in rank_of_focus), key=lambda n: (rank_of_focus[n.label], n.name))
    anchors = [n.name for n in focus] or [n.name for n in graph.nodes if n.label in rank_of_focus]
    network = nx.Graph((t.head, t.tail) for t in graph.triples)
    distance = nx.multi_source_dijkstra_path_length(network, set(anchors)) if anchors else {}
    others = [n for n in there if n.label not in rank_of_focus]
    others.sort(key=lambda n: (_kind(n, prior) == "anatomy", distance.get(n.name, _FAR), -network.degree(n.name), n.name))
    return tuple(n.name for n in (*focus, *others))


def _can_lead(graph: KnowledgeGraph, node: Node, prior: DomainPrior) -> bool:
    kind = _kind(node, prior)
    if kind == "anatomy":
        return True
    return kind != "value" and bool(graph.about(node.name)) and graph.status_of(node.name) is not Status.ABSENT


def _kind(node: Node, prior: DomainPrior) -> str:
    entry = prior.entry_by_name.get(node.label)
    return entry.kind if entry else node.kind
