from kbapp.core.graph import KnowledgeGraph, Node, graph_of
from kbapp.core.occurrence import occurrences
from kbapp.core.triple import Status, Triple

GRAPH = graph_of(
    [
        Triple("spot, left", "located in", "shell"),
        Triple("spot, left", "on side", "left"),
        Triple("spot, left", "has size", "small"),
        Triple("crack", "located in", "core", Status.ABSENT),
    ],
    [Node("spot, left", "finding", "spot")],
)


def test_an_occurrence_holds_place_side_and_what_else_is_said():
    crack, spot = occurrences(GRAPH)
    assert (spot.name, spot.label, spot.kind, spot.status) == ("spot, left", "spot", "finding", Status.PRESENT)
    assert (spot.sites, spot.sides, [t.tail for t in spot.said]) == (("shell",), ("left",), ["small"])
    assert (crack.label, crack.status, crack.sides, crack.said) == ("crack", Status.ABSENT, (), ())


def test_what_stands_for_an_occurrence_is_the_relation_asked_for_or_its_first_triple():
    crack, spot = occurrences(GRAPH)
    assert spot.first("on side").tail == "left" and crack.first("on side").tail == "core"


def test_an_empty_graph_has_none():
    assert occurrences(KnowledgeGraph()) == ()
