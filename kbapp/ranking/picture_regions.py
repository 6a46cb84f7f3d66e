"""A chest picture as eleven numbers: how dense each region is compared with a usual film. Coarse pixel statistics, no segmentation.

Made for the builtin scorers, apart from the film reader, so that the score does not ask twice the same question.
"""

from functools import lru_cache

import cv2
import numpy as np

from kbapp.core.content import ImageContent

SIDES = ("right", "left")  # of the patient: the right lung is on the left of the picture
ZONES = ("upper", "middle", "lower")
REGIONS = (
    *((side, zone) for side in SIDES for zone in ZONES),
    ("right", "corner"),
    ("left", "corner"),
    ("", "middle width"),
    ("", "texture"),
    ("", "contrast"),
)
WIDTH = len(REGIONS)

_LOW = 0.87  # height over width of a low chest; drawn ones have 0.90, deviation 0.05
_SIZE = 96  # pixels of the side that everything is measured on
# Means over 60 films drawn without findings, and the change of each number that counts as one step (bench/descriptors.py).
_USUAL = np.asarray([0.25, 0.13, 0.31, 0.25, 0.15, 0.33, 0.37, 0.35, 0.40, 0.0, 0.69], np.float32)
_STEP = np.asarray([0.30, 0.35, 0.40, 0.30, 0.35, 0.40, 0.25, 0.25, 0.12, 0.11, 0.20], np.float32)


def deviations(picture: ImageContent) -> np.ndarray:
    """(WIDTH,) float32: steps away from the usual film, -2 to 2; what stays within a third of a step is 0.

    Both scorers ask for the same pictures, so the last ones are remembered, by what is seen of them.
    """
    return _deviations(_Seen(picture))


class _Seen:
    """A picture as a key that holds on to no pixels once it was measured."""

    def __init__(self, picture: ImageContent):
        self.sha256, self._picture = picture.sha256, picture

    def __eq__(self, other) -> bool:
        return isinstance(other, _Seen) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def take(self) -> ImageContent:
        picture, self._picture = self._picture, None
        return picture


@lru_cache(maxsize=256)
def _deviations(seen: _Seen) -> np.ndarray:
    steps = np.clip((region_densities(seen.take()) - _USUAL) / _STEP, -2, 2)
    kept = np.where(np.abs(steps) < 1 / 3, 0, steps).astype(np.float32)
    kept.setflags(write=False)
    return kept


def region_densities(picture: ImageContent) -> np.ndarray:
    """(WIDTH,) float32, 0-1: mean density of six zones and two lower corners between the darkest air and the middle shadow, the width of
    the middle shadow as a share of the chest, the difference of texture between the sides, the contrast between field and shadow."""
    grey = _small_grey(picture)
    left, right, top, bottom, middle = _chest_box(grey, picture.pixels.shape[0] / picture.pixels.shape[1])
    dark, bright = _references(grey, (left, right, top, bottom), middle)
    density = np.clip((grey - dark) / max(bright - dark, 1e-3), 0, 1.2)
    values = []
    for outer in (left, right):
        values += [_zone(density, outer, middle, top, bottom, k) for k in range(3)]
    values += [_corner(density, outer, middle, top, bottom) for outer in (left, right)]
    values.append(_middle_width(density, left, right, top, bottom, middle))
    values.append(_texture_gap(density, left, right, top, bottom, middle))
    values.append(bright - dark)
    return np.asarray(values, np.float32)


def _small_grey(picture: ImageContent) -> np.ndarray:
    """(_SIZE, _SIZE) float32, 0-1 between the 2nd and 98th percentile; the lowest strip, where words may stand, is left out."""
    shown = picture.display[: max(1, int(picture.display.shape[0] * 0.97))]
    small = cv2.resize(shown, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA).astype(np.float32)
    small = small if small.ndim == 2 else small.mean(axis=2)
    low, high = np.percentile(small, (2, 98))
    return np.clip((small - low) / max(high - low, 1e-3), 0, 1)


