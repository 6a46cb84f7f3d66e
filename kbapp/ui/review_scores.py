"""A candidate's scores: QS, its parts with their place among the candidates and among reference pairs, the official mixture."""

from collections.abc import Mapping

from kbapp.core.band import Band
from kbapp.core.completion import Completion
from kbapp.core.score import PartScore
from kbapp.ranking.bands import QS, place
from kbapp.ranking.quality_score import official_qs
from kbapp.ui.html import Html, tag

PART_HINT = {
    "graph": "Facts are finding, relation, place, present or absent. 100: the same facts, 0: none shared. Says nothing about facts the source lacks.",
    "clip": "How alike a general model finds picture and text. Compare within this case; the number alone has no clinical meaning.",
    "blip": "As clip, from another general model; correlated with it, so no independent proof.",
    "concepts": "How alike source and candidate are in the terms of the prior. Compare within this case.",
    "regions": "How alike source and candidate are zone by zone. Compare within this case.",
}
OFFICIAL_HINT = (
    "As the authors' code mixes it: the mean of the encoder parts, 0 to 100, plus a graph part of at most 1, so that the graph hardly "
    "counts. For comparison with published figures; it orders nothing here."
)
GIVEN_NAME = {"semantic_score": "SS", "graph_score": "GS", "total_score": "QS"}
GIVEN_HINT = (
    "As the official run wrote them down, on its own scales: SS is the mean of its CLIP and BLIP cosines times 100, GS its graph "
    "similarity of at most 1, QS their sum. They order nothing here."
)


def scores(completion: Completion, k: int, bands: Mapping[str, Band]) -> Html:
    """bands: by part, those that hold for this completion."""
    score = completion.scores[k]
    head = tag(
        "div",
        tag("span", f"{score.qs:.1f}" if score.qs is not None else "–", class_="kb-qs", title=_said(score.qs, bands.get(QS))),
        tag("span", "QS", tag("small", " weighted mean of the parts, 0–100")),
        tag("span", _rank(completion, k), class_="kb-rank"),
        class_="kb-qs-line",
    )
    rows = [_part_row(completion, k, name, part, bands.get(name)) for name, part in score.parts.items()]
    return tag("div", head, tag("table", tag("tbody", *rows)), _foot(completion, k, bands), class_="kb-scores")


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


def _part_row(completion: Completion, k: int, name: str, part: PartScore, band: Band | None) -> Html:
    weight = completion.scores[k].weights.get(name)
    title = PART_HINT.get(name, "") + (f" Weight {weight:g}." if weight is not None else " Not part of QS.")
    if part.value is None:
        return tag("tr", tag("th", name, scope="row"), tag("td", f"not computed: {part.reason}", colspan="4"), title=title)
    others = sorted((s.parts[name].value for s in completion.scores if s.parts[name].value is not None), reverse=True)
    return tag(
        "tr",
        tag("th", name, scope="row"),
        tag("td", f"{part.value:.1f}"),
        tag("td", tag("div", tag("i", style=f"width:{part.value:.1f}%"), class_="kb-bar"), _usual(band)),
        tag("td", f"{others.index(part.value) + 1}/{len(others)}", title="place among the candidates"),
        tag("td", _place(part.value, band), title=_said(part.value, band), class_="kb-place"),
        tag("td", part.note, class_="kb-note") if part.note else tag("td"),
        title=title,
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


def _said(value: float | None, band: Band | None) -> str | None:
    if value is None or band is None:
        return None
    low, high = band.usual
    where = place(value, band).value.capitalize()
    true, other = band.true.rank(value), band.mismatched.rank(value)
    among = f"Place {true:.0f} of 100 among pairs that belong together, {other:.0f} of 100 among mismatched ones"
    return f"{where} what nine of ten true pairs get ({low:.0f} to {high:.0f}). {among}. From: {band.pairs}."


def _foot(completion: Completion, k: int, bands: Mapping[str, Band]) -> Html:
    official = official_qs(completion.scores[k])
    pairs = "; ".join(dict.fromkeys(band.pairs for band in bands.values()))
    return tag(
        "div",
        tag("p", f"Below, within, above: what nine of ten true pairs get, marked under the bars. From {pairs}.") if pairs else None,
        tag("p", f"official QS, for comparison: {official:.1f}", title=OFFICIAL_HINT, class_="kb-official") if official is not None else None,
        _given(completion.candidates[k].given_scores),
        class_="kb-scores-foot",
    )  # fmt: skip


def _given(scores: tuple[tuple[str, float], ...]) -> Html | None:
    if not scores:
        return None
    said = ", ".join(f"{GIVEN_NAME.get(name, name)} {value:.3g}" for name, value in scores)
    return tag("p", f"official run's own scores: {said}", title=GIVEN_HINT, class_="kb-official")
