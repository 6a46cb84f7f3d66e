"""Bands: where a value lies among true and mismatched pairs, and which bands hold for which completion."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbapp.core.band import Band, Reference
from kbapp.core.content import Modality
from kbapp.ranking.bands import QS, Place, auc, bands_for, place, reference, scorer_ids
from tests.formats.completions import small_completion
from tests.review.fakes import CASE

values = st.lists(st.floats(0, 100, width=32), min_size=1, max_size=200)


def band(true=range(101), mismatched=range(101), **changes):
    made = Band(
        "graph", "id", "chest-xray", Modality.TEXT, Modality.IMAGE, "invented pairs", reference(true), reference(mismatched), 0.5
    )
    return replace(made, **changes)


@given(values, values)
def test_auc_is_the_share_of_pairs_in_the_right_order(true, mismatched):
    slow = np.mean([1.0 if t > m else 0.5 if t == m else 0.0 for t in true for m in mismatched])
    assert auc(true, mismatched) == pytest.approx(slow)
    assert auc(true, mismatched) + auc(mismatched, true) == pytest.approx(1)


@given(values, st.floats(-10, 110), st.floats(-10, 110))
def test_a_higher_value_never_ranks_lower(seen, a, b):
    marks = reference(seen)
    assert 0 <= marks.rank(min(a, b)) <= marks.rank(max(a, b)) <= 100


@given(st.lists(st.integers(0, 1000), min_size=101, max_size=300, unique=True), st.integers(0, 1000))
def test_the_rank_is_what_counting_gives(seen, value):
    counted = 100 * (sum(v < value for v in seen) + 0.5 * (value in seen)) / len(seen)
    assert reference(seen).rank(value) == pytest.approx(counted, abs=1.6)


def test_ranks_at_and_beyond_the_ends():
    marks = reference([10.0, 20.0])
    assert (marks.rank(5), marks.rank(15), marks.rank(25)) == (0, 50, 100)
    assert reference([7.0, 7.0]).rank(7.0) == 50


@pytest.mark.parametrize(("value", "where"), [(4.9, "below"), (5, "within"), (95, "within"), (95.1, "above")])
def test_nine_of_ten_true_pairs_are_within(value, where):
    assert place(value, band()) is Place(where)


def test_the_place_does_not_look_at_mismatched_pairs():
    assert place(50, band(mismatched=[99.0])) is Place.WITHIN


@pytest.mark.parametrize("marks", [tuple(range(100)), tuple(range(100, -1, -1))])
def test_percentiles_that_are_none_are_refused(marks):
    with pytest.raises(ValueError, match="101"):
        Reference(5, marks)


def test_no_values_no_reference():
    for nothing in (lambda: reference([]), lambda: auc([], [1.0]), lambda: auc([1.0], [])):
        with pytest.raises(ValueError):
            nothing()


def test_a_band_holds_for_the_scorers_domain_and_direction_that_it_was_measured_with_and_no_other():
    completion = small_completion(CASE, 2, 0)
    engines = {"reader": "R 1", "candidate reader": "F 1", "scorer regions": "S 1"}
    completion = replace(completion, provenance=replace(completion.provenance, engines=engines))
    ids = scorer_ids(engines, completion.scores[0].weights)
    fits = band(part="regions", scorer=ids["regions"])
    graph = band(scorer=ids["graph"])
    assert bands_for(completion, [fits, graph]) == {"regions": fits, "graph": graph}
    for other in ({"scorer": "S 2"}, {"domain": "posters"}, {"source": Modality.IMAGE, "target": Modality.TEXT}):
        assert bands_for(completion, [replace(fits, **other)]) == {}
    assert bands_for(completion, [fits, replace(fits, pairs="later")]) == {"regions": fits}


def test_the_band_of_qs_holds_for_the_weights_that_it_was_measured_with():
    engines = {"reader": "R", "candidate reader": "F", "scorer regions": "S"}
    one, two = (scorer_ids(engines, {"graph": 1.0, "regions": weight})[QS] for weight in (1.0, 2.0))
    assert one != two and one == scorer_ids(engines, {"regions": 1.0, "graph": 1.0})[QS]
