"""The knowledge graph as JSON-LD, with its codes (SKOS) and where each statement comes from (PROV-O).

Every triple is a statement *about* a fact (rdf:Statement) with its status; no fact stands there by itself, because a program that merges
RDF would take an absent one for true. Nodes are blank: the left effusion of one case is not that of another. The context is inside the
file: nothing is fetched to read it.
"""

from collections.abc import Sequence
from urllib.parse import quote

from kbapp.core.evidence import ImageRegion, ModelAnswer, TextSpan
from kbapp.core.graph import KnowledgeGraph, Node
from kbapp.core.triple import Triple
from kbapp.formats.graph_json import evidence_to_json

_OWN = "urn:x-kbapp:"
CONTEXT = {
    "kb": _OWN,
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "prov": "http://www.w3.org/ns/prov#",
    "nodes": {"@id": "kb:node", "@container": "@set"},
    "triples": {"@id": "kb:statement", "@container": "@set"},
    "name": "rdfs:label",
    "label": "skos:prefLabel",
    "kind": "kb:kind",
    "codes": {"@id": "skos:closeMatch", "@container": "@set"},
    "code": "skos:notation",
    "system": "kb:codeSystem",
    "head": {"@id": "rdf:subject", "@type": "@id"},
    "relation": {"@id": "rdf:predicate", "@type": "@id"},
    "tail": {"@id": "rdf:object", "@type": "@id"},
    "status": "kb:status",
    "evidence": {"@id": "prov:wasDerivedFrom", "@container": "@set"},
    "source": {"@id": "prov:wasDerivedFrom", "@type": "@id", "@container": "@set"},
    "quotedFrom": {"@id": "prov:wasQuotedFrom", "@type": "@id"},
    "start": "kb:start",
    "end": "kb:end",
    "content": "kb:content",
    "box": {"@id": "kb:box", "@container": "@list"},
    "measurement": "kb:measurement",
    "value": "kb:value",
    "uncertainty": "kb:uncertainty",
    "unit": "kb:unit",
    "rule": "kb:rule",
    "quote": "prov:value",
    "prior": "kb:prior",
    "reader": "prov:wasAttributedTo",
}


def graph_to_jsonld(graph: KnowledgeGraph, sources: Sequence[str] = (), reader: str = "") -> dict:
    """Plain data, ready for json.dumps.

    sources: SHA-256 of the contents that the evidence speaks of, in their order; reader: id of what read them. Both may be left out.
    """
    ids = {node.name: f"_:n{k}" for k, node in enumerate(graph.nodes)}
    contents = [f"urn:sha256:{sha256}" for sha256 in sources]
    document = {"@context": CONTEXT, "@type": ["kb:KnowledgeGraph", "prov:Entity"]}
    if graph.prior:
        document["prior"] = graph.prior
    if contents:
        document["source"] = contents
    if reader:
        document["reader"] = {"@type": "prov:SoftwareAgent", "name": reader}
    document["nodes"] = [_node(node, ids) for node in graph.nodes]
    document["triples"] = [_statement(triple, ids, contents) for triple in graph.triples]
    return document


def relation_iri(relation: str) -> str:
    return f"{_OWN}relation:{quote(relation, safe='')}"


def _node(node: Node, ids: dict[str, str]) -> dict:
    told = {"@id": ids[node.name], "@type": "kb:Node", "name": node.name, "kind": node.kind, "label": node.label}
    codes = [{"@type": "skos:Concept", "system": system, "code": code} for system, code in node.codes]
    return {**told, "codes": codes} if codes else told


def _statement(triple: Triple, ids: dict[str, str], contents: Sequence[str]) -> dict:
    return {
        "@type": "rdf:Statement",
        "head": ids[triple.head],
        "relation": relation_iri(triple.relation),
        "tail": ids[triple.tail],
        "status": triple.status.value,
        "evidence": [_evidence(e, contents) for e in triple.evidence],
    }


def _evidence(evidence: TextSpan | ImageRegion | ModelAnswer, contents: Sequence[str]) -> dict:
    """As in `kbapp.formats.graph_json`, as an entity of its own that was quoted from its content."""
    told = {"@type": "prov:Entity", **evidence_to_json(evidence)}
    index = getattr(evidence, "content", None)
    if index is not None and index < len(contents):
        told["quotedFrom"] = contents[index]
    return told
