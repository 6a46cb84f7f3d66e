"""A graph as GraphML, JSON-LD and as the official project's triple list: nothing of it is lost but what the format has no place for."""

import json
from io import BytesIO

import networkx as nx
import pytest
from hypothesis import given, settings

from kbapp.core.evidence import TextSpan
from kbapp.core.graph import KnowledgeGraph, Node, graph_of
from kbapp.core.triple import Status, Triple
from kbapp.errors import InputError
from kbapp.formats.graph_files import GRAPH_FILES
from kbapp.formats.graph_graphml import _NOT_XML, graph_to_graphml
from kbapp.formats.graph_json import evidence_from_json
from kbapp.formats.graph_jsonld import CONTEXT, graph_to_jsonld, relation_iri
from kbapp.formats.graph_triples import graph_from_triples, graph_to_triples
from tests.formats.completions import deep, graphs

SPOT = Node("spot, left", "finding", "spot", (("made-up", "X1"),))
GRAPH = graph_of(
    [
        Triple("spot, left", "located in", "stone", Status.PRESENT, (TextSpan(4, 9), TextSpan(20, 24, 1))),
        Triple("spot, left", "has size", "small", Status.UNCERTAIN),
        Triple("crack", "located in", "stone", Status.ABSENT),
    ],
    [SPOT, Node("stone", "anatomy", "stone"), Node("crack", "finding", "crack")],
    "stones@3",
)
SOURCES = ("a" * 64, "b" * 64)


def from_graphml(text: str) -> KnowledgeGraph:
    network = nx.read_graphml(BytesIO(text.encode()), force_multigraph=True)
    nodes = {
        id_: Node(
            data.get("name", ""),
            data.get("kind", ""),
            data.get("label", ""),
            tuple((key.removeprefix("code "), code) for key, code in data.items() if key.startswith("code ")),
        )
        for id_, data in network.nodes(data=True)
    }
    triples = [
        Triple(
            nodes[head].name,
            data["relation"],
            nodes[tail].name,
            Status(data["status"]),
            tuple(map(evidence_from_json, json.loads(data["evidence"]))),
        )
        for head, tail, data in network.edges(data=True)
    ]
    return graph_of(triples, nodes.values(), network.graph.get("prior", ""))


def from_jsonld(document: dict) -> KnowledgeGraph:
    nodes = {
        node["@id"]: Node(node["name"], node["kind"], node["label"], tuple((c["system"], c["code"]) for c in node.get("codes", ())))
        for node in document["nodes"]
    }
    triples = [
        Triple(
            nodes[t["head"]].name,
            t["relation"],
            nodes[t["tail"]].name,
            Status(t["status"]),
            tuple(map(evidence_from_json, t["evidence"])),
        )
        for t in document["triples"]
    ]
    return graph_of(triples, nodes.values(), document.get("prior", ""))


def told_in_xml(graph: KnowledgeGraph) -> bool:
    return not _NOT_XML.search(json.dumps(repr(deep(graph)), ensure_ascii=False)) and all(
        code for node in graph.nodes for _, code in node.codes
    )


@settings(max_examples=60, deadline=None)
@given(graphs().filter(told_in_xml))
def test_graphml_gives_the_graph_back_with_nodes_codes_status_and_evidence(graph):
    assert deep(from_graphml(graph_to_graphml(graph))) == deep(graph)


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_graphml_of_any_graph_is_well_formed(graph):
    assert len(from_graphml(graph_to_graphml(graph)).heads) <= len(graph.heads)


def test_graphml_attributes_are_flat_and_name_the_status():
    network = nx.read_graphml(BytesIO(graph_to_graphml(GRAPH).encode()))
    attributes = [d for *_, d in network.edges(data=True)]
    assert all(isinstance(value, str) for data in attributes for value in data.values())
    assert sorted(d["status"] for d in attributes) == ["absent", "present", "uncertain"]
    assert next(d for _, d in network.nodes(data=True) if d["name"] == "spot, left")["code made-up"] == "X1"


def test_a_character_that_xml_cannot_hold_does_not_break_the_file():
    graph = graph_of([Triple("a\uffff", "is", "b")])
    assert from_graphml(graph_to_graphml(graph)).heads == ("a\ufffd",)


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_jsonld_holds_the_whole_graph(graph):
    document = json.loads(json.dumps(graph_to_jsonld(graph, SOURCES, "reader 1")))
    relations = {relation_iri(t.relation): t.relation for t in graph.triples}
    for statement in document["triples"]:
        statement["relation"] = relations[statement["relation"]]
    assert deep(from_jsonld(document)) == deep(graph)


def keys_of(value) -> set[str]:
    if isinstance(value, dict):
        return {key for key in value if not key.startswith("@")}.union(*map(keys_of, value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()


def test_every_word_of_the_jsonld_is_defined_in_its_own_context():
    document = graph_to_jsonld(GRAPH, SOURCES, "reader 1")
    del document["@context"]
    assert keys_of(document) <= set(CONTEXT)
    prefixes = {p for p, iri in CONTEXT.items() if isinstance(iri, str) and iri.endswith((":", "#"))}
    defined = [iri if isinstance(iri, str) else iri["@id"] for name, iri in CONTEXT.items() if name not in prefixes]
    assert {iri.split(":")[0] for iri in defined} <= prefixes


def test_jsonld_states_no_fact_by_itself_and_names_the_content_of_each_evidence():
    document = graph_to_jsonld(GRAPH, SOURCES, "reader 1")
    assert {t["@type"] for t in document["triples"]} == {"rdf:Statement"}
    assert not any("located" in key for node in document["nodes"] for key in node)
    quoted = [e["quotedFrom"] for t in document["triples"] for e in t["evidence"]]
    assert quoted == [f"urn:sha256:{SOURCES[0]}", f"urn:sha256:{SOURCES[1]}"]


@settings(max_examples=80, deadline=None)
@given(graphs())
def test_the_triple_list_gives_every_fact_back_with_its_status(graph):
    back = graph_from_triples(json.loads(json.dumps(graph_to_triples(graph))))
    assert back == graph


def test_a_program_that_reads_three_keys_alone_cannot_take_a_denial_for_a_finding():
    told = {(t["head"], t["relation"], t["tail"]) for t in graph_to_triples(GRAPH)}
    assert told == {
        ("spot, left", "located in", "stone"),
        ("spot, left", "possibly has size", "small"),
        ("crack", "not located in", "stone"),
    }


def test_a_list_without_status_is_taken_by_its_words():
    graph = graph_from_triples([{"head": "cat", "relation": "not on", "tail": "sofa"}])
    assert graph.triples == (Triple("cat", "not on", "sofa"),)


@pytest.mark.parametrize(
    "data", [{}, [1], [{"head": "a", "relation": "b"}], [{"head": "", "relation": "b", "tail": "c"}], [{"head": "a", "relation": 3, "tail": "c"}],
             [{"head": "a", "relation": "b", "tail": "c", "status": "maybe"}]],
)  # fmt: skip
def test_what_is_no_triple_list_is_refused(data):
    with pytest.raises(InputError, match="expected"):
        graph_from_triples(data)


@pytest.mark.parametrize("name", GRAPH_FILES)
def test_the_same_graph_gives_the_same_file(name):
    first, again = (GRAPH_FILES[name].write(GRAPH, SOURCES, "reader 1") for _ in range(2))
    assert first == again and "spot, left" in first
