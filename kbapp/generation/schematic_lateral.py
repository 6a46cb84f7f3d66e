"""The drawn chest from the side: the patient faces the left of the picture, both lungs lie on top of each other.

Units as in the frontal drawing: fractions of the side, x to the right (towards the back), y down. Left and right cannot be told apart in
general; each has a dome of its own, and fluid fills the recess behind the dome of its side.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from kbapp.generation.schematic_findings import WHOLE_FILM, ZONES, Order
from kbapp.generation.schematic_habitus import HABITUS_COUNT, Habitus, habitus
from kbapp.generation.schematic_layers import arc_chain
from kbapp.generation.schematic_strokes import SIDE, arc, filled, spline, stroked

APEX, FRONT, BACK = 0.10, 0.215, 0.80  # of the air space
# Front, top and recess of each dome, as (x, y): the right one stands higher and is seen whole, the left one ends at the heart.
_DOMES = {
    "right": [(0.235, 0.735), (0.33, 0.655), (0.47, 0.635), (0.60, 0.680), (0.72, 0.795), (0.775, 0.865)],
    "left": [(0.46, 0.690), (0.50, 0.672), (0.58, 0.695), (0.66, 0.750), (0.735, 0.825), (0.785, 0.880)],
}
_SPINE = [(0.745, -0.02), (0.775, 0.12), (0.815, 0.32), (0.822, 0.50), (0.800, 0.70), (0.770, 0.90), (0.760, 1.05)]
_DEPTH = {"upper": 0.55, "middle": 0.42, "lower": 0.66}  # where a zone's middle is drawn: the middle of the lung lies in front


@dataclass(frozen=True, eq=False)
class Side:
    """density: (SIDE, SIDE) everything but heart and findings. air: the air space, 0-1. solid: the film without air in the lungs."""

    density: np.ndarray
    air: np.ndarray
    solid: np.ndarray
    drop: float  # by how much this body's domes stand lower than the outline above

    def dome(self, side: str) -> np.ndarray:
        """The dome's curve (n, 2), from front to back."""
        return arc_chain(np.array(_DOMES[side]) + (0.0, self.drop))


@lru_cache(maxsize=HABITUS_COUNT + 2)
def from_the_side(index: int, deep: bool = False) -> Side:
    """The drawn body of one habitus, 0 <= index < HABITUS_COUNT. Drawn once, then cached."""
    body = habitus(index, deep)
    drop = body.dome - 0.69
    air = _air(drop)
    solid = _trunk(body)
    density = solid - 0.36 * air * (0.62 + 0.38 * _clear_spaces()) + _ribs() * (0.35 + 0.65 * air) + _spine(air) + _breastbone()
    density += _roots() * air - _airway() + _shoulders()
    side = Side(density.astype(np.float32), air, cv2.GaussianBlur(solid, (0, 0), 8) + 0.02, drop)
    for curve, strength in ((side.dome("right"), 0.05), (side.dome("left"), 0.04)):  # a rim where air meets the dome
        side.density[...] += strength * stroked([curve], 0.006, 1.5)
    for layer in (side.density, side.air, side.solid):
        layer.setflags(write=False)
    return side


def lateral_density(
    index: int, orders: tuple[Order, ...], heart: float, rng: np.random.Generator, *, deep: bool = False
) -> np.ndarray:
    """The film's density, (SIDE, SIDE). heart: its size, 1 for a usual one. orders: each of a drawing in SEEN_FROM_SIDE."""
    side = from_the_side(index, deep)
    density = side.density.copy()
    _add_heart(density, side, heart)
    for order in orders:
        if order.drawing in LATERAL:
            LATERAL[order.drawing](density, side, order, rng)
    return density


def _air(drop: float) -> np.ndarray:
    """Both lungs: down to the lower of the two domes behind, to the right one in front."""
    right, left = (np.array(_DOMES[s]) + (0.0, drop) for s in ("right", "left"))
    floor = [tuple(p) for p in (*right[:3], *left[3:])]
    rim = [(BACK + 0.012, 0.76), (BACK + 0.035, 0.58), (BACK + 0.035, 0.40), (BACK - 0.01, 0.22), (0.70, 0.12)]
    top = [(0.60, APEX), (0.50, APEX + 0.04), (0.40, 0.20)]
    front = [(0.30, 0.25), (FRONT + 0.02, 0.36), (FRONT, 0.50), (FRONT + 0.005, 0.62)]
    return filled(spline([*floor, *rim, *top, *front]), 2.0)


