import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbapp.ranking.rank_correlation import rank_correlation, ranks

lists = st.lists(st.integers(-5, 5).map(float), min_size=3, max_size=12)


def slow_ranks(values):
    return [sum(w < v for w in values) + (sum(w == v for w in values) + 1) / 2 for v in values]


@given(lists)
def test_ranks_are_those_of_counting(values):
    assert ranks(values).tolist() == slow_ranks(values)


@given(st.lists(st.integers(-50, 50), min_size=3, max_size=12, unique=True))
def test_a_growing_function_keeps_the_order_and_a_falling_one_turns_it(values):
    assert rank_correlation(values, [v**3 for v in values]) == pytest.approx(1)
    assert rank_correlation(values, [-v for v in values]) == pytest.approx(-1)


def test_a_hand_computed_case():
    assert rank_correlation([1, 2, 3, 4], [1, 3, 2, 4]) == pytest.approx(0.8)


def test_nothing_to_correlate():
    assert rank_correlation([1, 2], [1, 2]) is None
    assert rank_correlation([1, 1, 1], [1, 2, 3]) is None
    with pytest.raises(ValueError, match="as many"):
        rank_correlation([1, 2, 3], [1, 2])
