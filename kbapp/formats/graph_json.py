"""The knowledge graph as JSON, in the shape that scripts depend on.

    {"nodes":   [{"name", "kind", "label", "codes": {system: code}}],
     "triples": [{"head", "relation", "tail", "status", "evidence"}]}

`evidence` is one object when there is exactly one, else a list. Its kinds: "text_span" {start, end}, "image_region" {box,
measurement?}, "model_answer" {rule, quote}; `content` names the content of the case when it is not the first.
"""

from collections.abc import Mapping

from kbapp.core.evidence import Evidence, ImageRegion, Measurement, ModelAnswer, TextSpan
from kbapp.core.graph import KnowledgeGraph, Node, graph_of
from kbapp.core.triple import Status, Triple
from kbapp.errors import InputError


def graph_to_json(graph: KnowledgeGraph) -> dict:
    """Plain data, ready for json.dumps. The prior's name is left out: the provenance has it."""
    return {"nodes": [_node_to_json(n) for n in graph.nodes], "triples": [triple_to_json(t) for t in graph.triples]}


def graph_from_json(data: Mapping, prior: str = "") -> KnowledgeGraph:
    """The graph of `graph_to_json`'s data; nodes that no triple names are dropped. Raises InputError."""
    try:
        return graph_of(map(triple_from_json, data["triples"]), map(_node_from_json, data["nodes"]), prior)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f'expected a graph as JSON with "nodes" and "triples"; unusable: {error!r}') from error


def triple_to_json(triple: Triple) -> dict:
    evidence = [evidence_to_json(e) for e in triple.evidence]
    return {
        "head": triple.head,
        "relation": triple.relation,
        "tail": triple.tail,
        "status": triple.status.value,
        "evidence": evidence[0] if len(evidence) == 1 else evidence,
    }


def triple_from_json(data: Mapping) -> Triple:
    said = data.get("evidence", [])
    evidence = tuple(evidence_from_json(e) for e in ([said] if isinstance(said, Mapping) else said))
    return Triple(data["head"], data["relation"], data["tail"], Status(data["status"]), evidence)


def evidence_to_json(evidence: Evidence) -> dict:
    match evidence:
        case TextSpan(start, end, content):
            plain = {"kind": "text_span", "start": start, "end": end}
        case ImageRegion(box, measurement, content):
            plain = {"kind": "image_region", "box": list(box)}
            if measurement is not None:
                plain["measurement"] = _measurement_to_json(measurement)
        case ModelAnswer(rule, quote):
            return {"kind": "model_answer", "rule": rule, "quote": quote}
    return {**plain, "content": content} if content else plain


def evidence_from_json(data: Mapping) -> Evidence:
    content = data.get("content", 0)
    match data["kind"]:
        case "text_span":
            return TextSpan(data["start"], data["end"], content)
        case "image_region":
            measured = data.get("measurement")
            x0, y0, x1, y1 = data["box"]
            return ImageRegion((x0, y0, x1, y1), Measurement(**measured) if measured else None, content)
        case "model_answer":
            return ModelAnswer(data["rule"], data["quote"])
        case other:
            raise ValueError(f'evidence of the unknown kind "{other}"')


def _measurement_to_json(measured: Measurement) -> dict:
    return {"name": measured.name, "value": measured.value, "uncertainty": measured.uncertainty, "unit": measured.unit}


def _node_to_json(node: Node) -> dict:
    return {"name": node.name, "kind": node.kind, "label": node.label, "codes": dict(node.codes)}


def _node_from_json(data: Mapping) -> Node:
    return Node(data["name"], data["kind"], data["label"], tuple(data["codes"].items()))
