"""A content with the places marked that its facts were read from. Links go both ways: a mark knows its nodes, a node its marks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kbapp.core.difference import Difference, FactClass
from kbapp.core.evidence import ImageRegion, TextSpan
from kbapp.core.graph import KnowledgeGraph
from kbapp.ui.graph_drawing import WORST_FIRST
from kbapp.ui.html import Html, join, tag, text


@dataclass(frozen=True)
class Mark:
    start: int
    end: int
    node: str
    css: str = ""


def text_marks(graph: KnowledgeGraph, content: int = 0, classes: Mapping[tuple, FactClass] | None = None) -> list[Mark]:
    """The spans of a graph's triples in the `content`-th text, once per node, with the node's status and the worst class of what is
    said there as css words."""
    told: dict[tuple[int, int, str], tuple[str, set[FactClass]]] = {}
    for triple in graph.triples:
        for span in triple.evidence:
            if isinstance(span, TextSpan) and span.content == content:
                _, found = told.setdefault((span.start, span.end, triple.head), (triple.status.value, set()))
                if classes and triple.fact in classes:
                    found.add(classes[triple.fact])
    return [
        Mark(start, end, node, f"is-{status}" + (f" d-{min(found, key=WORST_FIRST.index).value}" if found else ""))
        for (start, end, node), (status, found) in told.items()
    ]


def marked_text(words: str, marks: Iterable[Mark]) -> Html:
    """The text with its marks; where marks overlap, the stretch carries the nodes of all of them."""
    marks = [m for m in marks if 0 <= m.start < m.end <= len(words)]
    cuts = sorted({0, len(words), *(m.start for m in marks), *(m.end for m in marks)})
    pieces = []
    for start, end in zip(cuts, cuts[1:], strict=False):
        here = [m for m in marks if m.start <= start and end <= m.end]
        piece = text(words[start:end])
        if here:
            nodes = "\n".join(dict.fromkeys(m.node for m in here))
            css = " ".join(dict.fromkeys(word for m in here for word in m.css.split()))
            piece = tag("mark", piece, class_=css, data_nodes=nodes)
        pieces.append(piece)
    return tag("div", *pieces, class_="report", tabindex="0", role="document", aria_label="report text")


def region_boxes(graph: KnowledgeGraph, content: int = 0) -> Html:
    """Boxes over a picture, as shares of its size; hidden until a node is picked or evidence is switched on."""
    boxes: dict[tuple, dict[str, str]] = {}
    for triple in graph.triples:
        for region in triple.evidence:
            if isinstance(region, ImageRegion) and region.content == content:
                boxes.setdefault(region.box, {})[triple.head] = _measured(region)
    return join(*(_box(box, nodes) for box, nodes in boxes.items()))


def _box(box: tuple[float, float, float, float], nodes: Mapping[str, str]) -> Html:
    x0, y0, x1, y1 = (max(0.0, min(1.0, v)) * 100 for v in box)
    said = [tag("i", f"{node}: {measured}" if measured else node, data_of=node) for node, measured in nodes.items()]
    style = f"left:{x0:.2f}%;top:{y0:.2f}%;width:{x1 - x0:.2f}%;height:{y1 - y0:.2f}%"
    side = "box ends-right" if x0 > 50 else "box"  # its label grows to where there is room
    return tag("div", tag("span", *said), class_=side, style=style, data_nodes="\n".join(nodes))


def _measured(region: ImageRegion) -> str:
    m = region.measurement
    return (
        ""
        if m is None
        else f"{m.name.replace('_', ' ')} {m.value:.2f} ± {m.uncertainty:.2f} {m.unit if m.unit != 'ratio' else ''}".strip()
    )


def classes_of(difference: Difference) -> dict[tuple, FactClass]:
    """Class of each of the candidate's facts."""
    return {f.candidate.fact: f.fact_class for f in difference.facts if f.candidate is not None}
