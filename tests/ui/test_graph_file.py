"""Large graphs: the file says what it leaves out, the page draws all of 200 nodes."""

import json

import pytest

from bench.graph import completion_of, invented
from kbapp.core.graph_view import lay_out
from kbapp.ui.graph_drawing import _difference_view, _plain_view, review_graph, standalone_html
from tests.chest import shipped
from tests.ranking.small_prior import PRIOR, spot, stones

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
    assert len(data["views"]) == 11 and all(len(view["nodes"]) == len(data["nodes"]) for view in data["views"].values())


def styled(item: dict, told, styles: list[dict]) -> dict:
    """As graph.js does it."""
    style, before = told if isinstance(told, list) else (told, "")
    return {**item, **styles[style], **({"label": before + item["label"]} if before else {})}


@pytest.mark.parametrize("name", ["spot", "spot " + "x" * 300])
def test_styles_told_once_give_each_view_as_it_was_drawn(name):
    source = stones(*spot("left", "small"), (name, "located in", "top shell"), ("crack", "located in", "shell", "absent"))
    completion = completion_of(PRIOR, source)
    graphs = [source, *(reading.graph for reading in completion.candidate_readings)]
    view = lay_out(graphs, {entry.name: entry.group for entry in PRIOR.vocabulary}, [rule.entity for rule in PRIOR.rules])
    data = json.loads(json.dumps(review_graph(completion, PRIOR)))
    for k, graph in enumerate(graphs[1:]):
        plain, different = _plain_view(view, graph), _difference_view(view, source, graph, completion.differences[k])
        for kind in ("nodes", "edges"):
            for drawn, told in ((plain, data["views"][f"candidate-{k}"]), (different, data["views"][f"difference-{k}"])):
                assert {item["id"] for item, t in zip(data[kind], told[kind], strict=True) if t is not None} == set(drawn[kind])
                for item, t in zip(data[kind], told[kind], strict=True):
                    if t is not None:
                        made = styled(item, t, data["styles"])
                        assert {key: made[key] for key in drawn[kind][item["id"]]} == drawn[kind][item["id"]]


def test_the_data_of_200_nodes_and_five_candidates_stay_small():
    source = invented(PRIOR_OF_CHEST, 200)
    assert len(json.dumps(review_graph(completion_of(PRIOR_OF_CHEST, source), PRIOR_OF_CHEST))) < 500_000


def test_no_two_boxes_of_a_large_graph_lie_on_each_other():
    source = invented(PRIOR_OF_CHEST, 160)
    groups = {entry.name: entry.group for entry in PRIOR_OF_CHEST.vocabulary}
    view = lay_out([source], groups, [rule.entity for rule in PRIOR_OF_CHEST.rules])
    places = [(node.x, node.y) for node in view.nodes]
    assert len(places) == len(set(places)) > 200
