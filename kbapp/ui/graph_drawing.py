"""The knowledge graph as pyvis/vis-network data: for the page (drawn by our own script) and as a file to keep.

Status and difference are never told by colour alone: present is filled, uncertain is dotted and starts with "?", absent is hollow,
dashed and starts with "no"; each class of difference has its own sign and line.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from kbapp.core.completion import Completion
from kbapp.core.difference import Difference, FactClass, FactDifference
from kbapp.core.graph import KnowledgeGraph
from kbapp.core.graph_view import GraphView, lay_out
from kbapp.core.triple import Status
from kbapp.priors.schema import DomainPrior

_FILL = {"finding": "#1d6a86", "device": "#6b5b1f", "anatomy": "#e6e9ef", "object": "#1d6a86", "value": "#f4f1e6"}
_INK = {"finding": "#ffffff", "device": "#ffffff", "object": "#ffffff", "anatomy": "#26303c", "value": "#3b3520"}
_LINE = {"anatomy": "#9aa6b5", "value": "#c9bf94"}
_SHAPE = {"anatomy": "ellipse", "device": "box"}
_PREFIX = {Status.ABSENT: "no ", Status.UNCERTAIN: "? "}

# Okabe-Ito colours, each with a sign and a line style of its own.
CLASS_MARK = {
    FactClass.CONTRADICTED: ("≠", "#d55e00"),
    FactClass.MISSING: ("−", "#c77700"),
    FactClass.EXTRA: ("+", "#0072b2"),
    FactClass.REWORDED: ("≈", "#6b7683"),
    FactClass.KEPT: ("=", "#6b7683"),
    FactClass.NOT_ASSESSABLE: ("·", "#a7b0bb"),
}
_DASHES = {
    FactClass.MISSING: [6, 4],
    FactClass.REWORDED: [2, 4],
    FactClass.NOT_ASSESSABLE: [1, 5],
}
WORST_FIRST = tuple(CLASS_MARK)

_LABEL_LIMIT = 200
_ON_PAGE = (1_000, 2_000)  # boxes and facts drawn; a value such as "left" is a box for each finding that has it
_IN_FILE = (300, 1_000)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def review_graph(completion: Completion, prior: DomainPrior, *, differences: bool = True) -> dict:
    """Everything the page needs to draw source, candidates and differences without asking the server again.

    {"nodes": [...], "edges": [...], "options": {...}, "bands": [...], "styles": [...], "views": {name: {"nodes": [...], "edges": [...]}}}
    with the views "source", "candidate-k" and "difference-k". A node keeps its place in every view. What a view says of each node and
    edge, in their order: null where it is not drawn, the number of its style, or [style, what stands before its label]. Without
    `differences` the views of that name are left out.
    """
    source = completion.reading.graph
    candidates = [reading.graph for reading in completion.candidate_readings]
    view = _view([source, *candidates], prior)
    data = _network_data(view)
    shown = {"source": _plain_view(view, source)}
    for k, (graph, difference) in enumerate(zip(candidates, completion.differences, strict=True)):
        shown[f"candidate-{k}"] = _plain_view(view, graph)
        if differences:
            shown[f"difference-{k}"] = _difference_view(view, source, graph, difference)
    styles = _Styles()
    data["views"] = {
        name: {kind: styles.of(data[kind], props[kind]) for kind in ("nodes", "edges")} for name, props in shown.items()
    }
    return {**data, "styles": styles.table}


class _Styles:
    """Each style once: a graph of 200 nodes has 4,000 boxes over all views of a case, but they look some thirty ways."""

    def __init__(self):
        self.table: list[dict] = []
        self._numbers: dict[str, int] = {}

    def of(self, items: Sequence[Mapping], shown: Mapping[str, dict]) -> list:
        return [self._told(item.get("label", ""), shown[item["id"]]) if item["id"] in shown else None for item in items]

    def _told(self, label: str, props: dict) -> int | list:
        """A label that is not the item's own with something before it (a cut one) belongs to the style."""
        said = props.get("label", "")
        if not said.endswith(label):
            return self._number(props)
        style = self._number({name: value for name, value in props.items() if name != "label"})
        before = said.removesuffix(label)
        return [style, before] if before else style

    def _number(self, props: dict) -> int:
        key = repr(props)
        if key not in self._numbers:
            self._numbers[key] = len(self.table)
            self.table.append(props)
        return self._numbers[key]


