"""Where the lung fields and the heart lie on a film, and the outer contour of the thorax.

The patient's right is on the left of the picture. All coordinates here are working pixels (x to the right, y down; see `film_picture`).
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from kbapp.knowledge.film_net import KINDS, look
from kbapp.knowledge.film_picture import WORK, FilmPicture

SIDES = ("right", "left")
HALF = 0.5  # a pixel belongs to a part from this map value on


@dataclass(frozen=True, eq=False)
class Contour:
    """maps: (3, WORK, WORK) float32 0-1: right lung, left lung, heart; stray pieces removed. sure: mean certainty of the three, 0-1.
    kinds: share of each of `film_net.KINDS`, uncalibrated."""

    picture: FilmPicture
    maps: np.ndarray
    sure: float
    kinds: dict[str, float]

    @cached_property
    def lungs(self) -> dict[str, np.ndarray]:
        """side -> (WORK, WORK) bool, the part behind the heart included."""
        return {side: self.maps[k] > HALF for k, side in enumerate(SIDES)}

    @cached_property
    def heart(self) -> np.ndarray:
        return self.maps[2] > HALF

    @cached_property
    def clear(self) -> dict[str, np.ndarray]:
        """side -> (WORK, WORK) bool: the lung field without heart, mediastinum and rim."""
        gap, parts = 0.035 * WORK, {}
        for side, lung in self.lungs.items():
            inner = cv2.erode((lung & ~self.heart).astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=0).astype(bool)
            beyond = slice(int(self.midline - gap), None) if side == "right" else slice(None, int(self.midline + gap))
            inner[:, beyond] = False
            parts[side] = inner
        return parts

    @cached_property
    def floor(self) -> dict[str, tuple[int, int]]:
        """side -> row of the dome's top (over the inner part of the base), row of the outer angle."""
        found = {}
        for side, lung in self.lungs.items():
            columns = np.flatnonzero(lung.any(0))
            lowest = WORK - np.argmax(lung[::-1][:, columns], 0)
            from_wall = lowest if side == "right" else lowest[::-1]
            wide = len(columns)
            found[side] = int(from_wall[wide // 3 : (5 * wide) // 6].min()), int(from_wall[: wide // 3].max())
        return found

    @cached_property
    def found(self) -> bool:
        """Both lung fields and a heart are there at all."""
        return all(mask.sum() > 0.01 * WORK * WORK for mask in self.lungs.values()) and bool(self.heart.sum() > 0.004 * WORK * WORK)

    @cached_property
    def rows(self) -> np.ndarray:
        """Rows in which both lung fields are cut, ascending."""
        return np.flatnonzero(self.lungs["right"].any(1) & self.lungs["left"].any(1))

    @cached_property
    def edges(self) -> tuple[np.ndarray, np.ndarray]:
        """Outer edge of the right and of the left lung for each of `rows`, in fractions of a pixel."""
        right = _crossing(self.maps[0][self.rows])
        left = WORK - _crossing(self.maps[1][self.rows][:, ::-1])
        return right, left

    @cached_property
    def midline(self) -> float:
        """x between the inner borders of the lung fields."""
        right, left = self.lungs["right"][self.rows], self.lungs["left"][self.rows]
        inner_right = WORK - np.argmax(right[:, ::-1], 1)
        return float(np.median((inner_right + np.argmax(left, 1)) / 2))

    def span(self, side: str) -> tuple[int, int]:
        """First and last row of a lung field."""
        rows = np.flatnonzero(self.lungs[side].any(1))
        return int(rows[0]), int(rows[-1])

    @property
    def outer(self) -> np.ndarray:
        """(WORK, WORK) bool: the thorax, each row filled from the outer edge of one lung field to that of the other."""
        both = self.lungs["right"] | self.lungs["left"]
        started = np.maximum.accumulate(both, 1)
        return started & np.maximum.accumulate(both[:, ::-1], 1)[:, ::-1]

    def thorax_width(self) -> tuple[float, int]:
        """Greatest inner width and the row where it is."""
        width = self.edges[1] - self.edges[0]
        k = int(np.argmax(width))
        near = width[max(0, k - 2) : k + 3]
        return float(near.mean()), int(self.rows[k])


def contour_of(picture: FilmPicture) -> Contour:
    """Run the network, keep the largest piece of each part, enlarge to working size."""
    seen = look(picture.work)
    small = seen.maps
    certain = float(np.mean([_certainty(m) for m in small]))
    cleaned = np.stack([_largest(m) for m in small])
    maps = np.stack([cv2.resize(m, (WORK, WORK), interpolation=cv2.INTER_CUBIC) for m in cleaned])
    return Contour(picture, maps, certain, dict(zip(KINDS, seen.kinds.tolist(), strict=True)))


def _certainty(small: np.ndarray) -> float:
    """Mean of the map where it claims its part: near 1 for a clear finding, 0 for none."""
    claimed = small > HALF
    return float(small[claimed].mean()) if claimed.any() else 0.0


def _largest(small: np.ndarray) -> np.ndarray:
    """The map with all pieces but the largest taken out."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((small > HALF).astype(np.uint8), connectivity=4)
    if count <= 2:
        return small
    best = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    near = cv2.dilate((labels == best).astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.where((near > 0) | (small <= HALF), small, 0.0).astype(np.float32) * np.where(
        (labels > 0) & (labels != best), 0.0, 1.0
    )


def _crossing(maps: np.ndarray) -> np.ndarray:
    """For each row (h, w) the x at which it first reaches HALF, between pixels."""
    first = np.argmax(maps > HALF, axis=1)
    row = np.arange(len(maps))
    before = np.where(first > 0, maps[row, np.maximum(first - 1, 0)], 0.0)
    here = maps[row, first]
    return first - (here - HALF) / np.maximum(here - before, 1e-3) + 0.5


def outlines(contour: Contour) -> dict[str, list[tuple[float, float]]]:
    """Closed polygons of the lung fields, the heart and the outer thorax, as fractions of the whole content."""
    parts = {
        "right lung": contour.lungs["right"],
        "left lung": contour.lungs["left"],
        "heart": contour.heart,
        "thorax": contour.outer,
    }
    return {name: _polygon(contour.picture, mask) for name, mask in parts.items()}


def _polygon(picture: FilmPicture, mask: np.ndarray) -> list[tuple[float, float]]:
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not found:
        return []
    points = cv2.approxPolyDP(max(found, key=cv2.contourArea), 0.7, True).reshape(-1, 2)
    return [picture.whole(x + 0.5, y + 0.5) for x, y in points.tolist()]
