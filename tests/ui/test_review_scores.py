"""The scores of a candidate on the page."""

import re
from dataclasses import replace

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.completion import Completion
from kbapp.core.score import PartScore, Ranking
from kbapp.formats.completion_files import read_completion
from kbapp.ranking.quality_score import official_qs, quality_scores
from kbapp.resources import ASSETS
from kbapp.review.bands import Bands
from kbapp.ui.review_scores import scores

COMPLETION, _ = read_completion(ASSETS / "recorded" / "chest-film")
BANDS = Bands(ASSETS).of(LOCAL_OWNER, COMPLETION)


def test_each_part_says_where_it_lies_and_from_what():
    html = str(scores(COMPLETION, 2, BANDS))
    assert len(re.findall(r"<td[^>]*>\s*<span class=\"(?:below|within|above)\"", html)) == 3
    assert html.count("mismatched ones") == 4 and html.count("invented reports") == 1


def test_no_number_is_called_a_percentage_or_a_probability():
    words = re.sub(r'style="[^"]*"', "", str(scores(COMPLETION, 2, BANDS)))
    assert "%" not in words and "probab" not in words and "percent" not in words


def test_the_official_mixture_stands_beside_for_comparison():
    assert f"official QS, for comparison: {official_qs(COMPLETION.scores[0]):.1f}" in str(scores(COMPLETION, 0, {}))


def test_without_a_band_nothing_is_claimed():
    html = str(scores(COMPLETION, 2, {}))
    assert ">within<" not in html and "kb-usual" not in html and "true pairs" not in html


def test_a_part_that_was_not_computed_says_why_and_there_is_no_official_mixture_without_the_graph():
    parts = [{**score.parts, "graph": PartScore(None, "nothing was read")} for score in COMPLETION.scores]
    completion = replace(COMPLETION, scores=quality_scores(parts, {}))
    html = str(scores(completion, 0, BANDS))
    assert "not computed: nothing was read" in html and "official" not in html
    assert "Left out for all candidates: graph: nothing was read." in html and "graph +" not in html


def test_what_an_official_run_scored_is_shown_as_it_was_given_beside_the_parts():
    first = replace(COMPLETION.candidates[0], given_scores=(("semantic_score", -1.25), ("total_score", 24.1)))
    completion = replace(COMPLETION, candidates=(first, *COMPLETION.candidates[1:]))
    assert "official run&#x27;s own scores: SS -1.25, QS 24.1" in str(scores(completion, 0, BANDS))
    assert "own scores" not in str(scores(completion, 1, BANDS))


def ranks(values: list[float | None], order: tuple[int, ...]) -> list[str]:
    given = tuple(replace(score, qs=qs) for score, qs in zip(COMPLETION.scores, values, strict=True))
    completion = replace(COMPLETION, scores=given, ranking=replace(COMPLETION.ranking, order=order))
    return [re.search(r"kb-rank[^>]*>([^<]*)<", str(scores(completion, k, {})))[1] for k in range(len(values))]


def test_equal_scores_share_a_rank():
    assert ranks([70.2] * 5, (0, 1, 2, 3, 4)) == ["rank 1 of 5, tied"] * 5
    some = ranks([60.0, 70.0, 50.0, 59.96, 40.0], (1, 0, 3, 2, 4))
    assert some == ["rank 2 of 5, tied", "rank 1 of 5", "rank 4 of 5", "rank 2 of 5, tied", "rank 5 of 5"]
    assert ranks([None] * 5, (0, 1, 2, 3, 4)) == ["not ranked: no QS"] * 5


def test_no_explanation_waits_for_a_mouse():
    html = str(scores(COMPLETION, 2, BANDS))
    assert "title=" not in html and html.count("<summary>") == 1


def test_each_scorer_is_named_with_its_revision():
    html = str(scores(COMPLETION, 2, {}))
    for role, engine in COMPLETION.provenance.engines.items():
        assert (engine in html) == (role != "generator")


def test_the_stretches_of_the_bar_are_what_the_parts_add_to_the_whole():
    first, *others = COMPLETION.scores
    weighted = replace(
        COMPLETION, scores=quality_scores([score.parts for score in (first, *others)], {"graph": 2.0, "regions": 0.0})
    )
    html = str(scores(weighted, 0, {}))
    widths = [float(width) for width in re.findall(r'<i style="width:([\d.]+)%"', html.split("kb-share-bar")[1].split("</div>")[0])]
    words = [(name, float(share)) for name, share in re.findall(r"(\w+) \+([\d.]+)", html)]
    assert [name for name, _ in words] == ["graph", "concepts"] and widths == [share for _, share in words]
    assert abs(sum(widths) - weighted.scores[0].qs) < 0.11


def disagreeing() -> Completion:
    """By its regions the first candidate in the order is the last of five."""
    graph, regions = (90.0, 20.0, 20.0, 20.0, 20.0), (10.0, 30.0, 30.0, 30.0, 30.0)
    made = quality_scores([{"graph": PartScore(g), "regions": PartScore(r)} for g, r in zip(graph, regions, strict=True)], {})
    return replace(COMPLETION, scores=made, ranking=Ranking((0, 1, 2, 3, 4), 0, 25.0, "clear"))


def test_scorers_that_disagree_are_named_where_the_first_candidate_is_judged():
    assert "by regions, candidate 1 is 5 of 5" in str(scores(disagreeing(), 0, {}))
    assert "Scorers disagree" not in str(scores(disagreeing(), 1, {}))
    assert "Scorers disagree" not in str(scores(COMPLETION, 2, {}))
