import random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kbapp.core.graph import KnowledgeGraph, graph_of
from kbapp.core.triple import Status, Triple
from kbapp.ranking.graph_similarity import jaccard_similarity, plain_similarity, typed_similarity
from tests.ranking.graphs import NAMES, RELATIONS, full_graphs, graph, graphs

MEASURES = (plain_similarity, typed_similarity, jaccard_similarity)


def slow_plain(a: KnowledgeGraph, b: KnowledgeGraph) -> float:
    """Eq. 1 by dense matrices over the union of the names."""
    names = sorted({n.name for n in (*a.nodes, *b.nodes)})
    place = {name: i for i, name in enumerate(names)}
    matrices = []
    for g in (a, b):
        matrix = np.zeros((len(names), len(names)))
        for t in g.triples:
            matrix[place[t.head], place[t.tail]] = matrix[place[t.tail], place[t.head]] = 1
        matrices.append(matrix)
    return mean_cosine_of_rows(*matrices)


def slow_typed(a: KnowledgeGraph, b: KnowledgeGraph) -> float:
    """One column for each (relation, direction, neighbour, status)."""
    names = sorted({n.name for n in (*a.nodes, *b.nodes)})
    place = {name: i for i, name in enumerate(names)}
    kinds = [(r, d, s) for r in RELATIONS for d in ("out", "in") for s in Status]
    matrices = []
    for g in (a, b):
        cube = np.zeros((len(names), len(kinds), len(names)))
        for t in g.triples:
            cube[place[t.head], kinds.index((t.relation, "out", t.status)), place[t.tail]] = 1
            cube[place[t.tail], kinds.index((t.relation, "in", t.status)), place[t.head]] = 1
        matrices.append(cube.reshape(len(names), -1))
    return mean_cosine_of_rows(*matrices)


def mean_cosine_of_rows(a: np.ndarray, b: np.ndarray) -> float:
    total, counted = 0.0, 0
    for row_a, row_b in zip(a, b, strict=True):
        if row_a.any() or row_b.any():
            counted += 1
            if row_a.any() and row_b.any():
                total += row_a @ row_b / (np.linalg.norm(row_a) * np.linalg.norm(row_b))
    return 100 * total / counted if counted else 0.0


def incident_facts(g: KnowledgeGraph) -> set:
    return {t.key for t in g.triples}


@given(full_graphs, graphs)
def test_sets_give_what_dense_matrices_give(a, b):
    assert plain_similarity(a, b) == pytest.approx(slow_plain(a, b), abs=1e-9)
    assert typed_similarity(a, b) == pytest.approx(slow_typed(a, b), abs=1e-9)


@pytest.mark.parametrize("measure", MEASURES)
@given(a=full_graphs, b=full_graphs)
def test_similarity_is_symmetric_and_between_0_and_100(measure, a, b):
    assert measure(a, b) == measure(b, a)
    assert 0 <= measure(a, b) <= 100


@pytest.mark.parametrize("measure", (typed_similarity, jaccard_similarity))
@given(a=full_graphs, b=graphs)
def test_100_means_the_same_triples_and_nothing_else_does(measure, a, b):
    assert measure(a, a) == 100
    assert (measure(a, b) == 100) == (a == b)


@pytest.mark.parametrize("measure", (typed_similarity, jaccard_similarity))
@given(a=full_graphs, b=graphs)
def test_0_means_no_common_fact_and_nothing_else_does(measure, a, b):
    assert (measure(a, b) == 0) == (not incident_facts(a) & incident_facts(b))


@given(full_graphs, full_graphs, st.integers(0, 99))
def test_order_of_the_triples_does_not_matter(a, b, seed):
    shuffled = list(b.triples)
    random.Random(seed).shuffle(shuffled)
    assert typed_similarity(a, KnowledgeGraph(tuple(shuffled))) == typed_similarity(a, b)
    assert plain_similarity(a, KnowledgeGraph(tuple(shuffled))) == plain_similarity(a, b)


def changed(g: KnowledgeGraph, old: Triple, new: Triple) -> KnowledgeGraph:
    return graph_of([t for t in g.triples if t != old] + [new])


@given(full_graphs, graphs, st.data())
def test_flipping_the_status_of_a_matched_triple_lowers_it(a, rest, data):
    old = data.draw(st.sampled_from(a.triples))
    b = graph_of([t for t in rest.triples if t.fact != old.fact] + [old])
    new = Triple(*old.fact, data.draw(st.sampled_from([s for s in Status if s is not old.status])))
    assert typed_similarity(a, changed(b, old, new)) < typed_similarity(a, b)


@given(full_graphs, graphs, st.data())
def test_another_tail_or_the_other_direction_of_a_matched_triple_lowers_it(a, rest, data):
    old = data.draw(st.sampled_from(a.triples))
    b = graph_of([t for t in rest.triples if t.fact != old.fact] + [old])
    other_side = Triple(old.head, old.relation, data.draw(st.sampled_from(NAMES)), old.status)
    turned = Triple(old.tail, old.relation, old.head, old.status)
    new = data.draw(st.sampled_from((other_side, turned)))
    assume(new.fact not in {t.fact for t in (*a.triples, *b.triples)})
    assert typed_similarity(a, changed(b, old, new)) < typed_similarity(a, b)


def test_left_for_right_and_absent_for_present_lower_the_typed_score_but_not_the_status_the_plain_one():
    source = graph(("spot", "on side", "left"), ("spot", "located in", "core"))
    mirrored = graph(("spot", "on side", "right"), ("spot", "located in", "core"))
    denied = graph(("spot", "on side", "left", "absent"), ("spot", "located in", "core", "absent"))
    assert typed_similarity(source, mirrored) < 100 and plain_similarity(source, mirrored) < 100
    assert typed_similarity(source, denied) == 0 and plain_similarity(source, denied) == 100


@pytest.mark.parametrize("measure", MEASURES)
def test_empty_source_is_not_computed_and_empty_candidate_scores_0(measure):
    something = graph(("spot", "located in", "core"))
    assert measure(graph(), something) is None
    assert measure(graph(), graph()) is None
    assert measure(something, graph()) == 0


def test_100_stands_for_a_thousand_rows_and_one_fact_more_is_below_it():
    facts = [(f"spot {i}", "located in", f"core {i % 7}") for i in range(3000)]
    big, bigger = graph(*facts), graph(*facts, ("spot 0", "on side", "left"))
    assert typed_similarity(big, graph(*reversed(facts))) == 100
    assert typed_similarity(big, bigger) < 100


def test_a_hand_computed_pair():
    source = graph(("spot", "located in", "core"), ("spot", "on side", "left"))
    candidate = graph(("spot", "located in", "core"))
    # spot: 1/sqrt(2*1); core: 1; left: row of the source alone: 0
    assert typed_similarity(source, candidate) == pytest.approx(100 * (2**-0.5 + 1 + 0) / 3)
