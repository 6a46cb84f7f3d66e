import random

from hypothesis import given
from hypothesis import strategies as st

from kbapp.core.evidence import TextSpan
from kbapp.core.graph import KnowledgeGraph, Node, graph_of
from kbapp.core.triple import STRENGTH, Status, Triple, merged

NAMES = ("a", "a, left", "b", "left", "small")
spans = st.builds(TextSpan, st.integers(0, 5), st.integers(6, 9))
triples = st.builds(
    Triple,
    st.sampled_from(NAMES),
    st.sampled_from(("located in", "on side")),
    st.sampled_from(NAMES),
    st.sampled_from(Status),
    st.lists(spans, max_size=2, unique=True).map(tuple),
)
lists = st.lists(triples, max_size=12)


@given(lists)
def test_one_triple_per_fact_with_the_strongest_status_that_was_said(said):
    kept = {t.fact: t for t in merged(said)}
    assert set(kept) == {t.fact for t in said}
    for fact, triple in kept.items():
        assert STRENGTH[triple.status] == max(STRENGTH[t.status] for t in said if t.fact == fact)


@given(lists)
def test_a_triple_keeps_the_evidence_of_its_own_status_and_no_other(said):
    for triple in merged(said):
        wanted = {e for t in said if t.key == triple.key for e in t.evidence}
        assert set(triple.evidence) == wanted and len(triple.evidence) == len(wanted)


@given(lists, st.integers(0, 99))
def test_graphs_are_equal_whatever_the_order_of_their_triples(said, seed):
    shuffled = said[:]
    random.Random(seed).shuffle(shuffled)
    assert graph_of(said) == graph_of(shuffled)
    assert graph_of(graph_of(said).triples) == graph_of(said)


@given(lists)
def test_nodes_are_exactly_what_the_triples_name(said):
    graph = graph_of(said, [Node("a", "finding", "A"), Node("stranger", "finding", "S")])
    assert [n.name for n in graph.nodes] == sorted({name for t in said for name in (t.head, t.tail)})
    assert all(node.label == "A" for node in graph.nodes if node.name == "a")


def test_evidence_and_nodes_do_not_make_graphs_differ_but_a_status_does():
    plain = graph_of([Triple("a", "located in", "b")])
    assert plain == graph_of([Triple("a", "located in", "b", evidence=(TextSpan(0, 3),))], [Node("a", "finding", "A")], "x@1")
    assert plain != graph_of([Triple("a", "located in", "b", Status.ABSENT)])


def test_whether_a_node_is_there_is_said_by_its_place():
    graph = graph_of([Triple("a", "located in", "b", Status.ABSENT), Triple("a", "has size", "small", Status.PRESENT)])
    assert graph.status_of("a") is Status.ABSENT
    assert graph_of([Triple("b", "has size", "small", Status.UNCERTAIN)]).status_of("b") is Status.UNCERTAIN
    assert graph.status_of("nobody") is None


def test_an_empty_graph_is_false():
    assert not KnowledgeGraph() and graph_of([Triple("a", "located in", "b")])
