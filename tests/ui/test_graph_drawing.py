import re

import pytest

from kbapp.core.difference import Difference, FactClass, FactDifference
from kbapp.core.graph import Node, graph_of
from kbapp.core.graph_view import lay_out
from kbapp.core.triple import Status, Triple
from kbapp.ui import graph_drawing
from kbapp.ui.graph_drawing import CLASS_MARK, clean_label, standalone_html
from tests.ranking.small_prior import PRIOR


def graph(head="stone", status=Status.PRESENT):
    return graph_of([Triple(head, "located in", "garden", status)], [Node(head, "finding", "stone"), Node("garden", "anatomy")])


def test_the_file_asks_for_nothing_from_the_network():
    page = standalone_html(graph(), PRIOR)
    tags = re.findall(r"<(?:script|link|img|iframe)[^>]*https?://[^>]*>", page)
    assert tags == []


def test_the_first_thing_in_the_head_is_the_policy():
    page = standalone_html(graph(), PRIOR)
    assert page.index("Content-Security-Policy") < page.index("<script")
    assert "default-src 'none'" in page


@pytest.mark.parametrize(
    "words", ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", '" onload="x', "<a href=x>"]
)
def test_a_hostile_name_stays_a_label(words):
    page = standalone_html(graph(words), PRIOR)
    assert words not in page


def test_labels_lose_control_and_direction_characters_and_are_cut():
    assert clean_label("a\u202eb\x00c") == "a b c" and len(clean_label("x" * 999)) == 200


@pytest.mark.parametrize(
    ("status", "label"), [(Status.PRESENT, "stone"), (Status.ABSENT, "no stone"), (Status.UNCERTAIN, "? stone")]
)
def test_the_status_can_be_read_without_colour(status, label):
    view = lay_out([graph(status=status)], {}, [])
    shown = graph_drawing._plain_view(view, graph(status=status))
    assert label in [props["label"] for props in shown["nodes"].values()]


def test_the_class_of_difference_can_be_read_without_colour():
    source, candidate = graph(), graph("fish")
    view = lay_out([source, candidate], {}, [])
    facts = (
        FactDifference(FactClass.MISSING, source.triples[0], None),
        FactDifference(FactClass.EXTRA, None, candidate.triples[0]),
    )
    shown = graph_drawing._difference_view(view, source, candidate, Difference(facts))
    labels = [props["label"] for props in shown["nodes"].values()]
    assert f"{CLASS_MARK[FactClass.MISSING][0]} stone" in labels and f"{CLASS_MARK[FactClass.EXTRA][0]} fish" in labels


def test_a_node_keeps_its_place_in_every_view():
    view = lay_out([graph(), graph("fish")], {}, [])
    assert len({n.id for n in view.nodes}) == len(view.nodes)
    shown = graph_drawing._plain_view(view, graph())
    assert all("x" not in props and "y" not in props for props in shown["nodes"].values())
