"""What a part of the score is among pairs of sources and candidates that belong together, and among pairs that do not."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise

from kbapp.core.content import Modality

LOW, HIGH = 5, 95  # percentiles of the true pairs between which a value counts as usual for them


@dataclass(frozen=True)
class Reference:
    """Values of many pairs, as their 0th, 1st ... 100th percentile (101 ascending numbers)."""

    count: int
    percentiles: tuple[float, ...]

    def __post_init__(self):
        if len(self.percentiles) != 101 or any(a > b for a, b in pairwise(self.percentiles)):
            raise ValueError("expected 101 ascending percentiles")

    def rank(self, value: float) -> float:
        """0-100: how many of a hundred pairs lie below the value; equal ones count half."""
        marks = self.percentiles
        first, after = bisect_left(marks, value), bisect_right(marks, value)
        if after > first:
            return (first + after - 1) / 2
        if first in (0, 101):
            return 0.0 if first == 0 else 100.0
        return first - 1 + (value - marks[first - 1]) / (marks[first] - marks[first - 1])


@dataclass(frozen=True)
class Band:
    """part: name of a part, or "QS". scorer: the engines that it was measured with. pairs: which pairs it comes from, in words.
    auc: 0-1, how often a true pair scores above a mismatched one."""

    part: str
    scorer: str
    domain: str
    source: Modality
    target: Modality
    pairs: str
    true: Reference
    mismatched: Reference
    auc: float

    @property
    def usual(self) -> tuple[float, float]:
        """Between which values nine of ten true pairs lie."""
        return self.true.percentiles[LOW], self.true.percentiles[HIGH]
