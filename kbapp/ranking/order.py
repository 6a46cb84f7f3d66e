"""Which candidate comes first, by how much, and whether one may be put forward at all."""

import random
from collections.abc import Sequence

from kbapp.core.difference import Difference, FactClass
from kbapp.core.score import QualityScore, Ranking
from kbapp.ranking.quality_score import GRAPH, SWITCHED_OFF

# QS is shown with one decimal: what a reader sees as equal is called equal.
TIE_BELOW = 0.05
# Drawn films of one text that differ by seed alone differ by about this much (docs/benchmarks/descriptors.md): below it the order says
# little about the facts.
CLOSE_BELOW = 8.0
# Three in four mismatched pairs of drawn films and texts score below this, and hardly a true one: better none than the best of a bad lot.
GOOD_ENOUGH = 30.0


def rank(scores: Sequence[QualityScore], differences: Sequence[Difference]) -> Ranking:
    """Best QS first, equal QS in order of generation. Contradicted candidates keep their rank but are never put forward."""
    if any(score.qs is None for score in scores):
        return Ranking(tuple(range(len(scores))), None, None, "", _no_score(scores))
    order = tuple(sorted(range(len(scores)), key=lambda k: (-_shown(scores[k].qs), k)))
    margin = _lead(order, scores, differences)
    chosen, abstained = _preselect(order, scores, differences)
    return Ranking(order, chosen, margin, margin_kind(margin), abstained)


def rank_at_random(scores: Sequence[QualityScore], seed: int) -> Ranking:
    """The paper's ablation "random ranking" (Table 3): any order, the first is put forward."""
    order = list(range(len(scores)))
    random.Random(seed).shuffle(order)
    return Ranking(tuple(order), order[0] if order else None, None, "")


def margin_kind(margin: float | None) -> str:
    if margin is None:
        return ""
    margin = abs(margin)
    return "tie" if margin < TIE_BELOW else "close" if margin < CLOSE_BELOW else "clear"


def _lead(order: tuple[int, ...], scores: Sequence[QualityScore], differences: Sequence[Difference]) -> float | None:
    """None over a candidate of which no fact could be compared while one of the first's could: its QS says that nobody read it."""
    if len(order) < 2 or (compared(differences[order[0]]) and not compared(differences[order[1]])):
        return None
    return scores[order[0]].qs - scores[order[1]].qs


def compared(difference: Difference) -> bool:
    """False where there are facts and nobody could judge any of them in this candidate."""
    return not difference.facts or difference.count(FactClass.NOT_ASSESSABLE) < len(difference.facts)


def _shown(qs: float) -> float:
    """Sums of the same parts in another order differ in the last bits; those must not decide."""
    return round(qs, 6)


def _no_score(scores: Sequence[QualityScore]) -> str:
    if not scores:
        return "There is no candidate."
    reasons = "; ".join(f"{name}: {why}" for name, why in scores[0].left_out.items())
    return f"No score could be computed ({reasons})." if reasons else "No score could be computed: no part has a weight."


def _preselect(order: tuple[int, ...], scores: Sequence[QualityScore], differences: Sequence[Difference]) -> tuple[int | None, str]:
    clean = [k for k in order if not differences[k].count(FactClass.CONTRADICTED)]
    if not clean:
        return None, "Every candidate contradicts the source."
    graph = scores[order[0]].parts.get(GRAPH)
    if graph is not None and graph.value is None and graph != SWITCHED_OFF:
        return None, f"The facts could not be compared: {graph.reason}."
    best = clean[0]
    if scores[best].qs < GOOD_ENOUGH:
        others = " that does not contradict the source" if len(clean) < len(order) else ""
        return None, f"The best candidate{others} scores {scores[best].qs:.1f}; under {GOOD_ENOUGH:.0f} none is put forward."
    return best, ""