def _trunk(body: Habitus) -> np.ndarray:
    fat = 0.02 * body.fat
    chest = [
        (0.30, 0.06),
        (0.22, 0.16),
        (0.165 - fat, 0.30),
        (0.140 - fat - 0.05 * body.breast, 0.48),
        (0.150 - fat, 0.64),
        (0.145 - fat, 1.05),
    ]
    back = [
        (0.90 + fat, 1.05),
        (0.925 + fat, 0.70),
        (0.945 + fat, 0.45),
        (0.925 + fat, 0.25),
        (0.87, 0.10),
        (0.80, -0.05),
        (0.45, -0.05),
    ]
    trunk = filled(np.array([*arc_chain(chest), *arc_chain(back)]), 3.0)
    y = np.mgrid[0:SIDE, 0:SIDE][0].astype(np.float32) / SIDE
    belly = np.clip((y - body.dome + 0.04) / 0.16, 0, 1)
    return (0.02 + trunk * (0.50 + 0.12 * belly)).astype(np.float32)


def _clear_spaces() -> np.ndarray:
    """Where most air lies in the ray: behind the breastbone, and behind the heart down the spine."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
    before = np.exp(-(((x - 0.32) / 0.085) ** 2) - ((y - 0.33) / 0.11) ** 2)
    behind = np.exp(-(((x - 0.69) / 0.10) ** 2) - ((y - 0.62) / 0.20) ** 2)
    return np.clip(before + 1.1 * behind, 0, 1)


def _bone(curves, width: float, strength: float) -> np.ndarray:
    return strength * (stroked(curves, width, 1.2) - 0.45 * stroked(curves, width * 0.55, 1.4))


def _ribs() -> np.ndarray:
    """Both sides' ribs, a little apart: steep behind, running forwards and down."""
    curves = []
    for i in range(9):
        y = 0.13 + 0.072 * i
        for shift in (0.0, 0.016):
            end = (0.30 + 0.018 * i, min(y + 0.25, 0.95))
            curves.append(arc((0.84, y + shift), (0.66, y + 0.01 + shift), end))
    return _bone(curves, 0.018, 0.040)


def _spine(air: np.ndarray) -> np.ndarray:
    """Blocks with bright end plates. They grow darker downwards, where less lies in front of them."""
    line = arc_chain(_SPINE)
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    layer = np.zeros((SIDE, SIDE), np.float32)
    for at in np.arange(0.03, length[-1] - 0.03, 0.066):
        x, y = (np.interp(at, length, line[:, k]) for k in (0, 1))
        ahead = [np.interp(at + 0.02, length, line[:, k]) for k in (0, 1)]
        along = np.array([ahead[0] - x, ahead[1] - y]) / max(np.hypot(ahead[0] - x, ahead[1] - y), 1e-6)
        across, here = np.array([along[1], -along[0]]), np.array([x, y])
        corners = [here + a * 0.025 * along + b * 0.036 * across for a, b in ((-1, -1), (-1, 1), (1, 1), (1, -1))]
        strength = 0.15 - 0.07 * np.clip(y, 0, 1)
        plates = [np.array([corners[0], corners[1]]), np.array([corners[2], corners[3]])]
        layer += strength * filled(np.array(corners), 1.6) + 0.05 * stroked(plates, 0.006, 1.0)
    return layer * (0.75 + 0.25 * air)


def _breastbone() -> np.ndarray:
    return _bone([arc((0.285, 0.20), (0.205, 0.36), (0.185, 0.60))], 0.026, 0.13)


def _roots() -> np.ndarray:
    """Hila on top of each other, the aortic arch over them, and vessels running out."""
    root = filled(spline([(0.50, 0.37), (0.56, 0.36), (0.595, 0.41), (0.57, 0.475), (0.51, 0.47), (0.485, 0.42)]), 6.0)
    aorta = stroked([arc((0.44, 0.42), (0.46, 0.225), (0.66, 0.32)), arc((0.66, 0.32), (0.715, 0.50), (0.70, 0.80))], 0.075, 8.0)
    rng = np.random.default_rng(29)
    lines = []
    for angle in np.linspace(-2.6, 3.2, 26):
        start, bend = np.array((0.54, 0.42)), 0.05 * rng.standard_normal(2)
        reach = 0.16 + 0.12 * rng.random()
        end = start + reach * np.array((np.cos(angle), np.sin(angle)))
        lines.append(arc(start, (start + end) / 2 + bend, end))
    return 0.13 * root + 0.055 * aorta + 0.045 * stroked(lines, 0.006, 1.4)


def _airway() -> np.ndarray:
    pipe = stroked([arc((0.535, -0.02), (0.545, 0.20), (0.555, 0.40))], 0.038, 2.4)
    bronchus = filled(spline([(0.545, 0.40), (0.565, 0.39), (0.575, 0.41), (0.555, 0.42)]), 2.0)
    return 0.12 * pipe + 0.07 * bronchus


