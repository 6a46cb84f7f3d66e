"""What can be added to a drawn chest film: one function per geometric primitive, named by the prior's key `drawing`.

Each changes the density of a small part of the film in place. Amounts are on the scale of the measure that a film reader would take:
the share of the lung's height under fluid, the mean opacity of a zone, the ratio of widths; without a measure, 0-1.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from kbapp.generation.schematic_anatomy import Anatomy
from kbapp.generation.schematic_habitus import SIDES
from kbapp.generation.schematic_strokes import MIDLINE, SHIFT, SIDE, arc, fixed, mirrored, spline

METAL = 0.95
MM_PER_PIXEL = 0.75  # of the drawn chest, for sizes given in millimetres
THIN_TOP = 0.035  # share of the lung's height by which the thin upper rim of a meniscus stands above what counts as filled
ZONES = ("upper", "middle", "lower")


@dataclass(frozen=True)
class Order:
    """One thing to draw. side: "left" or "right"; zone: of ZONES or "" (the primitive's usual place); count: how many; mm: size, 0 if unsaid."""

    drawing: str
    side: str
    zone: str
    amount: float
    count: int = 1
    mm: float = 0.0


@dataclass(frozen=True, eq=False)
class Canvas:
    density: np.ndarray
    body: Anatomy
    rng: np.random.Generator


def box(x0: float, y0: float, x1: float, y1: float) -> tuple[slice, slice]:
    """The pixels of a box given in fractions, cut to the film."""
    x0, x1 = sorted((x0, x1))
    pixels = [int(round(np.clip(v, 0, 1) * SIDE)) for v in (x0, y0, x1, y1)]
    return slice(pixels[1], max(pixels[3], pixels[1] + 1)), slice(pixels[0], max(pixels[2], pixels[0] + 1))


def lung_box(canvas: Canvas, side: str) -> tuple[slice, slice]:
    x, y = canvas.body.angle[side]
    return box(MIDLINE, canvas.body.apex - 0.02, x + SIDES[side] * 0.02, y + 0.03)


def grid(part: tuple[slice, slice]) -> tuple[np.ndarray, np.ndarray]:
    """Columns (1, w) and rows (h, 1) of the part, in fractions."""
    x = np.arange(part[1].start, part[1].stop, dtype=np.float32)[None] / SIDE
    y = np.arange(part[0].start, part[0].stop, dtype=np.float32)[:, None] / SIDE
    return x, y


def fill(canvas: Canvas, part: tuple[slice, slice], alpha: np.ndarray, to: float | None = None) -> None:
    """Blend the part towards a density (airless lung if none is given); a trace of what lies behind stays."""
    layer = canvas.density[part]
    target = canvas.body.solid[part] if to is None else to
    layer += np.clip(alpha, 0, 1) * 0.94 * (target - layer)


def step(x: np.ndarray, width: float) -> np.ndarray:
    """0 below -width, 1 above width, linear between."""
    return np.clip(0.5 + x / (2 * width), 0, 1)


def zone_span(body: Anatomy, side: str, zone: str) -> tuple[float, float]:
    """Heights (top, bottom) of a third of the lung field."""
    top, bottom = body.apex + 0.01, body.dome[side] + 0.02
    third = (bottom - top) / 3
    k = ZONES.index(zone)
    return top + k * third, top + (k + 1) * third


def fluid(canvas: Canvas, order: Order) -> None:
    """Fluid at the base with a meniscus that climbs the outer wall. amount: share of the lung's height under it at the wall."""
    body = canvas.body
    part = lung_box(canvas, order.side)
    x, y = grid(part)
    bottom = body.angle[order.side][1]
    surface = bottom - (order.amount + THIN_TOP) * (bottom - body.apex)
    rim = np.maximum(body.wall(surface), 0.1)
    inward = np.clip(1 - np.abs(x - MIDLINE) / rim, 0, 1)
    sag = (0.055 + 0.10 * order.amount) * (1 - np.exp(-np.maximum(inward - 0.08, 0) / 0.28))
    alpha = step(y - (surface + sag), 0.014)
    fill(
        canvas,
        part,
        alpha * np.minimum(3 * body.lungs[order.side][part], 1),
        body.solid[part] + 0.08 * body.lungs[order.side][part],
    )


def patch(canvas: Canvas, order: Order) -> None:
    """An ill-defined opacity in a zone. amount: mean opacity of that zone, 0-1."""
    body, rng = canvas.body, canvas.rng
    for _ in range(order.count):
        top, bottom = zone_span(body, order.side, order.zone or "lower")
        if (order.zone or "lower") == "lower":
            bottom -= 0.05  # the outer angle stays free: else it would look like fluid
        middle, half = (top + bottom) / 2, (bottom - top) / 2
        rim = body.wall(middle)
        inner = 0.06 + (0.06 if order.side == "left" and order.zone != "upper" else 0.0)
        centre = (inner + rim) / 2 + 0.015 * rng.standard_normal()
        wide = (rim - inner) / 2
        part = box(MIDLINE, top - half, MIDLINE + SIDES[order.side] * (body.wall(bottom + half) + 0.01), bottom + half)
        x, y = grid(part)
        ragged = _ragged(rng, part)
        across, down = (1.32 + 0.5 * order.amount) * wide, (1.2 + 0.3 * order.amount) * half
        away = np.abs((np.abs(x - MIDLINE) - centre) / across) ** 3 + np.abs((y - middle) / down) ** 3
        alpha = step(0.80 - away + 0.30 * ragged, 0.75) * (1 + 0.12 * ragged)
        alpha *= body.lungs[order.side][part]
        dense = body.solid[part] + 0.12 * order.amount
        fill(canvas, part, alpha * min(1.75 * order.amount, 0.98) / order.count**0.5, dense)


def _ragged(rng, part) -> np.ndarray:
    """Smooth noise of deviation about 1 over the part."""
    shape = (part[0].stop - part[0].start, part[1].stop - part[1].start)
    coarse = rng.standard_normal((max(2, shape[0] // 22), max(2, shape[1] // 22))).astype(np.float32)
    return cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)


def haze(canvas: Canvas, order: Order) -> None:
    """A veil over both lungs, densest around their roots, with streaks. amount: mean opacity, 0-1."""
    body = canvas.body
    for side in SIDES:
        part = lung_box(canvas, side)
        x, y = grid(part)
        away = ((np.abs(x - MIDLINE) - 0.10) / 0.23) ** 2 + ((y - 0.47) / 0.26) ** 2
        alpha = (0.45 + 1.0 * np.exp(-away)) * (1 + 0.16 * _ragged(canvas.rng, part)) * body.lungs[side][part]
        fill(canvas, part, alpha * order.amount)


def band(canvas: Canvas, order: Order) -> None:
    """One or more thin plates of collapsed lung. amount 0-1: thickness and length."""
    body, sign = canvas.body, SIDES[order.side]
    top, bottom = zone_span(body, order.side, order.zone or "lower")
    mask = np.zeros((SIDE, SIDE), np.uint8)
    thick = max(3, round(4 + 12 * order.amount))
    for k in range(max(order.count, 1 + (order.amount > 0.5))):
        y = bottom - 0.035 - 0.06 * k + 0.01 * canvas.rng.standard_normal()
        rim = body.wall(y)
        line = mirrored(arc((0.13, y - 0.01), (0.22, y + 0.012), (min(0.25 + 0.12 * order.amount, rim - 0.03), y - 0.03)), sign)
        cv2.polylines(mask, [fixed(line)], False, 255, thick, cv2.LINE_AA, SHIFT)
    part = box(MIDLINE, top - 0.1, MIDLINE + sign * 0.42, bottom + 0.03)
    alpha = cv2.GaussianBlur(mask[part], (0, 0), 2.0).astype(np.float32) / 255
    fill(canvas, part, 0.72 * alpha * body.lungs[order.side][part])


def nodule(canvas: Canvas, order: Order) -> None:
    """Round spots within the lung field. amount 0-1 sets their size when no millimetres are given."""
    body, sign, rng = canvas.body, SIDES[order.side], canvas.rng
    radius = (order.mm / MM_PER_PIXEL / 2 if order.mm else 6 + 9 * order.amount) / SIDE
    top, bottom = zone_span(body, order.side, order.zone or ZONES[int(rng.integers(0, 3))])
    for _ in range(min(order.count, 12)):
        y = top + 0.03 + (bottom - top - 0.06) * rng.random()
        inner = 0.12 + (0.10 if order.side == "left" and y > 0.45 else 0.0)
        outward = inner + (body.wall(y) - 0.035 - inner) * rng.random()
        centre_x = MIDLINE + sign * outward
        part = box(centre_x - 2 * radius, y - 2 * radius, centre_x + 2 * radius, y + 2 * radius)
        x, rows = grid(part)
        distance = np.hypot(x - centre_x, rows - y)
        fill(canvas, part, 0.62 * step(radius - distance, 0.004) * (0.75 + 0.25 * step(radius - distance, radius)))


def air(canvas: Canvas, order: Order) -> None:
    """Free air around a fallen-in lung: a dark rim without markings, a fine line at the lung's edge. amount 0-1: how far it fell in."""
    body, sign = canvas.body, SIDES[order.side]
    part = lung_box(canvas, order.side)
    whole = body.lungs[order.side]
    fallen = float(np.clip(order.amount, 0.1, 1))
    keep_x, keep_y = 1 - 0.55 * fallen, 1 - 0.40 * fallen
    anchor = (
        (MIDLINE + sign * 0.05) * SIDE,
        (body.dome[order.side] + 0.08) * SIDE,
    )  # it falls towards its root and rests on the dome
    matrix = np.array([[keep_x, 0, anchor[0] * (1 - keep_x)], [0, keep_y, anchor[1] * (1 - keep_y)]], np.float32)
    rest = cv2.warpAffine(whole, matrix, (SIDE, SIDE))[part]
    lung, layer = whole[part], canvas.density[part]
    rim = np.clip(lung - rest, 0, 1)
    smooth = cv2.blur(layer, (15, 15))
    layer += rim * (0.35 * (smooth - layer) - 0.065)
    layer += rest * 0.05 * order.amount
    lung = lung * step(body.dome[order.side] - 0.01 - grid(part)[1], 0.02)
    edge = cv2.morphologyEx((rest > 0.5).astype(np.uint8) * 255, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    layer += 0.10 * cv2.GaussianBlur(edge, (0, 0), 0.7).astype(np.float32) / 255 * lung


def raised(canvas: Canvas, order: Order) -> None:
    """A dome that stands higher than it should. amount 0-1."""
    body = canvas.body
    part = lung_box(canvas, order.side)
    x, y = grid(part)
    rise = 0.05 + 0.10 * order.amount
    across = (np.abs(x - MIDLINE) - 0.20) / 0.20
    top = body.dome[order.side] - rise + 0.075 * across**2
    fill(canvas, part, step(y - top, 0.006) * body.lungs[order.side][part])


def _lines(canvas: Canvas, curves, pixels: int, density: float = METAL, alpha: float = 0.75) -> None:
    points = np.concatenate(curves)
    margin = (pixels + 3) / SIDE
    part = box(*(points.min(0) - margin), *(points.max(0) + margin))
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.polylines(mask, [fixed(c) for c in curves], False, 255, pixels, cv2.LINE_AA, SHIFT)
    fill(canvas, part, alpha * mask[part].astype(np.float32) / 255, density)


def pacemaker(canvas: Canvas, order: Order) -> None:
    """A metal case below the clavicle and its lead into the heart."""
    sign = SIDES[order.side]
    case = mirrored(
        spline(
            [
                (0.250, 0.172),
                (0.285, 0.160),
                (0.320, 0.170),
                (0.330, 0.200),
                (0.322, 0.232),
                (0.290, 0.245),
                (0.258, 0.235),
                (0.247, 0.203),
            ]
        ),
        sign,
    )
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(mask, [fixed(case)], 255, cv2.LINE_AA, SHIFT)
    part = box(*(case.min(0) - 0.01), *(case.max(0) + 0.01))
    fill(canvas, part, 0.9 * mask[part].astype(np.float32) / 255, METAL)
    tip = canvas.body.dome["left"] - 0.01
    lead = [
        arc(mirrored([(0.27, 0.17)], sign)[0], mirrored([(0.20, 0.10)], sign)[0], (MIDLINE - 0.015, 0.20)),
        arc((MIDLINE - 0.015, 0.20), (MIDLINE - 0.085, 0.38), (MIDLINE - 0.055, 0.55)),
        arc((MIDLINE - 0.055, 0.55), (MIDLINE - 0.03, tip), (MIDLINE + 0.13, tip)),
    ]
    _lines(canvas, lead, 2)


def airway_tube(canvas: Canvas, order: Order) -> None:
    _lines(canvas, [np.array([(MIDLINE + dx, -0.02), (MIDLINE + dx, 0.235)]) for dx in (-0.010, 0.010)], 2, 0.80)


def stomach_tube(canvas: Canvas, order: Order) -> None:
    y = canvas.body.dome["left"]
    _lines(canvas, [arc((MIDLINE + 0.004, -0.02), (MIDLINE + 0.012, 0.4), (MIDLINE + 0.02, y)), arc((MIDLINE + 0.02, y), (MIDLINE + 0.05, y + 0.12), (MIDLINE + 0.17, y + 0.09))], 3, 0.85)  # fmt: skip


def vein_line(canvas: Canvas, order: Order) -> None:
    sign = SIDES[order.side]
    entry = mirrored([(0.36, 0.13), (0.22, 0.11)], sign)
    _lines(canvas, [arc(entry[0], entry[1], (MIDLINE - 0.02, 0.19)), arc((MIDLINE - 0.02, 0.19), (MIDLINE - 0.065, 0.25), (MIDLINE - 0.062, 0.385))], 3, 0.82)  # fmt: skip


def drain(canvas: Canvas, order: Order) -> None:
    sign, y = SIDES[order.side], canvas.body.dome[order.side]
    path = [(canvas.body.wall(y) + 0.06, y - 0.03), (0.25, y - 0.06), (0.22, 0.30)]
    line = arc(*mirrored(path, sign))
    _lines(canvas, [line], 6, 0.72, 0.5)
    _lines(canvas, [line], 1, METAL)


def wires(canvas: Canvas, order: Order) -> None:
    """Wire loops of a closed breastbone."""
    turn = np.linspace(0, 2 * np.pi, 16)
    loops = [np.stack([MIDLINE + 0.017 * np.cos(turn), y + 0.011 * np.sin(turn)], 1) for y in np.linspace(0.26, 0.62, 6)]
    _lines(canvas, loops, 2)


DRAWINGS: dict[str, Callable[[Canvas, Order], None]] = {
    "fluid": fluid,
    "patch": patch,
    "haze": haze,
    "band": band,
    "nodule": nodule,
    "air": air,
    "raised dome": raised,
    "pacemaker": pacemaker,
    "tube": airway_tube,
    "stomach tube": stomach_tube,
    "catheter": vein_line,
    "drain": drain,
    "wires": wires,
}
WHOLE_FILM = ("enlarged heart", "deep lungs")  # drawn by another choice of the anatomy itself
BOTH_AT_ONCE = ("haze", "tube", "stomach tube", "wires", *WHOLE_FILM)  # a side makes no sense for these
