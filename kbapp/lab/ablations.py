"""The paper's Table 3 (terms switched off) and Table 4 (number of candidates) over a set of reports."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kbapp.core.content import Modality
from kbapp.lab.reports import Report
from kbapp.lab.runs import Outcome, Tally, run_set
from kbapp.pipeline import Engines, Switches
from kbapp.priors.version import PriorVersion

VARIANTS = {
    "the method": Switches(),
    "without knowledge modeling": Switches(knowledge=False),
    "random ranking": Switches(ranking=False),
    "without the graph part": Switches(graph_part=False),
    "without the encoder parts": Switches(encoder_parts=False),
}
COUNTS = (1, 5, 10, 15)
DRAWS = 500  # of the bootstrap


@dataclass(frozen=True)
class Row:
    """One line of a table. f1_*: 0-1, over all findings of all cases; interval: 95 in 100 bootstrap draws of cases. degrees: share of the
    right degree among shared findings that have one, None without any. The rest: means over cases; contradicting and abstained 0-1."""

    missing: str
    variant: str
    n: int
    cases: int
    f1_first: float
    interval: tuple[float, float]
    f1_every: float
    f1_best: float
    degrees: float | None
    contradicting: float
    abstained: float
    distinct: float
    ms: float


def ablations(reports: Sequence[Report], engines: Engines, prior: PriorVersion, domain: str, n: int) -> list[Row]:
    """Both directions, every variant of Table 3."""
    return [
        row(run_set(reports, engines, prior, domain, missing, n, switches), missing, name, n)
        for missing in (Modality.TEXT, Modality.IMAGE)
        for name, switches in VARIANTS.items()
    ]


def counts(reports: Sequence[Report], engines: Engines, prior: PriorVersion, domain: str) -> list[Row]:
    """Both directions, the numbers of candidates of Table 4."""
    return [
        row(run_set(reports, engines, prior, domain, missing, n, Switches()), missing, "the method", n)
        for missing in (Modality.TEXT, Modality.IMAGE)
        for n in COUNTS
    ]


def row(outcomes: Sequence[Outcome], missing: Modality, variant: str, n: int) -> Row:
    """Raises ValueError without an outcome."""
    if not outcomes:
        raise ValueError("expected at least one case")
    first = _sum(o.first for o in outcomes)
    return Row(
        missing.value,
        variant,
        n,
        len(outcomes),
        first.f1,
        _interval([o.first for o in outcomes]),
        _sum(o.every for o in outcomes).f1,
        _sum(o.best for o in outcomes).f1,
        first.degrees / first.graded if first.graded else None,
        float(np.mean([o.contradicts for o in outcomes])),
        float(np.mean([o.abstained for o in outcomes])),
        float(np.mean([o.distinct for o in outcomes])),
        float(np.median([o.seconds for o in outcomes]) * 1e3),
    )


def _sum(tallies) -> Tally:
    return sum(tallies, Tally())


def _interval(tallies: Sequence[Tally]) -> tuple[float, float]:
    rng = np.random.default_rng(3)
    counted = np.asarray([(t.hit, t.extra, t.missed) for t in tallies])
    sums = counted[rng.integers(0, len(counted), (DRAWS, len(counted)))].sum(axis=1)
    told = 2 * sums[:, 0] + sums[:, 1] + sums[:, 2]
    f1 = np.where(told > 0, 2 * sums[:, 0] / np.maximum(told, 1), 1.0)
    return float(np.percentile(f1, 2.5)), float(np.percentile(f1, 97.5))