def standalone_html(graph: KnowledgeGraph, prior: DomainPrior) -> str:
    """One HTML file that draws the graph without any network access: pyvis' page, its two CDN tags and comments removed, a strict
    content security policy put first. At most 300 boxes and 1,000 facts, and a sentence where that cut any."""
    view = _view([graph], prior)
    shown = _plain_view(view, graph)
    network = _pyvis(view, shown)
    html = network.generate_html(notebook=False)
    html = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
    html = re.sub(r"<link[^>]*?https?://[^>]*?>", "", html, flags=re.DOTALL)
    html = re.sub(r"<script[^>]*?src=\"https?://[^>]*?>\s*</script>", "", html, flags=re.DOTALL)
    policy = (
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; "
        "style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'\">"
    )
    html = html.replace("<head>", f"<head>{policy}", 1)
    drawn, facts = len(network.get_edges()), len(graph.triples)
    cut = f"<p>{drawn} of {facts} facts are drawn: more would not be readable. The other file formats hold all of them.</p>"
    return html.replace("<body>", f"<body>{cut}", 1) if drawn < facts else html


def clean_label(text: str) -> str:
    """Text for a label or title: one line, no control or direction characters, at most 200 characters, and no "href", which the
    pyvis template takes for HTML."""
    return _UNPRINTABLE.sub(" ", text)[:_LABEL_LIMIT].replace("href", "h\u2009ref").replace("HREF", "H\u2009REF")


def _view(graphs: Sequence[KnowledgeGraph], prior: DomainPrior) -> GraphView:
    groups = {entry.name: entry.group for entry in prior.vocabulary}
    return lay_out(graphs, groups, [rule.entity for rule in prior.rules])


def _network_data(view: GraphView) -> dict:
    nodes, edges, _, _, _, options = _pyvis(view, None).get_network_data()
    bands = [{"name": b.name, "top": b.top, "bottom": b.bottom} for b in view.bands]
    return {
        "nodes": nodes,
        "edges": edges,
        "options": json.loads(options),
        "bands": bands,
        "width": view.width,
        "height": view.height,
    }


def _pyvis(view: GraphView, shown: Mapping | None):
    from pyvis.network import Network

    boxes, facts = _ON_PAGE if shown is None else _IN_FILE
    network = Network(directed=True, cdn_resources="in_line", heading="", select_menu=False, filter_menu=False, height="640px")
    for node in view.nodes[:boxes]:
        if shown is None:
            network.add_node(node.id, label=clean_label(node.label), shape="box", x=node.x, y=node.y, physics=False, node=node.node)
        elif node.id in shown["nodes"]:
            props = shown["nodes"][node.id]
            network.add_node(node.id, x=node.x, y=node.y, physics=False, **props)
    known = set(network.get_nodes())
    for edge in view.edges[:facts]:
        if edge.source in known and edge.target in known and (shown is None or edge.id in shown["edges"]):
            props = shown["edges"][edge.id] if shown else {}
            network.add_edge(edge.source, edge.target, id=edge.id, title=clean_label(" ".join(edge.fact)), **props)
    network.set_options(json.dumps(_OPTIONS))
    return network


_OPTIONS = {
    "physics": {"enabled": False},
    "layout": {"randomSeed": 7},
    "interaction": {"hover": True, "keyboard": False, "dragNodes": False, "zoomSpeed": 0.6, "tooltipDelay": 250},
    "nodes": {"font": {"size": 14, "face": "system-ui, sans-serif"}, "margin": 7, "borderWidth": 1.5, "widthConstraint": {"maximum": 178}},
    "edges": {"arrows": {"to": {"enabled": True, "scaleFactor": 0.4}}, "smooth": {"enabled": True, "type": "cubicBezier",
              "forceDirection": "horizontal", "roundness": 0.4}, "color": {"color": "#9aa6b5"}},
}  # fmt: skip


