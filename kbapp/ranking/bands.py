"""Reference bands: where a part of the score lies among pairs that belong together, and among pairs that do not.

A band is measured on a set of pairs (`kbapp lab bands`) and holds for one version of a scorer, one domain and one direction only. It says
how a value compares with those pairs; it is no probability that a candidate is right.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import numpy as np

from kbapp.core.band import Band, Reference
from kbapp.core.completion import Completion
from kbapp.ranking.quality_score import GRAPH

QS = "QS"  # a band of the whole score, beside those of its parts


class Place(StrEnum):
    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"


def reference(values: Sequence[float]) -> Reference:
    """Raises ValueError for no value at all."""
    if not len(values):
        raise ValueError("expected at least one value")
    marks = np.percentile(np.asarray(values, np.float64), np.arange(101))
    return Reference(len(values), tuple(round(float(mark), 2) for mark in marks))


def place(value: float, band: Band) -> Place:
    """Below, within or above what nine of ten true pairs get."""
    low, high = band.usual
    return Place.BELOW if value < low else Place.ABOVE if value > high else Place.WITHIN


def auc(true: Sequence[float], mismatched: Sequence[float]) -> float:
    """0-1: how often a true pair scores above a mismatched one; ties count half, 0.5 is chance. Raises ValueError without values."""
    if not len(true) or not len(mismatched):
        raise ValueError("expected true and mismatched pairs")
    ordered = np.sort(np.asarray(mismatched, np.float64))
    below, not_above = np.searchsorted(ordered, true, "left"), np.searchsorted(ordered, true, "right")
    return float((below + not_above).mean() / (2 * len(ordered)))


def scorer_ids(engines: Mapping[str, str], weights: Mapping[str, float]) -> dict[str, str]:
    """What a band must have been measured with to hold: part -> the engines behind it. engines: role -> id, as in a provenance."""
    ids = {role.removeprefix("scorer "): id_ for role, id_ in engines.items() if role.startswith("scorer ")}
    ids[GRAPH] = f"typed Eq. 1 over {engines['reader']} and {engines['candidate reader']}"
    ids[QS] = "mean of " + ", ".join(f"{weights[name]:g} {name} ({ids[name]})" for name in sorted(weights) if name in ids)
    return ids


def bands_for(completion: Completion, bands: Iterable[Band]) -> dict[str, Band]:
    """By part, the bands that hold for this completion; the first of several."""
    case, weights = completion.case, completion.scores[0].weights if completion.scores else {}
    ids = scorer_ids(completion.provenance.engines, weights)
    where = (case.domain, case.available, case.missing)
    found: dict[str, Band] = {}
    for band in bands:
        if (band.domain, band.source, band.target) == where and ids.get(band.part) == band.scorer:
            found.setdefault(band.part, band)
    return found
