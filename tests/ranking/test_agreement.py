"""When the parts of the score are said to disagree."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from kbapp.core.score import PartScore, Ranking
from kbapp.ranking.agreement import Dissent, dissents, places
from kbapp.ranking.quality_score import quality_scores

whole = st.integers(0, 100).map(float)
cases = st.integers(3, 8).flatmap(
    lambda n: st.tuples(st.lists(whole, min_size=n, max_size=n), st.lists(whole, min_size=n, max_size=n))
)


def scored(a, b, weights=None):
    parts = [{"a": PartScore(x), "b": PartScore(y)} for x, y in zip(a, b, strict=True)]
    return quality_scores(parts, weights or {})


def first(k, n):
    return Ranking((k, *(i for i in range(n) if i != k)), k, None, "")


def test_a_part_that_puts_the_first_candidate_fourth_of_five_disagrees():
    scores = scored([90, 10, 10, 10, 10], [20, 30, 30, 30, 10])
    assert dissents(scores, first(0, 5)) == (Dissent("b", 0, 4, 5),)


def test_the_middle_is_no_disagreement():
    assert dissents(scored([90, 10, 10, 10, 10], [20, 30, 30, 10, 10]), first(0, 5)) == ()


@given(whole, whole, whole, whole)
def test_two_candidates_are_too_few(a, b, c, d):
    assert dissents(scored([a, b], [c, d]), first(0, 2)) == ()


@given(cases)
def test_a_part_that_disagrees_has_more_than_half_of_the_others_above(case):
    a, b = case
    for k in range(len(a)):
        told = {dissent.part: dissent.place for dissent in dissents(scored(a, b), first(k, len(a)))}
        for name, values in (("a", a), ("b", b)):
            above = sum(value > values[k] for value in values)
            assert (name in told) == (above > len(values) - 1 - above)
            assert told.get(name, above + 1) == above + 1


@given(cases, st.integers(1, 9))
def test_only_the_order_of_a_part_counts(case, stretch):
    a, b = case
    stretched = [value * stretch / 10 for value in b]
    assume(places(stretched) == places(b))
    assert dissents(scored(a, b), first(0, len(a))) == dissents(scored(a, stretched), first(0, len(a)))


@given(cases)
def test_two_parts_never_both_disagree_with_the_highest_mean(case):
    """By one of them the first candidate may be in the lower half, by both it would not be the first: most others are above by each, and
    at least one of the others would be so by both."""
    scores = scored(*case)
    assert len(dissents(scores, Ranking((max(range(len(scores)), key=lambda k: scores[k].qs),), None, None, ""))) < 2


@given(st.lists(whole, min_size=3, max_size=8))
def test_a_part_that_tells_no_candidates_apart_never_disagrees(values):
    scores = scored(values, [50.0] * len(values))
    assert dissents(scores, first(values.index(max(values)), len(values))) == ()


@given(cases)
def test_a_part_without_weight_has_no_say(case):
    a, b = case
    scores = scored(a, b, {"a": 1.0, "b": 0.0})
    assert dissents(scores, first(a.index(max(a)), len(a))) == ()


def test_nothing_is_said_where_there_is_no_score():
    none = tuple(replace(score, qs=None, weights={}) for score in scored([1, 2, 3], [3, 2, 1]))
    assert dissents(none, Ranking((0, 1, 2), None, None, "", "No score could be computed.")) == ()


@given(st.lists(st.floats(0, 100), min_size=1, max_size=9))
def test_places_start_at_one_and_share_what_looks_equal(values):
    got = places(values)
    assert min(got) == 1 and max(got) <= len(values)
    for value, place in zip(values, got, strict=True):
        for other, at in zip(values, got, strict=True):
            if f"{value:.1f}" == f"{other:.1f}":
                assert place == at
