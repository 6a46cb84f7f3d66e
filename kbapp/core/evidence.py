"""Why a triple is believed: the place in the content that it was read from."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True, init=False)
class TextSpan:
    """Characters [start, end) of the text of `content`-th content of the case."""

    start: int
    end: int
    content: int = 0

    def __init__(self, start: int, end: int, content: int = 0):
        own = self.__dict__  # as in Triple: a reader makes one for every word that it reads
        own["start"], own["end"], own["content"] = start, end, content


@dataclass(frozen=True, order=True)
class Measurement:
    """A number read from pixels: `value` in `unit` ("ratio", "grey levels", "pixels", "mm"), give or take `uncertainty` (1 sd)."""

    name: str
    value: float
    uncertainty: float
    unit: str = "ratio"


@dataclass(frozen=True, order=True)
class ImageRegion:
    """A box (x0, y0, x1, y1) as fractions of width and height, 0-1, of the `content`-th content, and what was measured there."""

    box: tuple[float, float, float, float]
    measurement: Measurement | None = None
    content: int = 0


@dataclass(frozen=True, order=True)
class ModelAnswer:
    """The model's own answer to an extraction rule, where no place in the content was found: shown as "not located"."""

    rule: str
    quote: str


Evidence = TextSpan | ImageRegion | ModelAnswer
