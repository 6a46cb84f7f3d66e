"""Whether the parts of the score agree with the candidate that comes first. Ranks alone: the parts spread too differently for distances."""

from collections.abc import Sequence
from dataclasses import dataclass

from kbapp.core.score import QualityScore, Ranking

AT_LEAST = 3  # candidates: of two, any part that prefers the other would disagree


@dataclass(frozen=True)
class Dissent:
    """A part by which more than half of the other candidates are better than the first one.

    candidate: index of the one put forward, or of the first in the order where none is. place: its place by that part, 1 is the best.
    """

    part: str
    candidate: int
    place: int
    of: int


def places(values: Sequence[float]) -> tuple[int, ...]:
    """Places from 1, the highest first. Values that are equal to the one decimal shown share the better place."""
    shown = [round(value, 1) for value in values]
    return tuple(1 + sum(other > value for other in shown) for value in shown)


def dissents(scores: Sequence[QualityScore], ranking: Ranking) -> tuple[Dissent, ...]:
    """The parts in QS that disagree, in the order of the parts; none for fewer than three candidates.

    A part that says nothing of the candidates, because it gives all the same value, never disagrees. One that orders them at random does
    in two of five cases of five candidates, unless it decides the order itself.
    """
    if len(scores) < AT_LEAST:
        return ()
    first = ranking.preselected if ranking.preselected is not None else ranking.order[0]
    by_part = {
        name: places([score.parts[name].value for score in scores])[first]
        for name, weight in scores[0].weights.items()
        if weight > 0
    }
    return tuple(Dissent(name, first, at, len(scores)) for name, at in by_part.items() if 2 * (at - 1) > len(scores) - 1)
