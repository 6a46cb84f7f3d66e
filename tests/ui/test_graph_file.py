"""Large graphs: the file says what it leaves out, the page draws all of 200 nodes."""

from bench.graph import completion_of, invented
from kbapp.core.graph_view import lay_out
from kbapp.ui.graph_drawing import review_graph, standalone_html
from tests.chest import shipped
from tests.ranking.small_prior import PRIOR, stones

PRIOR_OF_CHEST = shipped().prior


def many_stones(count: int):
    return stones(*((f"spot, number {k}", "located in", f"place {k}") for k in range(count)))


def test_a_file_that_cannot_hold_all_facts_says_how_many_it_draws():
    page = standalone_html(many_stones(200), PRIOR)
    assert "100 of 200 facts are drawn" in page and page.index("facts are drawn") < page.index("<script", page.index("<body>"))


def test_a_file_that_holds_all_facts_says_nothing_of_it():
    assert "facts are drawn" not in standalone_html(many_stones(100), PRIOR)


def test_the_page_draws_every_fact_of_a_graph_of_200_nodes_and_of_its_candidates():
    source = many_stones(100)
    assert len(source.nodes) == 200
    completion = completion_of(PRIOR, source)
    data = review_graph(completion, PRIOR)
    assert {edge["id"] for edge in data["edges"]} == {"|".join(t.fact) for t in source.triples}
    ids = {node["id"] for node in data["nodes"]}
    assert all(set(view["nodes"]) <= ids for view in data["views"].values()) and len(data["views"]) == 11


def test_no_two_boxes_of_a_large_graph_lie_on_each_other():
    source = invented(PRIOR_OF_CHEST, 160)
    groups = {entry.name: entry.group for entry in PRIOR_OF_CHEST.vocabulary}
    view = lay_out([source], groups, [rule.entity for rule in PRIOR_OF_CHEST.rules])
    places = [(node.x, node.y) for node in view.nodes]
    assert len(places) == len(set(places)) > 200
