import csv
import io
import xml.etree.ElementTree as Xml

import pytest

from kbapp.core.kappa import cohens_kappa
from kbapp.review.agreement import ReaderAgreement
from kbapp.review.insight import ENOUGH, insight
from kbapp.ui.insight_view import PLOTS, insight_view, numbers, plot
from tests.review.test_insight import WEIGHTS, Row, scores, simulated

ROWS = [*simulated(20), Row(None, scores((9, 9), (5, 5)), "reject", reason="wrong side")]
FOUND = insight(ROWS, "p@1", WEIGHTS)
NOBODY = ReaderAgreement(0, 0, cohens_kappa([]))


@pytest.mark.parametrize("name", PLOTS)
def test_each_plot_is_a_picture_with_its_numbers_in_words(name):
    root = Xml.fromstring(plot(FOUND, name))
    spoken = root.find("{http://www.w3.org/2000/svg}desc").text
    assert root.get("role") == "img" and root.get("aria-label") and any(c.isdigit() for c in spoken)


def test_names_from_priors_are_escaped_and_never_a_formula():
    rows = [Row(0, [{"index": k, "qs": 10.0 * k, "parts": {"=1+<b>": 10.0 * k}} for k in range(3)])]
    found = insight(rows, "p@1", {})
    assert "<b>" not in insight_view(found, {}, NOBODY)
    assert all(cell[:1] not in "=+-@" or not cell for row in csv.reader(io.StringIO(numbers(found))) for cell in row)


def test_the_numbers_as_csv_are_those_of_the_page():
    rows = list(csv.DictReader(io.StringIO(numbers(FOUND))))
    told = {row["name"]: float(row["value"]) for row in rows if row["what"] == "auc"}
    assert told == {p.name: pytest.approx(p.auc[0], abs=1e-4) for p in FOUND.parts}
    assert sum(int(r["count"]) for r in rows if r["what"] == "rejections") == 1


def test_weights_are_an_offer_with_the_line_for_the_prior_or_a_number_that_is_missing():
    assert f"{ENOUGH - 20} more are needed" in insight_view(FOUND, WEIGHTS, NOBODY)
    offered = insight_view(insight(simulated(ENOUGH), "p@1", WEIGHTS), WEIGHTS, NOBODY)
    assert "weights: {graph: " in offered and "more are needed" not in offered


def test_what_counts_towards_learned_weights_is_said_with_what_is_lacking():
    assert "Of the 20 accepted so far 20 are such" in insight_view(FOUND, WEIGHTS, NOBODY)
    assert "Not computed" not in insight_view(FOUND, WEIGHTS, NOBODY)
    rows = [*simulated(2), Row(0, [{"index": k, "qs": 5.0, "parts": {"graph": 5.0, "clip": None}} for k in range(2)])]
    told = insight_view(insight(rows, "p@1", WEIGHTS), WEIGHTS, NOBODY)
    assert "Of the 3 accepted so far 2 are such; 198 more" in told and "clip in 1 of 3. Such cases never count" in told


def test_the_time_per_decision_stands_in_plot_table_and_csv():
    assert "2026-01-07: 4 seconds (4 to 4), 21 cases" in plot(FOUND, "times")
    view = insight_view(FOUND, WEIGHTS, NOBODY)
    assert "the median of a day" in view and "4.0 (4.0 to 4.0)" in view
    (row,) = [row for row in csv.DictReader(io.StringIO(numbers(FOUND))) if row["what"].startswith("seconds by day")]
    assert (row["name"], row["value"], row["low"], row["high"], row["count"]) == ("2026-01-07", "4.0", "4.0", "4.0", "21")


def test_two_readers_are_told_with_kappa_or_why_there_is_none():
    assert "no case was read twice" in insight_view(FOUND, WEIGHTS, NOBODY)
    pairs = [("accept", "accept")] * 6 + [("reject", "reject")] * 3 + [("accept", "reject")]
    told = insight_view(FOUND, WEIGHTS, ReaderAgreement(10, 9, cohens_kappa(pairs)))
    assert "0.78 (" in told and "too few" not in told
    assert "(whole project, every prior)" in told  # the section around it is of one version
    few = insight_view(FOUND, WEIGHTS, ReaderAgreement(9, 8, cohens_kappa(pairs[1:])))
    assert "too few to say: 9 of 10 cases" in few and "0.7" not in few.split("</section>")[0]


def test_what_stands_in_brackets_is_named_once():
    assert insight_view(FOUND, WEIGHTS, NOBODY).count("In brackets") == 1


def test_ties_for_first_and_cases_that_wait_for_another_reader_are_told():
    equal = [Row(k, scores((50, 50), (50, 50))) for k in range(2)]
    told = insight_view(insight(equal, "p@1", WEIGHTS, waiting=1), WEIGHTS, NOBODY)
    assert "0 of 2 (0.00 to 0.66); in 2 more it was tied for first" in told
    assert "2. 1 case waits for another reader and is not among them yet." in told
    none = insight_view(insight([], "p@1", WEIGHTS, waiting=3), WEIGHTS, NOBODY)
    assert "Nothing is decided yet under this prior. 3 cases wait" in none
