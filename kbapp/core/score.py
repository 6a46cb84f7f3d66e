"""The quality score of a candidate. Values, never changed afterwards; how they come about is `kbapp.ranking`."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PartScore:
    """A part on the scale 0-100, or "not computed" with its reason. Uncalibrated: never a percentage or a probability."""

    value: float | None
    reason: str = ""  # why it was not computed; empty when it was
    note: str = ""  # e.g. "read 61 of 140 tokens"


@dataclass(frozen=True)
class QualityScore:
    """parts: by name, `graph` first. qs: weighted mean of the parts computed for all candidates, 0-100, or None.

    weights: what was used. left_out: names of parts that were dropped for all candidates, with the reason.
    """

    parts: Mapping[str, PartScore]
    qs: float | None
    weights: Mapping[str, float] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ranking:
    """order: candidate indices, best first; equal QS keep generation order. preselected: index, or None with `abstained` saying why.

    margin: QS of the first minus QS of the second (None with fewer than two, and where no fact of the second could be compared while
    one of the first could); margin_kind: "clear", "close", "tie" or "".
    """

    order: tuple[int, ...]
    preselected: int | None
    margin: float | None
    margin_kind: str
    abstained: str = ""
