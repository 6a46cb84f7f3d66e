import json

import pytest
from hypothesis import given, settings

from kbapp.core.evidence import ImageRegion, Measurement, ModelAnswer, TextSpan
from kbapp.core.graph import Node, graph_of
from kbapp.core.triple import Status, Triple
from kbapp.errors import InputError
from kbapp.formats.graph_json import graph_from_json, graph_to_json
from tests.formats.completions import deep, graphs


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_a_graph_comes_back_whole_with_nodes_and_evidence(graph):
    back = graph_from_json(json.loads(json.dumps(graph_to_json(graph))), graph.prior)
    assert deep(back) == deep(graph)  # equality of graphs leaves nodes and evidence out


def test_the_shape_is_the_documented_one():
    triple = Triple("fluid, left", "has severity", "small", Status.PRESENT, (TextSpan(40, 67),))
    graph = graph_of([triple], [Node("fluid, left", "finding", "fluid", (("made-up", "X1"),))])
    assert graph_to_json(graph) == {
        "nodes": [
            {"name": "fluid, left", "kind": "finding", "label": "fluid", "codes": {"made-up": "X1"}},
            {"name": "small", "kind": "other", "label": "small", "codes": {}},
        ],
        "triples": [
            {
                "head": "fluid, left",
                "relation": "has severity",
                "tail": "small",
                "status": "present",
                "evidence": {"kind": "text_span", "start": 40, "end": 67},
            }
        ],
    }


def test_several_evidences_are_a_list_and_other_contents_are_named():
    measured = Measurement("width", 0.5, 0.01)
    evidence = (TextSpan(1, 2, 1), ImageRegion((0.0, 0.25, 0.5, 1.0), measured), ModelAnswer("Heart", "it is big"))
    (triple,) = graph_to_json(graph_of([Triple("a", "is", "b", Status.PRESENT, evidence)]))["triples"]
    assert triple["evidence"] == [
        {"kind": "text_span", "start": 1, "end": 2, "content": 1},
        {
            "kind": "image_region",
            "box": [0.0, 0.25, 0.5, 1.0],
            "measurement": {"name": "width", "value": 0.5, "uncertainty": 0.01, "unit": "ratio"},
        },
        {"kind": "model_answer", "rule": "Heart", "quote": "it is big"},
    ]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"nodes": [], "triples": [{"head": "a"}]},
        {"nodes": [], "triples": [{"head": "a", "relation": "b", "tail": "c", "status": "perhaps"}]},
        {"nodes": [], "triples": [{"head": "a", "relation": "b", "tail": "c", "status": "present", "evidence": {"kind": "x"}}]},
        {"nodes": [], "triples": ["a"]},
        {"nodes": None, "triples": []},
    ],
)
def test_what_is_no_graph_is_refused_by_name(data):
    with pytest.raises(InputError, match="expected a graph as JSON"):
        graph_from_json(data)