def _shoulders() -> np.ndarray:
    """The raised arms' soft tissue over the apex."""
    return 0.10 * filled(spline([(0.40, -0.05), (0.78, -0.05), (0.80, 0.06), (0.66, 0.115), (0.50, 0.095), (0.42, 0.04)]), 10.0)


def _add_heart(density: np.ndarray, side: Side, size: float) -> None:
    """In front and below, on the left dome; a larger one reaches back towards the spine and up behind the breastbone."""
    y = side.drop
    outline = np.array([(0.235, 0.60 + y), (0.265, 0.50), (0.345, 0.425), (0.46, 0.42), (0.545, 0.50), (0.565, 0.60 + y), (0.525, 0.70 + y), (0.40, 0.74 + y), (0.27, 0.72 + y)])  # fmt: skip
    pivot = np.array((0.245, 0.72 + y))  # it rests in front, on the dome
    heart = filled(spline(pivot + (outline - pivot) * size), 4.0) * side.air
    density += heart * 0.86 * np.clip(0.60 - cv2.GaussianBlur(density, (0, 0), 5), 0, None)


def _blend(density: np.ndarray, side: Side, alpha: np.ndarray) -> None:
    density += np.clip(alpha, 0, 1) * 0.94 * (side.solid - density)


def _fluid(density: np.ndarray, side: Side, order: Order, rng) -> None:
    """Amount as from the front: the share of the lung's height under fluid. It stands level, and creeps up behind."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
    recess = float(side.dome(order.side)[:, 1].max())
    level = recess - max(order.amount, 0.03) * (recess - APEX)
    surface = level - 0.05 * np.clip((x - 0.66) / 0.15, 0, 1) ** 2 - 0.02 * np.clip((0.32 - x) / 0.1, 0, 1)
    _blend(density, side, side.air * np.clip((y - surface) / 0.025, 0, 1) * 0.8)


def _cloud(density: np.ndarray, side: Side, centre: tuple[float, float], radii: tuple[float, float], strength: float, rng) -> None:
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
    rough = cv2.GaussianBlur(rng.standard_normal((SIDE, SIDE)).astype(np.float32), (0, 0), 9) * 9
    reach = ((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2 + 0.35 * rough
    _blend(density, side, side.air * strength * np.clip(1.6 - reach, 0, 1))


def _zone_centre(side: Side, zone: str) -> tuple[float, float]:
    bottom = 0.74 + side.drop
    zone = zone or "lower"
    return _DEPTH[zone], APEX + 0.06 + (ZONES.index(zone) + 0.5) * (bottom - APEX - 0.06) / 3


def _patch(density: np.ndarray, side: Side, order: Order, rng) -> None:
    _cloud(density, side, _zone_centre(side, order.zone), (0.12, 0.09), 0.35 + 0.5 * min(order.amount, 1.0), rng)


def _haze(density: np.ndarray, side: Side, order: Order, rng) -> None:
    _cloud(density, side, (0.54, 0.44), (0.20, 0.22), 0.20 + 0.4 * min(order.amount, 1.0), rng)


def _nodule(density: np.ndarray, side: Side, order: Order, rng) -> None:
    x, y = _zone_centre(side, order.zone)
    for _ in range(order.count):
        place = (x + 0.05 * rng.uniform(-1, 1), y + 0.04 * rng.uniform(-1, 1))
        radius = (order.mm or 15.0) * 0.5 / 0.75 / SIDE
        ring = [
            (place[0] + radius * np.cos(a), place[1] + radius * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 16, endpoint=False)
        ]
        _blend(density, side, 0.75 * filled(np.array(ring), 1.5))


def _wires(density: np.ndarray, side: Side, order: Order, rng) -> None:
    """Loops of wire around the breastbone, seen edge on."""
    for t in np.linspace(0.15, 0.9, 5):
        at = arc((0.285, 0.20), (0.205, 0.36), (0.185, 0.60), 100)[int(99 * t)]
        density[...] = np.maximum(
            density, 0.92 * stroked([arc(at - (0.014, 0.004), at + (0.0, 0.01), at + (0.016, 0.004))], 0.005, 0.7)
        )


LATERAL: dict[str, Callable[[np.ndarray, Side, Order, np.random.Generator], None]] = {
    "fluid": _fluid,
    "patch": _patch,
    "haze": _haze,
    "nodule": _nodule,
    "wires": _wires,
}
SEEN_FROM_SIDE = (*LATERAL, *WHOLE_FILM)  # what can be placed on a film from the side; all else is listed as not drawn
