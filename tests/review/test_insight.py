from dataclasses import dataclass, replace

import numpy as np
import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.decision import Action
from kbapp.review.insight import ENOUGH, Pace, Share, insight
from tests.review.fakes import completed_case
from tests.review.test_cases import STRANGER
from tests.review.test_decisions import ANNA
from tests.review.test_second_reads import EVE, TwoReaders

WEIGHTS = {"graph": 1.0, "clip": 1.0}


@dataclass(frozen=True)
class Row:
    candidate: int | None
    scores: list
    action: str = "accept"
    ms_visible: int | None = 4000
    reason: str = ""
    utc: str = "2026-01-07T12:00:00"


def scores(*pairs):
    return [{"index": k, "qs": (a + b) / 2, "parts": {"graph": a, "clip": b}} for k, (a, b) in enumerate(pairs)]


def simulated(count, seed=0):
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        parts = 100 * rng.random((4, 2))
        made.append(Row(int((parts[:, 0] * 3 + parts[:, 1] + 10 * rng.standard_normal(4)).argmax()), scores(*parts)))
    return made


def part(found, name):
    return next(p for p in found.parts if p.name == name)


def test_a_part_that_tells_accepted_candidates_apart_has_the_larger_area():
    found = insight(simulated(150), "p@1", WEIGHTS)
    graph, clip = part(found, "graph").auc, part(found, "clip").auc
    assert graph[1] < graph[0] < graph[2] and graph[1] > clip[2] > 0.5


def test_area_equals_the_share_of_pairs_in_the_right_order():
    rows = simulated(12)
    taken = [round(s["parts"]["graph"], 1) for r in rows for s in r.scores if s["index"] == r.candidate]
    left = [round(s["parts"]["graph"], 1) for r in rows for s in r.scores if s["index"] != r.candidate]
    slow = np.mean([(a > b) + 0.5 * (a == b) for a in taken for b in left])
    assert part(insight(rows, "p@1", WEIGHTS), "graph").auc[0] == pytest.approx(slow)


def test_every_candidate_stands_in_one_bin_and_rejected_cases_count_as_not_accepted():
    rows = [Row(0, scores((90, 10), (10, 10))), Row(None, scores((85, 10), (100, 10)), "reject", reason="wrong side")]
    bins = part(insight(rows, "p@1", WEIGHTS), "graph").bins
    assert [(b[2].count, b[2].of) for b in bins] == [(0, 1), (0, 0), (0, 0), (0, 0), (1, 3)]


def test_first_time_reasons_and_what_is_missing():
    rows = [
        Row(0, scores((90, 90), (10, 10)), ms_visible=1000),
        Row(1, scores((90, 90), (10, 10)), ms_visible=2000),
        Row(None, scores((9, 9)), "reject", 3000, "wrong side", "2026-01-11T23:00:00"),
        Row(None, scores((9, 9)), "reject", None, "wrong side", "2026-01-12T01:00:00"),
    ]
    found = insight(rows, "p@1", WEIGHTS)
    assert (found.decided, found.accepted, found.first.count, found.first.of) == (4, 2, 1, 2)
    assert found.seconds[1] == 2.0
    assert found.weeks == (("2026-01-05", {"wrong side": 1}), ("2026-01-12", {"wrong side": 1}))
    assert found.learned is None and found.missing == ENOUGH - 2


def test_an_accepted_candidate_that_shares_the_highest_qs_is_counted_as_tied_and_not_as_missed():
    equal, noisy = scores((40, 60), (60, 40), (50, 50)), scores((80, 80), (80.02, 80))
    rows = [*(Row(k, equal) for k in range(3)), Row(0, noisy), Row(1, scores((9, 9), (90, 90))), Row(1, scores((90, 90), (9, 9)))]
    found = insight(rows, "p@1", WEIGHTS)
    assert (found.first, found.tied) == (Share(1, 6), 4)


def test_scores_that_were_shown_as_equal_are_a_tie_for_the_area_too():
    assert part(insight([Row(0, scores((50.01, 0), (49.99, 0)))], "p@1", WEIGHTS), "graph").auc[0] == 0.5


