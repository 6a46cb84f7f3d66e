"""How a graph is laid out on a page: pure data, no drawing library.

Three columns read from left to right: where (anatomy), what (finding), how (side, severity, size ...). Rows are grouped in bands, one
band per vocabulary group (Heart, Lungs, Pleura ...), so that a node keeps its place in every view and for every candidate. Bands
instead of columns per region: the names are wide and the panel is tall, and a band needs no crossing edges. Values such as "left" are
drawn once per finding, else one shared "left" would tie all findings together on the page without meaning anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kbapp.core.graph import KnowledgeGraph, Node
from kbapp.core.triple import LOCATED_IN, Status, Triple

ANATOMY_X, FINDING_X, VALUES_LEFT = 0, 190, 303  # pixels: centres of two columns, and where the values begin
ROW, BAND_GAP, VALUE_GAP = 46, 22, 18
WIDEST, PADDING, LETTER = 178, 38, 8  # of a box: where a label is wrapped, its margins and the mark of a difference, one letter

_STATUS_ORDER = {Status.PRESENT: 0, Status.UNCERTAIN: 1, Status.ABSENT: 2, None: 3}


@dataclass(frozen=True)
class ViewNode:
    """id: unique on the page. node: name in the graph. x, y: pixels. status: of the node in the graph shown, None when it is not there."""

    id: str
    node: str
    label: str
    kind: str
    band: str
    x: int
    y: int


@dataclass(frozen=True)
class ViewEdge:
    """One triple on the page."""

    id: str
    source: str
    target: str
    relation: str
    fact: tuple[str, str, str]


@dataclass(frozen=True)
class Band:
    name: str
    top: int
    bottom: int


@dataclass(frozen=True)
class GraphView:
    nodes: tuple[ViewNode, ...]
    edges: tuple[ViewEdge, ...]
    bands: tuple[Band, ...]
    width: int  # pixels from the centre of the first column to the right edge
    height: int


def lay_out(graphs: Sequence[KnowledgeGraph], groups: Mapping[str, str], band_order: Sequence[str]) -> GraphView:
    """Lay out the union of the graphs (source first). groups: vocabulary label -> band; unknown labels go to "Other".

    The source decides the order within a band; what only a candidate says comes after it.
    """
    triples: dict[tuple[str, str, str], Triple] = {}
    nodes: dict[str, Node] = {}
    for graph in graphs:
        for triple in graph.triples:
            triples.setdefault(triple.fact, triple)
        for node in graph.nodes:
            nodes.setdefault(node.name, node)
    heads = sorted(
        {fact[0] for fact in triples},
        key=lambda h: (next((i for i, g in enumerate(graphs) if g.about(h)), 0) > 0, _STATUS_ORDER[_status(graphs, h)], h),
    )
    bands: dict[str, list[str]] = {name: [] for name in (*band_order, "Other")}
    for head in heads:
        bands.setdefault(_band(nodes.get(head), groups), []).append(head)
    return _place(bands, triples, nodes)


def _status(graphs: Sequence[KnowledgeGraph], head: str) -> Status | None:
    return next((status for graph in graphs if (status := graph.status_of(head))), None)


def _band(node: Node | None, groups: Mapping[str, str]) -> str:
    return groups.get(node.label, "Other") if node else "Other"


def _place(bands, triples, nodes) -> GraphView:
    view_nodes: list[ViewNode] = []
    edges: list[ViewEdge] = []
    drawn_bands: list[Band] = []
    y = 0
    for band, heads in bands.items():
        if not heads:
            continue
        top = y
        anatomy_rows: dict[str, list[int]] = {}
        for head in heads:
            node = nodes.get(head) or Node(head)
            column = ANATOMY_X if node.kind == "anatomy" else FINDING_X
            view_nodes.append(ViewNode(f"{band}|{head}", head, head, node.kind, band, column, y))
            left = VALUES_LEFT if column == FINDING_X else FINDING_X - WIDEST // 4
            for fact in (f for f in triples if f[0] == head):
                tail = nodes.get(fact[2]) or Node(fact[2])
                if fact[1] == LOCATED_IN or tail.kind == "anatomy":
                    anatomy_rows.setdefault(fact[2], []).append(y)
                    target = f"{band}|{fact[2]}"
                else:
                    target = "|".join(fact)
                    wide = _width(fact[2])
                    view_nodes.append(ViewNode(target, fact[2], fact[2], "value", band, left + wide // 2, y))
                    left += wide + VALUE_GAP
                edges.append(ViewEdge("|".join(fact), f"{band}|{head}", target, fact[1], fact))
            y += ROW
        own = {n.node for n in view_nodes if n.band == band}
        y = max(y, _place_anatomy(band, anatomy_rows, own, nodes, view_nodes))
        drawn_bands.append(Band(band, top - ROW // 2, y - ROW // 2))
        y += BAND_GAP
    width = max((node.x + (_width(node.label) if node.kind == "value" else WIDEST) // 2 for node in view_nodes), default=VALUES_LEFT)
    return GraphView(tuple(view_nodes), tuple(edges), tuple(drawn_bands), width, max(y - BAND_GAP, ROW))


def _width(label: str) -> int:
    """About as wide as the label's box will be drawn, with a mark before it."""
    return min(WIDEST, PADDING + LETTER * len(label))


def _place_anatomy(band: str, rows: Mapping[str, list[int]], own: set[str], nodes, view_nodes: list[ViewNode]) -> int:
    """Each site at the mean height of its findings, pushed down where two would overlap. Returns the y below the last one."""
    taken = sorted(n.y for n in view_nodes if n.band == band and n.x == ANATOMY_X)
    below = 0
    for name, heights in sorted(rows.items(), key=lambda item: (sum(item[1]) / len(item[1]), item[0])):
        if name in own:
            continue
        y = round(sum(heights) / len(heights))
        while any(abs(y - other) < ROW for other in taken):
            y += 2
        taken.append(y)
        node = nodes.get(name) or Node(name, "anatomy")
        view_nodes.append(ViewNode(f"{band}|{name}", name, name, node.kind, band, ANATOMY_X, y))
        below = max(below, y + ROW)
    return below
