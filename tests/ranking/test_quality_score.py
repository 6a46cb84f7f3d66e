from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbapp.core.difference import Difference, FactClass, FactDifference
from kbapp.core.score import PartScore, QualityScore
from kbapp.core.triple import LOCATED_IN, Triple
from kbapp.ranking.order import CLOSE_BELOW, GOOD_ENOUGH, margin_kind, rank, rank_at_random
from kbapp.ranking.quality_score import SWITCHED_OFF, official_qs, quality_scores

CLEAN = Difference(())
CONTRADICTED = Difference(
    (FactDifference(FactClass.CONTRADICTED, Triple("a", "on side", "left"), Triple("a", "on side", "right")),)
)
values = st.floats(0, 100)


def parts(graph: float | None, clip: float | None = 50.0, blip: float | None = 50.0) -> dict[str, PartScore]:
    named = {"graph": graph, "clip": clip, "blip": blip}
    return {name: PartScore(v, "" if v is not None else f"no {name} today") for name, v in named.items()}


def scored(*qs: float | None) -> list[QualityScore]:
    return [QualityScore({"graph": PartScore(q)}, q) for q in qs]


def test_qs_is_the_weighted_mean_and_stands_beside_its_parts():
    (score,) = quality_scores([parts(90, 60, 30)], {"graph": 2.0})
    assert score.qs == pytest.approx((2 * 90 + 60 + 30) / 4)
    assert score.weights == {"graph": 2.0, "clip": 1.0, "blip": 1.0}
    assert score.parts["clip"].value == 60


@given(st.lists(st.tuples(values, values, values), min_size=1, max_size=5), st.floats(0, 100))
def test_qs_stays_between_its_smallest_and_its_largest_part(rows, weight):
    for score, row in zip(quality_scores([parts(*r) for r in rows], {"graph": weight}), rows, strict=True):
        assert min(row) - 1e-9 <= score.qs <= max(row) + 1e-9


def test_a_part_missing_for_one_candidate_is_left_out_for_all_and_said():
    scores = quality_scores([parts(90, 10), parts(80, None), parts(70, 99)], {})
    assert [s.qs for s in scores] == [70, 65, 60]
    assert all(s.left_out == {"clip": "not computed for candidate 2: no clip today"} for s in scores)
    assert scores[2].parts["clip"].value == 99


def test_without_any_computed_part_there_is_no_qs():
    (score,) = quality_scores([parts(None, None, None)], {})
    assert score.qs is None and set(score.left_out) == {"graph", "clip", "blip"}


def test_without_any_weight_there_is_no_qs():
    (score,) = quality_scores([parts(90)], {"graph": 0.0, "clip": 0.0, "blip": 0.0})
    assert score.qs is None
    assert rank([score], [CLEAN]).abstained


def test_official_qs_mixes_scales_so_that_the_graph_hardly_counts():
    (all_facts, no_fact) = quality_scores([parts(100, 20, 30), parts(0, 20, 30)], {})
    assert official_qs(all_facts) == pytest.approx(26)
    assert official_qs(no_fact) == pytest.approx(25)
    assert official_qs(quality_scores([parts(None, 20, 30)], {})[0]) is None


def test_equal_candidates_keep_their_order_and_are_called_a_tie():
    ranking = rank(scored(70, 80, 80), [CLEAN] * 3)
    assert ranking.order == (1, 2, 0)
    assert ranking.margin == 0 and ranking.margin_kind == "tie" and ranking.preselected == 1


@given(st.lists(st.floats(0, 100), min_size=1, max_size=15))
def test_the_order_holds_every_candidate_once_best_first(qs):
    ranking = rank(scored(*qs), [CLEAN] * len(qs))
    assert sorted(ranking.order) == list(range(len(qs)))
    ordered = [round(qs[k], 6) for k in ranking.order]
    assert ordered == sorted(ordered, reverse=True)


def test_a_contradicted_candidate_keeps_its_rank_but_is_never_put_forward():
    ranking = rank(scored(95, 60), [CONTRADICTED, CLEAN])
    assert ranking.order == (0, 1) and ranking.preselected == 1
    all_wrong = rank(scored(95, 60), [CONTRADICTED, CONTRADICTED])
    assert all_wrong.preselected is None and "contradicts" in all_wrong.abstained


def test_nothing_is_put_forward_when_nothing_is_good_enough():
    ranking = rank(scored(GOOD_ENOUGH - 1, 5), [CLEAN] * 2)
    assert ranking.preselected is None and str(GOOD_ENOUGH - 1) in ranking.abstained


def test_nothing_is_put_forward_when_the_facts_could_not_be_compared():
    scores = quality_scores([parts(None, 90, 90)], {})
    ranking = rank(scores, [CLEAN])
    assert ranking.preselected is None and "no graph today" in ranking.abstained


@pytest.mark.parametrize(("margin", "kind"), [(None, ""), (0.0, "tie"), (CLOSE_BELOW - 0.1, "close"), (CLOSE_BELOW, "clear")])
def test_margin_kinds(margin, kind):
    assert margin_kind(margin) == kind


def test_one_candidate_has_no_margin():
    assert rank(scored(80), [CLEAN]).margin is None


def test_random_ranking_depends_on_its_seed_alone():
    orders = {rank_at_random(scored(*range(5)), seed).order for seed in range(20)}
    assert len(orders) > 5
    assert rank_at_random(scored(*range(5)), 3) == rank_at_random(scored(*range(5, 0, -1)), 3)


def test_a_graph_part_that_is_switched_off_on_purpose_does_not_bar_the_first():
    off = {"graph": SWITCHED_OFF, "concepts": PartScore(80.0)}
    ranking = rank(quality_scores([off], {}), [CLEAN])
    assert ranking.preselected == 0 and not ranking.abstained


def test_over_a_candidate_that_nobody_could_read_there_is_no_lead():
    fact = FactDifference(FactClass.NOT_ASSESSABLE, Triple("scar", LOCATED_IN, "lung"), None)
    unread, read = Difference((fact,)), Difference((replace(fact, fact_class=FactClass.KEPT),))
    assert rank(scored(40, 0), [read, unread]).margin is None
    assert rank(scored(40, 20, 0), [read, read, unread]).margin == 20
    assert rank(scored(40, 0), [unread, unread]).margin == 40  # the other parts tell them apart
