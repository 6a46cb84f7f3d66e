"""Numbers read from a film: widths, opacity of the lung zones, fluid height at the outer angles, asymmetry.

Opacity is relative to the film itself: 0 is its clearest lung, 1 the density of heart and mediastinum. So exposure and contrast cancel.
Every measure has an uncertainty (1 sd) and a region; what cannot be measured is left out by name.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from kbapp.knowledge.film_contour import SIDES, Contour
from kbapp.knowledge.film_picture import WORK

ZONES = ("upper", "middle", "lower")
HEART_WIDTH, FLUID_HEIGHT, ZONE_OPACITY, LUNG_OPACITY, ASYMMETRY = (
    "heart width",
    "fluid height",
    "zone opacity",
    "lung opacity",
    "asymmetry",
)
LEAST_CONTRAST = 14.0  # grey levels between clear lung and heart below which opacity means nothing
CLEAR = {
    "upper": 0.26,
    "middle": 0.25,
    "lower": 0.36,
}  # density of a clear zone between the film's darkest lung (0) and its heart (1)
SOLID = 0.75  # opacity from which a base counts as filled
ANGLE_DEPTH = 0.115  # how far below its dome a free outer angle reaches, as a share of the lung's height
ABOVE_DOME = 0.05  # height above the angle's depth from which fluid would lie over the dome too
EDGE = 0.24  # step of opacity from lung to belly at a dome that is seen: lower under drawn fluid of that height
HIDING = 0.62  # opacity of the lung beside the heart from which its border is hidden
INSET = 4  # pixels from the wall, which is bright itself
STRIP = 0.14  # share of a lung's width, from its outer wall, in which fluid is looked for


@dataclass(frozen=True)
class Measure:
    """value and uncertainty in `unit`; box: fractions of the whole content. side: "left", "right" or ""; zone: of ZONES or ""."""

    name: str
    value: float
    uncertainty: float
    box: tuple[float, float, float, float]
    side: str = ""
    zone: str = ""
    unit: str = "ratio"


@dataclass(frozen=True)
class Measured:
    measures: tuple[Measure, ...]
    failed: tuple[tuple[str, str], ...] = ()  # (name of a measure, why it could not be taken)


def measure(contour: Contour) -> Measured:
    """All measures of a film."""
    opacity, why = opacity_map(contour)
    taken, failed = [], []
    width = heart_width(contour, opacity)
    if width is None:
        failed.append((HEART_WIDTH, "a border of the heart is hidden"))
    else:
        taken.append(width)
    if opacity is None:
        failed += [(name, why) for name in (FLUID_HEIGHT, ZONE_OPACITY, LUNG_OPACITY, ASYMMETRY)]
        return Measured(tuple(taken), tuple(failed))
    fluid = {side: fluid_height(contour, opacity, side) for side in SIDES}
    taken += fluid.values()
    taken += [m for side in SIDES for m in zone_opacity(contour, opacity, side)]
    lungs = [lung_opacity(contour, opacity, side) for side in SIDES]
    right, left = lungs
    spread = float(np.hypot(right.uncertainty, left.uncertainty))
    taken += [*lungs, Measure(ASYMMETRY, abs(right.value - left.value), spread, _around(contour, contour.outer))]
    return Measured(tuple(taken), tuple(failed))


def opacity_map(contour: Contour) -> tuple[np.ndarray | None, str]:
    """(WORK, WORK) float32, 0 clear lung, 1 as dense as the heart; or None and why."""
    smooth = cv2.GaussianBlur(contour.picture.work, (9, 9), 2.0).astype(np.float32)
    lung, heart, few = contour.clear["right"] | contour.clear["left"], contour.heart, smooth[::2, ::2]
    inside, centre = few[lung[::2, ::2]], few[heart[::2, ::2]]
    if len(inside) < 50 or len(centre) < 25:
        return None, "the lung fields are not visible"
    air, solid = np.percentile(inside, 4), np.percentile(centre, 60)
    if solid - air < LEAST_CONTRAST:
        return None, "the film shows too little contrast between lung and heart"
    return (smooth - air) / (solid - air), ""


def heart_width(contour: Contour, opacity: np.ndarray | None) -> Measure | None:
    """Greatest width of the heart over the greatest inner width of the thorax (cardiothoracic ratio, Danzer 1919).

    None where a border of the heart does not stand out from the lung beside it.
    """
    rows = np.flatnonzero(contour.heart.any(1))
    thorax, _ = contour.thorax_width()
    free = [rows[rows < contour.floor[side][0] - 2] for side in SIDES]  # above the dome: below it the belly lies beside the heart
    if min(len(free[0]), len(free[1])) < 8 or thorax < 0.2 * WORK:
        return None
    first = np.argmax(contour.heart[free[0]], 1)
    last = WORK - np.argmax(contour.heart[free[1]][:, ::-1], 1)
    right = _border(contour, opacity, int(free[0][np.argmin(first)]), float(np.sort(first)[:2].mean()), -1)
    left = _border(contour, opacity, int(free[1][np.argmax(last)]), float(np.sort(last)[-2:].mean()), 1)
    if right is None or left is None:
        return None
    doubt = np.hypot(np.hypot(right[1], left[1]), 1.5) / thorax
    box = contour.picture.region(right[0], rows[0], left[0], rows[-1] + 1)
    return Measure(HEART_WIDTH, (left[0] - right[0]) / thorax, float(doubt), box)


def _border(contour: Contour, opacity: np.ndarray | None, row: int, x: float, outward: int) -> tuple[float, float] | None:
    """Sharpen a border of the heart: the steepest fall towards the lung near x, averaged over some rows. (x, doubt), in pixels."""
    reach = 9
    rows = slice(max(0, row - 5), row + 6)
    columns = np.arange(int(round(x)) - reach, int(round(x)) + reach + 1)
    if columns[0] < 1 or columns[-1] > WORK - 2:
        return x, 4.0
    beside = (columns[-1 if outward > 0 else 0] + outward * np.arange(7)).clip(0, WORK - 1)
    if opacity is not None and _hidden(
        opacity[rows][:, beside], contour.lungs["left" if outward > 0 else "right"][rows][:, beside]
    ):
        return None
    profile = contour.picture.work[rows][:, columns].astype(np.float32).mean(0)
    fall = -outward * np.gradient(cv2.GaussianBlur(profile[None], (5, 1), 1.2)[0])
    weighted = np.maximum(fall, 0) * np.exp(-0.5 * ((columns - x) / 4.0) ** 2)
    if weighted.sum() < 1.5:
        return x, 5.0
    best = int(np.argmax(weighted))
    near = slice(max(0, best - 1), best + 2)
    refined = float((columns[near] * weighted[near]).sum() / weighted[near].sum()) + 0.5
    return 0.5 * (x + refined), 0.8 + 0.35 * abs(refined - x)


def _hidden(opacity: np.ndarray, lung: np.ndarray) -> bool:
    """The lung beside a border is as dense as the heart. Where the heart reaches the wall there is no lung to ask."""
    return bool(lung.sum() >= 12 and opacity[lung].mean() > HIDING)


def zone_opacity(contour: Contour, opacity: np.ndarray, side: str) -> list[Measure]:
    """Opacity of the upper, middle and lower third of a lung field beyond what a clear zone has: 0 clear, 1 as dense as the heart."""
    top = contour.span(side)[0]
    bottom = min(contour.floor[side][0] + 4, WORK)
    part = contour.clear[side]
    cuts = np.linspace(top, bottom, 4).round().astype(int)
    found = []
    for zone, start, end in zip(ZONES, cuts[:-1], cuts[1:], strict=True):
        inside = part[start:end]
        if inside.sum() < 60:
            continue
        values = opacity[start:end][inside]
        columns = np.flatnonzero(inside.any(0))
        box = contour.picture.region(columns[0], start, columns[-1] + 1, end)
        excess = max(0.0, (float(values.mean()) - CLEAR[zone]) / (1 - CLEAR[zone]))
        found.append(Measure(ZONE_OPACITY, excess, 0.02 + 0.05 * float(values.std()), box, side, zone))
    return found


def lung_opacity(contour: Contour, opacity: np.ndarray, side: str) -> Measure:
    part = contour.clear[side]
    return Measure(
        LUNG_OPACITY, float(opacity[part].mean()) if part.any() else 1.0, 0.03, _around(contour, contour.lungs[side]), side
    )


def fluid_height(contour: Contour, opacity: np.ndarray, side: str) -> Measure:
    """How far up the outer wall the lung is filled without a gap from its angle, as a share of the lung's height.

    The angle is looked for where a free one would be: fluid hides it, and the contour then ends above. Fluid that lies over the dome hides
    its edge as well; where the edge is seen, soft tissue over the base may be all there is, and the uncertainty is the whole value.
    """
    top = contour.span(side)[0]
    dome, angle = contour.floor[side]
    angle = min(max(angle, round(dome + ANGLE_DEPTH * (angle - top))), WORK - 1)
    profile, columns = _wall_profile(contour, opacity, side, top, angle)
    filled = _filled_rows(profile[::-1])
    height = angle - top
    box = contour.picture.region(columns[0], angle - max(filled, 0.08 * height), columns[1], angle)
    value = filled / max(height, 1)
    seen_through = value > ANGLE_DEPTH + ABOVE_DOME and _dome_edge(contour, opacity, side, angle - filled) > EDGE
    return Measure(FLUID_HEIGHT, value, value if seen_through else 0.018, box, side)


def _dome_edge(contour: Contour, opacity: np.ndarray, side: str, level: int) -> float:
    """Mean step of opacity across the lower border of a lung field, beside the heart and below the row `level`; 0 where there is none."""
    lung = contour.lungs[side]
    columns = np.flatnonzero(lung.any(0) & ~contour.heart.any(0))
    ends = WORK - 1 - np.argmax(lung[::-1], 0)
    steps = [
        opacity[ends[x] + 3 : ends[x] + 9, x].mean() - opacity[ends[x] - 8 : ends[x] - 2, x].mean()
        for x in columns
        if level + 5 <= ends[x] <= WORK - 10
    ]
    return float(np.mean(steps)) if len(steps) >= 0.2 * len(columns) and steps else 0.0


def _filled_rows(upwards: np.ndarray) -> int:
    """Length of the dense run that starts within the lowest rows (those of any film are half wall, half lung)."""
    start = int(0.05 * len(upwards))
    solid = upwards >= SOLID
    if not solid[: start + 1].any():
        return 0
    first = int(np.argmax(solid))
    clear = np.flatnonzero(~solid[first:])
    return first + int(clear[0]) if len(clear) else len(upwards)


def _wall_profile(contour: Contour, opacity: np.ndarray, side: str, top: int, angle: int) -> tuple[np.ndarray, tuple[int, int]]:
    """Mean opacity per row, from apex to angle, over the outer part of the lung; and the columns looked at."""
    lung = contour.lungs[side][top:angle]
    reach = max(8, int(STRIP * np.percentile(lung.sum(1), 80)))
    outer = (np.argmax(lung, 1) if side == "right" else WORK - 1 - np.argmax(lung[:, ::-1], 1)).astype(float)
    low = slice(int(0.55 * len(outer)), int(0.88 * len(outer)))  # the straight part of the wall: below it, the wall is carried on
    rows = np.arange(len(outer))
    slope, offset = np.polyfit(rows[low], outer[low], 1)
    outer = np.where(rows < low.stop, outer, slope * rows + offset).round().astype(int)
    steps = np.arange(INSET, INSET + reach)
    columns = (outer[:, None] + (steps if side == "right" else -steps)[None]).clip(0, WORK - 1)
    mean = opacity[rows[:, None] + top, columns].mean(1)
    return np.convolve(np.pad(mean, 2, "edge"), np.ones(5) / 5, "valid"), (int(columns.min()), int(columns.max()) + 1)


def _around(contour: Contour, mask: np.ndarray) -> tuple[float, float, float, float]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return contour.picture.region(columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
