import pytest

from kbapp.core.graph import KnowledgeGraph
from kbapp.core.triple import Status
from kbapp.generation.subjects import subjects
from tests.chest import read, shipped
from tests.generation.reports import REPORTS
from tests.ranking.small_prior import PRIOR, spot, stones


def test_focus_entities_lead_in_the_order_of_the_prior():
    graph = stones(*spot("left"), ("crack", "located in", "core"), ("mark", "located in", "core"))
    assert subjects(graph, PRIOR)[:2] == ("crack", "spot, left")


def test_then_what_is_close_to_the_focus_then_what_has_more_to_it():
    graph = stones(
        ("crack", "located in", "shell"),
        ("moss", "located in", "shell"),
        ("dust", "located in", "core"),
        ("dust", "has size", "small"),
    )
    named = [name for name in subjects(graph, PRIOR)]
    assert named.index("crack") < named.index("shell") < named.index("core")


def test_what_is_denied_and_what_is_a_value_is_no_subject():
    graph = stones(*spot("left", "small"), ("crack", "located in", "core", "absent"))
    assert not {"crack", "left", "small"} & set(subjects(graph, PRIOR))


def test_on_a_normal_study_anatomy_is_the_subject():
    graph = read(REPORTS[0])
    assert set(subjects(graph, shipped().prior)) == {n.name for n in graph.nodes if n.kind == "anatomy"}


def test_an_empty_graph_has_no_subject():
    assert subjects(KnowledgeGraph(), PRIOR) == ()


@pytest.mark.parametrize("text", REPORTS)
def test_subjects_are_nodes_once_each_and_all_findings_that_are_there_are_among_them(text):
    graph = read(text)
    named = subjects(graph, shipped().prior)
    assert len(set(named)) == len(named) and set(named) <= {n.name for n in graph.nodes}
    there = {h for h in graph.heads if graph.node_by_name[h].kind != "anatomy" and graph.status_of(h) is not Status.ABSENT}
    assert there <= set(named)
