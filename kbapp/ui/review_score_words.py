"""What the scores of a candidate mean, in words: one text to open, by key, mouse or finger, where a tooltip would need a mouse."""

from collections.abc import Mapping

from kbapp.core.band import Band
from kbapp.core.completion import Completion
from kbapp.core.score import QualityScore
from kbapp.ranking.agreement import Dissent
from kbapp.ranking.bands import QS, place, scorer_ids
from kbapp.ranking.quality_score import official_qs
from kbapp.ui.html import Html, tag

PART_HINT = {
    "graph": "Facts are finding, relation, place, present or absent. 100: the same facts, 0: none shared. Says nothing about facts the source lacks.",
    "clip": "How alike a general model finds picture and text. Compare within this case; the number alone has no clinical meaning.",
    "blip": "As clip, from another general model; correlated with it, so no independent proof.",
    "concepts": "How alike source and candidate are in the terms of the prior. Compare within this case.",
    "regions": "How alike source and candidate are zone by zone. Compare within this case.",
}
OTHER_HINT = "How alike a model finds source and candidate. Compare within this case."
QS_HINT = (
    "The weighted mean of the parts, 0 to 100; the bar shows what each part adds to it. It orders the candidates. ★ in the strip is the one "
    "put forward; no decision changes a score."
)
BAND_HINT = "Below, within, above: what nine of ten true pairs get, marked under the bars."
DISSENT_HINT = (
    "By a part named there, more than half of the other candidates are better than the one that comes first. Ranks alone decide "
    "that, however small the difference: read the alternatives."
)
OFFICIAL_HINT = (
    "As the authors' code mixes it: the mean of the encoder parts, 0 to 100, plus a graph part of at most 1, so that the graph hardly "
    "counts. For comparison with published figures; it orders nothing here."
)
GIVEN_HINT = (
    "As the official run wrote them down, on its own scales: SS is the mean of its CLIP and BLIP cosines times 100, GS its graph "
    "similarity of at most 1, QS their sum. They order nothing here."
)


def meaning(completion: Completion, k: int, bands: Mapping[str, Band]) -> Html:
    """bands: by part, those that hold for this completion. Names each part's scorer with its revision."""
    score = completion.scores[k]
    ids = scorer_ids(completion.provenance.engines, score.weights)
    told = [("QS", QS_HINT, _weights(score), _placed(score.qs, bands.get(QS)))]
    for name, part in score.parts.items():
        scorer = f"Scorer: {ids[name]}." if name in ids else ""
        told.append((name, PART_HINT.get(name, OTHER_HINT), scorer, _placed(part.value, bands.get(name))))
    if bands:
        told.append(("place", BAND_HINT, f"From {'; '.join(dict.fromkeys(band.pairs for band in bands.values()))}."))
    told.append(("disagree", DISSENT_HINT))
    if official_qs(score) is not None:
        told.append(("official", OFFICIAL_HINT))
    if completion.candidates[k].given_scores:
        told.append(("official run", GIVEN_HINT))
    rows = [tag("div", tag("dt", name), tag("dd", " ".join(filter(None, said)))) for name, *said in told]
    return tag("details", tag("summary", "What do these scores mean?"), tag("dl", *rows), class_="kb-meaning")


def _weights(score: QualityScore) -> str:
    """With the weights as they are: "Weights here: 1 graph, 2 clip."."""
    used = ", ".join(f"{weight:g} {name}" for name, weight in score.weights.items())
    out = "; ".join(f"{name}: {why}" for name, why in score.left_out.items())
    return (f"Weights here: {used}." if used else "") + (f" Left out for all candidates: {out}." if out else "")


def _placed(value: float | None, band: Band | None) -> str:
    if value is None or band is None:
        return ""
    low, high = band.usual
    where = place(value, band).value
    true, other = band.true.rank(value), band.mismatched.rank(value)
    return (
        f"{value:.1f} is {where} what nine of ten true pairs get ({low:.0f} to {high:.0f}): place {true:.0f} of 100 among pairs that "
        f"belong together, {other:.0f} of 100 among mismatched ones."
    )


def dissent_words(dissent: Dissent) -> str:
    """ "by clip, candidate 3 is 4 of 5"."""
    return f"by {dissent.part}, candidate {dissent.candidate + 1} is {dissent.place} of {dissent.of}"
