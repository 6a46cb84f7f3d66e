"""A film as the film reader works on it: grey, cut to what was exposed, at a fixed working size."""

from dataclasses import dataclass

import cv2
import numpy as np

from kbapp.core.content import ImageContent

WORK = 256  # pixels of the working square; the exposed part is stretched to it
_FIRST = 640  # long side to which a large picture is reduced before anything else
_FLAT = 12  # grey levels between the 10th and 90th percentile of a row that shows nothing


@dataclass(frozen=True, eq=False)
class FilmPicture:
    """work: (WORK, WORK) uint8, bones bright. box: the exposed part (x0, y0, x1, y1) as fractions of the whole content.

    aspect: width of the exposed part divided by its height. inverted: True when the content had to be turned over (bones dark).
    """

    work: np.ndarray
    box: tuple[float, float, float, float]
    aspect: float
    inverted: bool = False

    def whole(self, x: float, y: float) -> tuple[float, float]:
        """A point in working pixels as fractions of the whole content, 0-1."""
        x0, y0, x1, y1 = self.box
        at = x0 + (x1 - x0) * x / WORK, y0 + (y1 - y0) * y / WORK
        return round(min(max(at[0], 0.0), 1.0), 4), round(min(max(at[1], 0.0), 1.0), 4)

    def region(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        """A box in working pixels as fractions of the whole content."""
        return *self.whole(x0, y0), *self.whole(x1, y1)


def grey_of(content: ImageContent) -> np.ndarray:
    """(h, w) uint8, long side at most _FIRST pixels."""
    shown = content.display
    scale = _FIRST / max(shown.shape[:2])
    if scale < 1:
        size = max(1, round(shown.shape[1] * scale)), max(1, round(shown.shape[0] * scale))
        shown = cv2.resize(shown, size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY) if shown.ndim == 3 else shown


def picture_of(grey: np.ndarray, inverted: bool = False) -> FilmPicture:
    """Cut away the flat rim and stretch the rest to the working square."""
    height, width = grey.shape
    x0, y0, x1, y1 = exposed(grey)
    part = grey[y0:y1, x0:x1]
    work = cv2.resize(part, (WORK, WORK), interpolation=cv2.INTER_AREA if part.shape[0] > WORK else cv2.INTER_LINEAR)
    box = x0 / width, y0 / height, x1 / width, y1 / height
    return FilmPicture(255 - work if inverted else work, box, (x1 - x0) / (y1 - y0), inverted)


def exposed(grey: np.ndarray) -> tuple[int, int, int, int]:
    """The part (x0, y0, x1, y1) left when flat rows and columns are cut from the rim; the whole picture if little would be left."""
    height, width = grey.shape
    small = cv2.resize(grey, (min(128, width), min(128, height)), interpolation=cv2.INTER_AREA)
    x0, x1 = _span(small.T)
    y0, y1 = _span(small[:, x0:x1])
    if (x1 - x0) * (y1 - y0) < 0.15 * small.size:
        return 0, 0, width, height
    across, down = width / small.shape[1], height / small.shape[0]
    return round(x0 * across), round(y0 * down), round(x1 * across), round(y1 * down)


def _span(rows: np.ndarray) -> tuple[int, int]:
    """First and one past the last row that shows something. A rim row shows nothing if it is flat and not of the body's own grey."""
    ordered = np.sort(rows[:, ::2], axis=1)
    count = ordered.shape[1]
    low, high = ordered[:, count // 10].astype(int), ordered[:, (9 * count) // 10].astype(int)
    rim = (high - low < _FLAT) & ((high < 40) | (low > 225))
    busy = np.flatnonzero(~rim)
    return (int(busy[0]), int(busy[-1]) + 1) if len(busy) else (0, len(rows))
