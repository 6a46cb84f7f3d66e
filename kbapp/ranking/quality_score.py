"""The quality score: Eq. 2 of the paper (section 2.4) with every part on the same scale.

The paper adds a graph similarity "between 0 and 100" and two cosines of at most 1; its code averages cosines times 100 and adds a graph
similarity of at most 1, so there the graph hardly counts. Here every part stands on 0-100 and QS is their weighted mean, 0-100 too, shown
beside its parts. `official_qs` gives the mixture of the authors' code for comparison.
"""

from collections.abc import Mapping, Sequence

from kbapp.core.score import PartScore, QualityScore

GRAPH = "graph"
SWITCHED_OFF = PartScore(None, "switched off")  # a part left out on purpose, in an ablation


def quality_scores(parts: Sequence[Mapping[str, PartScore]], weights: Mapping[str, float]) -> tuple[QualityScore, ...]:
    """One score per candidate, in order.

    parts: per candidate, the part scores by name; all candidates hold the same names. weights: by part name, 1 where none is given.
    A part that is not computed for one candidate is left out for all of them, with the reason: means over different parts cannot be
    compared. QS is None when no part is left, or none has a weight.
    """
    names = list(dict.fromkeys(name for of_one in parts for name in of_one))
    left_out = {name: reason for name in names if (reason := _why_left_out(name, parts))}
    used = {name: float(weights.get(name, 1.0)) for name in names if name not in left_out}
    return tuple(QualityScore(dict(of_one), _weighted_mean(of_one, used), used, left_out) for of_one in parts)


def _why_left_out(name: str, parts: Sequence[Mapping[str, PartScore]]) -> str:
    missing = [
        (k, p[name].reason if name in p else "no such part") for k, p in enumerate(parts) if name not in p or p[name].value is None
    ]
    if not missing:
        return ""
    if len(missing) == len(parts):
        return missing[0][1] or "not computed"
    numbers = ", ".join(str(k + 1) for k, _ in missing)
    return f"not computed for candidate {numbers}: {missing[0][1]}"


def _weighted_mean(parts: Mapping[str, PartScore], weights: Mapping[str, float]) -> float | None:
    total = sum(weights.values())
    if total <= 0:
        return None
    return min(100.0, max(0.0, sum(weights[name] * parts[name].value for name in weights) / total))


def official_qs(score: QualityScore) -> float | None:
    """Mean of the encoder parts, 0-100, plus the graph part scaled to 0-1: the authors' code, 0-101. None without a graph or encoder part.

    A second column for comparison with published figures, never an order of its own.
    """
    encoders = [p.value for name, p in score.parts.items() if name != GRAPH and p.value is not None]
    graph = score.parts.get(GRAPH)
    if not encoders or graph is None or graph.value is None:
        return None
    return sum(encoders) / len(encoders) + graph.value / 100.0