def _chest_box(grey: np.ndarray, aspect: float) -> tuple[int, int, int, int, int]:
    """(left, right, top, bottom, middle) in pixels, from the dark fields inside the bright body, made symmetric about the middle.

    aspect: height over width of the picture. Where both bases are white the fields end too early: then the box is as high as that of a
    low chest of its width.
    """
    blurred = cv2.GaussianBlur(grey, (0, 0), 1.5)
    level, _ = cv2.threshold((blurred * 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    dark = (blurred * 255 < level).astype(np.uint8)
    count, labels, stats, centres = cv2.connectedComponentsWithStats(dark)
    fields = []
    for k in range(1, count):
        x, y, w, h, area = stats[k]
        touches = x == 0 or x + w == _SIZE or y == 0 or y + h == _SIZE
        if area > 0.015 * _SIZE**2 and not touches and centres[k][1] < 0.75 * _SIZE:
            fields.append((x, y, w, h))
    middle = _middle(blurred)
    if not fields:
        return int(0.16 * _SIZE), int(0.84 * _SIZE), int(0.1 * _SIZE), int(0.78 * _SIZE), middle
    reach = max(max(abs(x - middle), abs(x + w - middle)) for x, y, w, h in fields)
    reach = int(np.clip(reach, 0.25 * _SIZE, 0.48 * _SIZE))
    top = min(y for x, y, w, h in fields)
    bottom = max(y + h for x, y, w, h in fields)
    bottom = max(bottom, top + int(_LOW * 2 * reach / aspect))
    return max(middle - reach, 0), min(middle + reach, _SIZE - 1), top, min(bottom, _SIZE - 1), middle


def _middle(grey: np.ndarray) -> int:
    """The brightest column near the centre: spine and heart."""
    columns = cv2.GaussianBlur(grey[: int(0.7 * _SIZE)].mean(axis=0, keepdims=True), (0, 0), 3)[0]
    low, high = int(0.38 * _SIZE), int(0.62 * _SIZE)
    return low + int(np.argmax(columns[low:high]))


def _references(grey, box, middle) -> tuple[float, float]:
    left, right, top, bottom = box
    chest = grey[top:bottom, left:right]
    shadow = grey[top:bottom, max(middle - 3, 0) : middle + 4]
    return float(np.percentile(chest, 4)), float(np.median(shadow))


def _span(outer: int, middle: int, inner_share: float, outer_share: float) -> slice:
    """Columns between two shares of the way from the middle to the outer border."""
    a, b = middle + (outer - middle) * inner_share, middle + (outer - middle) * outer_share
    low, high = sorted((int(round(a)), int(round(b))))
    return slice(low, max(high, low + 1))


def _zone(density, outer, middle, top, bottom, k) -> float:
    third = (bottom - top) / 3
    rows = slice(int(top + (k + 0.1) * third), int(top + (k + 0.9) * third))
    columns = _span(outer, middle, (0.3, 0.35, 0.5)[k], (0.75, 0.88, 0.92)[k])
    return float(density[rows, columns].mean())


def _corner(density, outer, middle, top, bottom) -> float:
    rows = slice(int(top + 0.82 * (bottom - top)), int(top + 0.98 * (bottom - top)) + 1)
    return float(density[rows, _span(outer, middle, 0.78, 0.98)].mean())


def _middle_width(density, left, right, top, bottom, middle) -> float:
    """Share of the chest's width that is bright, without a gap, from the middle outwards; the widest of the lower rows."""
    rows = density[int(top + 0.6 * (bottom - top)) : int(top + 0.85 * (bottom - top))]
    widths = []
    for row in rows:
        bright = row > 0.62
        widths.append(_run(bright[middle:right]) + _run(bright[left:middle][::-1]))
    return float(np.percentile(widths, 75) / max(right - left, 1)) if widths else 0.0


def _run(bright: np.ndarray) -> int:
    return int(np.argmin(bright)) if not bright.all() else len(bright)


def _texture_gap(density, left, right, top, bottom, middle) -> float:
    """Texture of the right outer upper field minus that of the left, as a share of both: air without a lung in it is smooth."""
    rows = slice(int(top + 0.1 * (bottom - top)), int(top + 0.6 * (bottom - top)))
    rough = [float(np.abs(np.diff(density[rows, _span(outer, middle, 0.5, 0.95)], axis=0)).mean()) for outer in (left, right)]
    return (rough[0] - rough[1]) / max(sum(rough), 1e-3)
