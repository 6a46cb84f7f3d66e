from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kbapp.core.graph import Node, graph_of
from kbapp.core.graph_view import ANATOMY_X, FINDING_X, ROW, VALUE_GAP, VALUES_LEFT, WIDEST, lay_out
from kbapp.core.triple import Status, Triple

GROUPS = {"stone": "Ground", "fish": "Water"}


def graph(*facts):
    triples, nodes = [], []
    for name, side, status in facts:
        head = f"{name}, {side}" if side else name
        place = {"stone": "garden", "fish": "pond"}[name]
        triples.append(Triple(head, "located in", place, status))
        if side:
            triples.append(Triple(head, "on side", side, status))
        nodes += [Node(head, "finding", name), Node(place, "anatomy", place)]
    return graph_of(triples, nodes)


facts = st.tuples(st.sampled_from(["stone", "fish"]), st.sampled_from(["", "left", "right"]), st.sampled_from(Status))
graphs = st.lists(facts, unique_by=lambda f: f[:2], max_size=6).map(lambda fs: graph(*fs))


@given(graphs, graphs)
def test_every_triple_of_every_graph_is_an_edge_between_drawn_nodes(one, two):
    view = lay_out([one, two], GROUPS, ["Ground", "Water"])
    ids = {n.id for n in view.nodes}
    assert {e.fact for e in view.edges} == {t.fact for g in (one, two) for t in g.triples}
    assert all({e.source, e.target} <= ids for e in view.edges)


@given(graphs, graphs)
def test_no_two_nodes_overlap(one, two):
    view = lay_out([one, two], GROUPS, ["Ground", "Water"])
    for a in view.nodes:
        for b in view.nodes:
            assert a is b or a.x != b.x or abs(a.y - b.y) >= ROW


def test_anatomy_finding_and_value_stand_in_three_columns():
    view = lay_out([graph(("stone", "left", Status.PRESENT))], GROUPS, ["Ground"])
    x = {n.label: n.x for n in view.nodes}
    assert (x["stone, left"], x["garden"]) == (FINDING_X, ANATOMY_X) and x["left"] > VALUES_LEFT


def test_a_value_is_drawn_once_per_finding():
    view = lay_out([graph(("stone", "left", Status.PRESENT), ("fish", "left", Status.PRESENT))], GROUPS, ["Ground", "Water"])
    assert sum(n.label == "left" for n in view.nodes) == 2


def test_present_findings_stand_above_absent_ones_and_bands_keep_the_order_of_the_prior():
    view = lay_out(
        [graph(("stone", "left", Status.ABSENT), ("stone", "right", Status.PRESENT), ("fish", "", Status.PRESENT))],
        GROUPS,
        ["Water", "Ground"],
    )
    height = {n.label: n.y for n in view.nodes}
    assert height["fish"] < height["stone, right"] < height["stone, left"]
    assert [b.name for b in view.bands] == ["Water", "Ground"]


def test_the_layout_does_not_depend_on_the_order_of_the_candidates_for_the_source_nodes():
    source, other = graph(("stone", "left", Status.PRESENT)), graph(("fish", "", Status.PRESENT))
    a = lay_out([source, other, source], GROUPS, ["Ground", "Water"])
    b = lay_out([source, source, other], GROUPS, ["Ground", "Water"])
    assert a == b


def test_an_empty_graph_gives_an_empty_view():
    assert lay_out([graph()], GROUPS, ["Ground"]).nodes == ()


def test_wide_values_of_a_finding_stand_beside_each_other():
    tails = ("red hat with a long feather and a ribbon", "blue", "a very long word on how it looks from far away")
    triples = [Triple("man", "has attribute", tail) for tail in tails]
    view = lay_out([graph_of(triples, [Node("man", "object", "man")])], {}, [])
    values = sorted((n for n in view.nodes if n.kind == "value"), key=lambda n: n.x)
    width = {tail: WIDEST if len(tail) > 4 else 70 for tail in tails}
    for a, b in pairwise(values):
        assert b.x - width[b.label] / 2 - (a.x + width[a.label] / 2) >= VALUE_GAP - 1
    assert view.width >= values[-1].x + width[values[-1].label] / 2
