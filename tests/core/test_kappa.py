import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbapp.core.kappa import cohens_kappa

PAIRS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), max_size=40)


@given(PAIRS)
def test_it_does_not_matter_who_read_first(pairs):
    there, back = cohens_kappa(pairs), cohens_kappa([(b, a) for a, b in pairs])
    assert there == back


@given(PAIRS, st.permutations("abc"))
def test_other_names_for_the_verdicts_change_nothing(pairs, names):
    renamed = dict(zip("abc", names, strict=True))
    assert cohens_kappa([(renamed[a], renamed[b]) for a, b in pairs]).value == pytest.approx(cohens_kappa(pairs).value)


@given(st.lists(st.sampled_from("abc"), min_size=2).filter(lambda verdicts: len(set(verdicts)) > 1))
def test_readers_who_always_agree_have_kappa_one(verdicts):
    kappa = cohens_kappa([(v, v) for v in verdicts])
    assert (kappa.value, kappa.observed) == (1, 1)


@given(st.lists(st.sampled_from("ab"), min_size=1), st.lists(st.sampled_from("ab"), min_size=1))
def test_verdicts_that_do_not_depend_on_each_other_have_kappa_zero(first, second):
    kappa = cohens_kappa([(a, b) for a in first for b in second])
    assert kappa.why or kappa.value == pytest.approx(0)


@given(PAIRS)
def test_the_interval_holds_the_value_and_a_missing_value_says_why(pairs):
    kappa = cohens_kappa(pairs)
    assert (kappa.value is None) == bool(kappa.why)
    assert kappa.why or -1 <= kappa.low <= kappa.value <= kappa.high <= 1 + 1e-9
    assert kappa.why or kappa.high - kappa.low > 0.05  # up to 40 cases leave room, also where all agree or none


def test_the_example_of_a_textbook():
    """20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: 0.7 observed, 0.5 by chance."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    kappa = cohens_kappa(pairs)
    assert (kappa.observed, kappa.expected, kappa.value) == pytest.approx((0.7, 0.5, 0.4))
    assert (kappa.low, kappa.high) == pytest.approx((0.125, 0.618), abs=0.001)
