"""A candidate's scores: QS, its parts with their place among the candidates and among reference pairs, the official mixture."""

from collections.abc import Mapping

from kbapp.core.band import Band
from kbapp.core.completion import Completion
from kbapp.core.score import PartScore, QualityScore
from kbapp.ranking.agreement import dissents, places
from kbapp.ranking.bands import place
from kbapp.ranking.quality_score import official_qs
from kbapp.ui.html import Html, tag
from kbapp.ui.review_score_words import dissent_words, meaning

GIVEN_NAME = {"semantic_score": "SS", "graph_score": "GS", "total_score": "QS"}


def scores(completion: Completion, k: int, bands: Mapping[str, Band]) -> Html:
    """bands: by part, those that hold for this completion."""
    score = completion.scores[k]
    head = tag(
        "div",
        tag("span", f"{score.qs:.1f}" if score.qs is not None else "–", class_="kb-qs"),
        tag("span", "QS", tag("small", " mean of the parts, 0–100")),
        tag("span", _rank(completion, k), class_="kb-rank"),
        class_="kb-qs-line",
    )
    rows = [_part_row(completion, k, name, part, bands.get(name)) for name, part in score.parts.items()]
    table = tag("table", tag("tbody", *rows))
    foot = tag("div", _official(score), _given(completion.candidates[k].given_scores), class_="kb-scores-foot")
    return tag("div", head, _shares(score), _dissent(completion, k), table, foot, meaning(completion, k, bands), class_="kb-scores")


def _rank(completion: Completion, k: int) -> str:
    """Its place in the ranking's order; neighbours of equal QS, to the decimal shown, share the first one's."""
    if completion.scores[k].qs is None:
        return "not ranked: no QS"
    order, qs = completion.ranking.order, [f"{s.qs:.1f}" if s.qs is not None else "" for s in completion.scores]
    first = last = order.index(k)
    while first > 0 and qs[order[first - 1]] == qs[k]:
        first -= 1
    while last + 1 < len(order) and qs[order[last + 1]] == qs[k]:
        last += 1
    return f"rank {first + 1} of {len(order)}" + (", tied" if last > first else "")


def _shares(score: QualityScore) -> Html | None:
    """What each part adds to QS: a bar of 100 with one stretch a part, and the same in words in the same order."""
    total = sum(score.weights.values())
    if score.qs is None or total <= 0:
        return None
    shares = {name: weight * score.parts[name].value / total for name, weight in score.weights.items() if weight > 0}
    bar = [tag("i", style=f"width:{share:.1f}%") for share in shares.values()]
    words = [tag("span", tag("i"), f"{name} +{share:.1f}") for name, share in shares.items()]
    return tag("div", tag("div", *bar, class_="kb-share-bar", aria_hidden="true"), tag("p", *words), class_="kb-shares")


def _dissent(completion: Completion, k: int) -> Html | None:
    """Of the candidate that comes first: which parts see it in the lower half."""
    said = [dissent_words(dissent) for dissent in dissents(completion.scores, completion.ranking) if dissent.candidate == k]
    return tag("p", tag("b", "Scorers disagree"), ": " + "; ".join(said), class_="kb-dissent") if said else None


def _part_row(completion: Completion, k: int, name: str, part: PartScore, band: Band | None) -> Html:
    if part.value is None:
        return tag("tr", tag("th", name, scope="row"), tag("td", f"not computed: {part.reason}", colspan="4"))
    computed = [j for j, score in enumerate(completion.scores) if score.parts[name].value is not None]
    at = places([completion.scores[j].parts[name].value for j in computed])[computed.index(k)]
    return tag(
        "tr",
        tag("th", name, scope="row"),
        tag("td", f"{part.value:.1f}"),
        tag("td", tag("div", tag("i", style=f"width:{part.value:.1f}%"), class_="kb-bar"), _usual(band)),
        tag("td", f"{at} of {len(computed)}"),
        tag("td", _place(part.value, band), class_="kb-place"),
        tag("td", part.note, class_="kb-note") if part.note else tag("td"),
    )


def _usual(band: Band | None) -> Html | None:
    """Under the bar, the stretch where nine of ten true pairs lie."""
    if band is None:
        return None
    low, high = band.usual
    stretch = tag("b", style=f"left:{low:.1f}%;width:{max(high - low, 0.5):.1f}%")
    return tag("div", stretch, class_="kb-usual", aria_hidden="true")


def _place(value: float, band: Band | None) -> Html | None:
    if band is None:
        return None
    where = place(value, band).value
    return tag("span", where, class_=where)


def _official(score: QualityScore) -> Html | None:
    official = official_qs(score)
    return tag("p", f"official QS, for comparison: {official:.1f}", class_="kb-official") if official is not None else None


def _given(given: tuple[tuple[str, float], ...]) -> Html | None:
    if not given:
        return None
    said = ", ".join(f"{GIVEN_NAME.get(name, name)} {value:.3g}" for name, value in given)
    return tag("p", f"official run's own scores: {said}", class_="kb-official")
