import pytest

from kbapp.core.graph import KnowledgeGraph
from kbapp.generation.description import coverage, describe
from kbapp.generation.subjects import subjects
from tests.chest import read, shipped
from tests.generation.reports import REPORTS
from tests.ranking.small_prior import PRIOR, spot, stones


@pytest.mark.parametrize("text", REPORTS)
def test_every_node_is_named_and_the_reader_reads_the_same_graph_back_whatever_leads(text):
    graph = read(text)
    for subject in subjects(graph, shipped().prior):
        described = describe(graph, subject, shipped().prior)
        assert described.coverage == 1, described.text
        assert read(described.text) == graph, described.text


def test_the_subject_leads_and_its_group_follows():
    graph = stones(*spot("left"), ("smell", "located in", "core"), ("crack", "located in", "shell"))
    text = describe(graph, "spot, left", PRIOR).text
    assert text.startswith("Left spot in the shell.")
    assert text.index("Crack") < text.index("Smell")


def test_where_anatomy_leads_what_lies_in_it_comes_first():
    graph = stones(("crack", "located in", "shell"), ("smell", "located in", "core"))
    assert describe(graph, "core", PRIOR).text.startswith("Smell")


def test_coverage_counts_nodes_that_no_sentence_names():
    graph = stones(*spot("left"))  # nodes: "spot, left", "left", "shell"
    assert coverage("Left spot in the shell.", graph) == 1
    assert coverage("A spot in the shell. Left.", graph) == pytest.approx(2 / 3)
    assert coverage("", graph) == 0
    assert coverage("", KnowledgeGraph()) == 1


def test_relations_of_an_open_domain_are_told_as_sentences():
    graph = stones(("person", "holds", "umbrella"), ("person", "has colour", "red"), ("dog", "chases", "cat", "absent"))
    text = describe(graph, "person", PRIOR).text
    assert "Red person holds umbrella." in text and "not so that dog chases cat" in text
    assert describe(graph, "person", PRIOR).coverage == 1