def _plain_view(view: GraphView, graph: KnowledgeGraph) -> dict:
    status = {t.fact: t.status for t in graph.triples}
    nodes, edges = {}, {}
    for edge in view.edges:
        if edge.fact in status:
            edges[edge.id] = _edge_props(status[edge.fact])
    drawn = _endpoints(view, edges)
    for node in view.nodes:
        if node.id in drawn:
            told = graph.status_of(node.node) if node.kind != "value" else None
            nodes[node.id] = _node_props(node, told)
    return {"nodes": nodes, "edges": edges}


def _difference_view(view: GraphView, source: KnowledgeGraph, candidate: KnowledgeGraph, difference: Difference) -> dict:
    classes: dict[tuple, FactClass] = {}
    for fact in difference.facts:
        for triple, said in ((fact.source, fact.fact_class), (fact.candidate, class_of_candidate(fact))):
            if triple is not None:
                known = classes.get(triple.fact)
                classes[triple.fact] = said if known is None else _worst((known, said))
    status = {t.fact: t.status for graph in (candidate, source) for t in graph.triples}
    edges = {e.id: _edge_props(status[e.fact], classes.get(e.fact)) for e in view.edges if e.fact in status}
    drawn = _endpoints(view, edges)
    about: dict[str, list[FactClass]] = {}
    for edge in view.edges:
        if edge.id in edges and edge.fact in classes:
            about.setdefault(edge.source, []).append(classes[edge.fact])
            if "|".join(edge.fact) == edge.target:  # a value belongs to its one fact
                about.setdefault(edge.target, []).append(classes[edge.fact])
    nodes = {}
    for node in view.nodes:
        if node.id in drawn:
            told = (source.status_of(node.node) or candidate.status_of(node.node)) if node.kind != "value" else None
            nodes[node.id] = _node_props(node, told, _worst(about[node.id]) if node.id in about else None)
    return {"nodes": nodes, "edges": edges}


def class_of_candidate(fact: FactDifference) -> FactClass:
    """What the candidate tells in place of a missing fact, another degree for one, is extra on the page."""
    return FactClass.EXTRA if fact.fact_class is FactClass.MISSING else fact.fact_class


def _worst(classes: Iterable[FactClass]) -> FactClass:
    return min(classes, key=WORST_FIRST.index)


def _endpoints(view: GraphView, edges: Mapping[str, object]) -> set[str]:
    return {end for e in view.edges if e.id in edges for end in (e.source, e.target)}


def _node_props(node, status: Status | None, fact_class: FactClass | None = None) -> dict:
    kind = node.kind if node.kind in _FILL else "object"
    fill, ink, line = _FILL[kind], _INK[kind], _LINE.get(kind, _FILL[kind])
    props = {"shape": _SHAPE.get(kind, "box"), "shapeProperties": {"borderDashes": False}, "borderWidth": 1.5}
    if status is Status.ABSENT:
        fill, ink, props["shapeProperties"] = "#ffffff", "#3a4653", {"borderDashes": [5, 4]}
    elif status is Status.UNCERTAIN:
        fill, ink, props["shapeProperties"] = "#d7e8ee", "#123f50", {"borderDashes": [2, 3]}
    label = _PREFIX.get(status, "") + node.label
    if fact_class is not None:
        mark, line = CLASS_MARK[fact_class]
        label = f"{mark} {label}"
        props["borderWidth"] = 3.5 if fact_class in (FactClass.CONTRADICTED, FactClass.MISSING, FactClass.EXTRA) else 1.5
    border = {"border": line, "background": fill}
    return {**props, "label": clean_label(label), "color": {**border, "highlight": border, "hover": border}, "font": {"color": ink}}


def _edge_props(status: Status, fact_class: FactClass | None = None) -> dict:
    dashes = {Status.ABSENT: [5, 4], Status.UNCERTAIN: [2, 3]}.get(status, False)
    color, width = "#9aa6b5", 1.2
    if fact_class is not None:
        color = CLASS_MARK[fact_class][1]
        dashes = _DASHES.get(fact_class, dashes)
        width = 3 if fact_class in (FactClass.CONTRADICTED, FactClass.EXTRA, FactClass.MISSING) else 1.2
    return {"dashes": dashes, "width": width, "color": {"color": color, "highlight": color, "hover": color}}