def test_the_pace_is_told_by_day_and_after_two_weeks_by_week():
    days = [("2026-01-05", 1000), ("2026-01-05", 3000), ("2026-01-05", 8000), ("2026-01-18", 5000)]
    rows = [Row(0, scores((90, 90), (10, 10)), ms_visible=ms, utc=f"{day}T23:59:00") for day, ms in days]
    rows.append(Row(0, scores((9, 9)), ms_visible=None, utc="2020-01-01T00:00:00"))
    pace = insight(rows, "p@1", WEIGHTS).pace
    assert pace == Pace("day", (("2026-01-05", 2.0, 3.0, 5.5, 3), ("2026-01-18", 5.0, 5.0, 5.0, 1)))
    later = insight([*rows, replace(rows[0], utc="2026-01-19T00:00:00")], "p@1", WEIGHTS).pace
    assert (later.step, [(point[0], point[-1]) for point in later.points]) == (
        "week",
        [("2026-01-05", 3), ("2026-01-12", 1), ("2026-01-19", 1)],
    )


def test_accepted_cases_that_lack_a_part_or_a_choice_teach_no_weights_and_are_told():
    lacking = scores((90, 90), (10, 10))
    lacking[1]["parts"]["clip"] = None
    found = insight([Row(0, scores((90, 90), (10, 10))), Row(0, lacking), Row(0, scores((9, 9)))], "p@1", WEIGHTS)
    assert (found.accepted, found.usable, found.unknown, found.missing) == (3, 1, {"clip": 1}, ENOUGH - 1)


def test_weights_are_offered_from_two_hundred_accepted_cases_on():
    assert insight(simulated(ENOUGH - 1), "p@1", WEIGHTS).learned is None
    learned = insight(simulated(ENOUGH), "p@1", WEIGHTS).learned
    assert learned.weights["graph"] > learned.weights["clip"] and learned.agreed >= learned.agreed_now


def test_nothing_decided_is_no_error():
    found = insight([], "p@1", WEIGHTS)
    assert (found.decided, found.seconds, found.weeks, found.pace) == (0, None, (), Pace("day", ())) and found.parts[0].auc is None


def test_a_share_lies_in_its_interval_and_none_of_none_says_nothing():
    for count, of in ((0, 5), (5, 5), (3, 7), (1, 1000)):
        low, high = Share(count, of).interval
        assert 0 <= low <= count / of <= high <= 1
    assert Share(0, 0).interval == (0.0, 1.0)
    assert replace(Share(1, 2), of=4).interval[1] < 0.8


def test_taken_back_decisions_and_other_projects_do_not_count(workbench):
    stored = workbench.completions.latest(LOCAL_OWNER, completed_case(workbench))
    wish = {"candidate": 0, "revision": stored.revision, "idempotency_key": "a", "confirm": True}
    workbench.decisions.decide(LOCAL_OWNER, stored.id, Action.ACCEPT, **wish)
    (prior,) = workbench.insights.priors(LOCAL_OWNER)
    assert workbench.insights.of(LOCAL_OWNER, prior, {}).accepted == 1
    assert workbench.insights.priors(STRANGER) == []
    workbench.decisions.decide(LOCAL_OWNER, stored.id, Action.UNDO, revision=stored.revision + 1, idempotency_key="u")
    assert workbench.insights.priors(LOCAL_OWNER) == []


def test_a_first_read_counts_once_another_reader_has_settled_it_and_is_said_to_wait_before(workbench):
    workbench.reading.set_rules(LOCAL_OWNER, blind=False, reads_required=2)
    agreed, disputed = (TwoReaders(workbench, completed_case(workbench)) for _ in range(2))

    def counted():
        (prior,) = workbench.insights.priors(ANNA)
        found = workbench.insights.of(ANNA, prior, {})
        assert workbench.worklist.counts(ANNA).decided == found.decided
        return found.decided, found.accepted, found.waiting

    agreed.accept(1, actor=ANNA, confirm=True)
    disputed.accept(1, actor=ANNA, confirm=True)
    assert counted() == (0, 0, 2)
    agreed.second(Action.ACCEPT, candidate=1, confirm=True)
    disputed.second(Action.REJECT, reason="wrong side")
    assert counted() == (1, 1, 1)
    disputed.decide(Action.REJECT, actor=EVE, reason="wrong side")
    assert counted() == (2, 1, 0)
    disputed.decide(Action.UNDO, actor=EVE)
    assert counted() == (1, 1, 1)
