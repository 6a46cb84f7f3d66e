from hypothesis import given
from hypothesis import strategies as st

from kbapp.core.evidence import ModelAnswer, TextSpan
from kbapp.core.graph import graph_of
from kbapp.core.graph_change import GraphChange, graph_change
from kbapp.core.triple import Status, Triple

WORDS = st.sampled_from(("a", "b", "c"))
EVIDENCE = st.sampled_from(((), (TextSpan(0, 3),), (ModelAnswer("r", "q"),)))
GRAPHS = st.lists(st.builds(Triple, WORDS, WORDS, WORDS, st.sampled_from(Status), EVIDENCE)).map(graph_of)


def _change(before, after):
    return graph_change(graph_of(before), graph_of(after))


@given(GRAPHS)
def test_the_same_graph_has_no_change(graph):
    assert graph_change(graph, graph) == GraphChange()


@given(GRAPHS, GRAPHS)
def test_what_differs_stands_in_one_place_only_and_nothing_is_left_out(before, after):
    change = graph_change(before, after)
    gone = [*change.lost, *(a for a, _ in change.changed)]
    come = [*change.gained, *(b for _, b in change.changed)]
    assert sorted(t.key for t in gone) == sorted(t.key for t in set(before.triples) - set(after.triples))
    assert sorted(t.key for t in come) == sorted(t.key for t in set(after.triples) - set(before.triples))


@given(GRAPHS, GRAPHS)
def test_the_way_back_gains_as_many_facts_as_the_way_there_loses(before, after):
    there, back = graph_change(before, after), graph_change(after, before)
    assert (len(there.lost), len(there.changed)) == (len(back.gained), len(back.changed))


def test_another_status_or_tail_or_name_of_the_same_place_is_a_change():
    small, large = Triple("fluid", "has size", "small"), Triple("fluid", "has size", "large")
    assert _change([small], [large]).changed == ((small, large),)
    doubted = Triple("fluid", "has size", "small", Status.UNCERTAIN)
    assert _change([small], [doubted]).changed == ((small, doubted),)
    old, new = (Triple(head, "located in", "chest", evidence=(TextSpan(0, 5),)) for head in ("fluid", "water"))
    assert _change([old], [new]).changed == ((old, new),)


def test_what_only_a_model_said_of_another_name_is_one_lost_and_one_gained():
    old, new = (Triple(head, "located in", "chest", evidence=(ModelAnswer("Fluid", "yes"),)) for head in ("fluid", "water"))
    assert _change([old], [new]) == GraphChange((new,), (old,))
