"""The layers that make up a drawn chest: soft tissue, bones, vessels, airway, mediastinum. Each (SIDE, SIDE) float32, added up."""

import cv2
import numpy as np

from kbapp.generation.schematic_habitus import SIDES, Habitus, wall
from kbapp.generation.schematic_strokes import MIDLINE, SIDE, arc, filled, mirrored, spline, stroked


def soft_tissue(body: Habitus) -> np.ndarray:
    """Trunk, neck and shoulders over black air; brighter below the diaphragm and towards the middle."""
    trunk = trunk_mask(body)
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
    across = np.clip(1 - (np.abs(x - MIDLINE) / 0.52) ** 2, 0, 1)
    density = 0.02 + trunk * (0.34 + 0.16 * across)
    belly = np.clip((y - body.dome + 0.01) / 0.10, 0, 1)
    density += trunk * belly * (0.10 + 0.10 * across)
    density += _breasts(body) - _stomach(body)
    return density.astype(np.float32)


def trunk_mask(body: Habitus) -> np.ndarray:
    """Where there is body at all, 0-1."""
    flank = wall(body, 0.8) + 0.055 + 0.035 * body.fat
    neck = [(0.115, -0.05), (0.118, 0.015), (0.17, 0.048), (0.33, 0.070), (0.44, 0.088), (0.58, 0.12), (0.60, 0.40)]
    side = [(flank + 0.055, 0.43), (flank + 0.022, 0.49), (flank, 0.60), (flank - 0.004, 0.75), (flank + 0.01, 1.05)]
    half = arc_chain(neck + side)
    return filled(np.concatenate([mirrored(half, 1), mirrored(half[::-1], -1)]), 3.0)


def arc_chain(points) -> np.ndarray:
    """An open smooth curve through points."""
    closed = spline(points, 10)
    return closed[:-10]


def _breasts(body: Habitus) -> np.ndarray:
    layer = np.zeros((SIDE, SIDE), np.float32)
    if not body.breast:
        return layer
    for sign in SIDES.values():
        ring = mirrored(spline([(0.13, 0.50), (0.30, 0.44), (0.42, 0.56), (0.40, 0.70), (0.30, 0.755), (0.17, 0.70)]), sign)
        layer += filled(ring, 5.0)
    return 0.050 * body.breast * layer


def _stomach(body: Habitus) -> np.ndarray:
    """The air bubble below the left dome."""
    y = body.dome + 0.018
    bubble = spline(
        [(0.14, y + 0.06), (0.19, y + 0.040), (0.25, y + 0.045), (0.28, y + 0.075), (0.24, y + 0.105), (0.17, y + 0.10)]
    )
    return 0.20 * filled(mirrored(bubble, 1), 3.5)


def bones(body: Habitus, lungs: np.ndarray) -> np.ndarray:
    """Ribs, clavicles, shoulder blades, humeral heads and spine."""
    y = np.mgrid[0:SIDE, 0:SIDE][0].astype(np.float32) / SIDE
    below = np.clip((y - body.dome) / 0.10, 0, 1)  # ribs fade where the belly is
    ribs = _ribs(body) * (1 - 0.75 * below)
    return (ribs * (0.30 + 0.70 * lungs) + _collar(body) + _blades(body)) * trunk_mask(body) + _spine(y)


def _tube_of_bone(curves, width: float, strength: float) -> np.ndarray:
    """A bone: bright rims, a paler marrow."""
    outer, inner = stroked(curves, width, 1.0), stroked(curves, width * 0.55, 1.3)
    return strength * (outer - 0.45 * inner)


def _ribs(body: Habitus) -> np.ndarray:
    layer = np.zeros((SIDE, SIDE), np.float32)
    for sign in SIDES.values():
        back, front = [], []
        for i in range(10):
            y = 0.070 + 0.0635 * i * body.length
            drop = 0.045 + 0.012 * i
            end = y + drop
            rim = wall(body, end) + 0.004
            back.append(mirrored(arc((0.030, y + 0.012), (0.62 * rim, y - 0.050), (rim, end)), sign))
            if i < 7:
                tip = 0.150 + 0.020 * i
                front.append(mirrored(arc((rim, end), (rim * 0.90, end + 0.075), (tip, end + 0.105 + 0.006 * i)), sign))
        layer += _tube_of_bone(back, 0.022, 0.072) + _tube_of_bone(front, 0.026, 0.048)
    return layer


def _collar(body: Habitus) -> np.ndarray:
    rise = 0.012 if body.arms > 0.5 else 0.03
    layer = np.zeros((SIDE, SIDE), np.float32)
    for sign in SIDES.values():
        first = arc((0.045, 0.150), (0.16, 0.150 - rise), (0.24, 0.108 - rise))
        second = arc((0.24, 0.108 - rise), (0.32, 0.070 - rise), (0.43, 0.100 - rise))
        layer += _tube_of_bone([mirrored(np.concatenate([first, second]), sign)], 0.026, 0.10)
    return layer


def _blades(body: Habitus) -> np.ndarray:
    """Shoulder blades (turned out of the lung fields in PA films) and the heads of the arm bones."""
    inward = 0.055 * (1 - body.arms)
    layer = np.zeros((SIDE, SIDE), np.float32)
    for sign in SIDES.values():
        corner = [(0.405, 0.125), (0.355, 0.150), (0.345, 0.26), (0.370, 0.40), (0.395, 0.40), (0.425, 0.27), (0.450, 0.165)]
        blade = mirrored(spline([(x * body.width - inward, y) for x, y in corner]), sign)
        layer += 0.040 * filled(blade, 2.5) + 0.022 * stroked([np.concatenate([blade, blade[:1]])], 0.005, 2.0)
        head = mirrored(spline([(0.450, 0.115), (0.485, 0.110), (0.510, 0.150), (0.515, 0.30), (0.480, 0.30), (0.460, 0.19)]), sign)
        layer += 0.07 * filled(head, 3.0)
    return layer


def _spine(y: np.ndarray) -> np.ndarray:
    x = np.mgrid[0:SIDE, 0:SIDE][1].astype(np.float32) / SIDE
    column = np.clip(0.5 - (np.abs(x - MIDLINE) - 0.034) / 0.012, 0, 1)
    discs = 0.5 + 0.5 * np.cos(2 * np.pi * y / 0.052)
    knobs = np.exp(-(((x - MIDLINE) / 0.009) ** 2)) * (discs > 0.55)
    return (column * (0.070 - 0.025 * (discs > 0.88)) + 0.02 * cv2.GaussianBlur(knobs.astype(np.float32), (0, 0), 2)).astype(
        np.float32
    )


def airway(body: Habitus) -> np.ndarray:
    """The air column of the windpipe and its two main branches (negative)."""
    fork = 0.305
    pipe = [(MIDLINE, -0.02), (MIDLINE, 0.12), (MIDLINE - 0.004, fork)]
    right = arc((MIDLINE - 0.004, fork), (MIDLINE - 0.03, fork + 0.03), (MIDLINE - 0.065, fork + 0.07))
    left = arc((MIDLINE - 0.004, fork), (MIDLINE + 0.035, fork + 0.025), (MIDLINE + 0.085, fork + 0.055))
    return -0.11 * stroked([np.array(pipe)], 0.036, 2.2) - 0.065 * stroked([right, left], 0.024, 2.2)


def upper_centre(body: Habitus) -> np.ndarray:
    """The mediastinum above the heart, 0-1: vessels of the neck, great veins, aortic knob, descending aorta, pulmonary trunk."""
    w = body.width
    right = [
        (0.060 * w, -0.05),
        (0.058 * w, 0.10),
        (0.062 * w, 0.20),
        (0.066 * w, 0.30),
        (0.074 * w, 0.40),
        (0.07 * w, 0.6),
        (0.05 * w, 0.80),
    ]
    left = [(0.055 * w, -0.05), (0.058 * w, 0.10), (0.062 * w, 0.19), (0.094 * w, 0.225), (0.098 * w, 0.262), (0.076 * w, 0.295),
            (0.086 * w, 0.345), (0.10 * w, 0.40), (0.075 * w, 0.6), (0.06 * w, 0.80)]  # fmt: skip
    outline = np.concatenate([mirrored(right, -1), mirrored(left[::-1], 1)])
    return filled(outline, 2.0)


def vessels(body: Habitus, lungs: np.ndarray) -> np.ndarray:
    """Branching lines from both roots of the lungs, thinning outwards, and a fine mottling between them."""
    rng = np.random.default_rng([23, body.seed])
    layer = np.zeros((SIDE, SIDE), np.float32)
    for sign, y in ((-1, 0.415), (1, 0.392)):
        root = mirrored(spline([(0.070, y - 0.05), (0.105, y - 0.045), (0.120, y), (0.110, y + 0.06), (0.080, y + 0.075)]), sign)
        layer += 0.10 * filled(root, 4.5)
        by_width: dict[int, list[np.ndarray]] = {}
        for angle in np.linspace(-1.25, 1.35, 9):
            _branch(rng, by_width, 0.095, y + 0.02 * np.sin(angle), angle + 0.1 * rng.standard_normal(), 0.115, 6, 4)
        for width, curves in by_width.items():
            placed = [mirrored(c, sign) for c in curves]
            layer += (0.014 + 0.011 * width) * stroked(placed, (width + 0.5) / SIDE, 0.8 + 0.12 * width)
    mottle = rng.standard_normal((SIDE, SIDE)).astype(np.float32)
    mottle = cv2.GaussianBlur(mottle, (0, 0), 1.6) - cv2.GaussianBlur(mottle, (0, 0), 5)
    return (np.minimum(layer, 0.18) + 0.035 * mottle) * lungs


def _branch(rng, by_width, x, y, angle, length, width, depth) -> None:
    """angle: 0 points outwards, positive downwards. Collects curves by their width in pixels."""
    end = (x + length * np.cos(angle), y + length * np.sin(angle))
    bend = ((x + end[0]) / 2 + 0.012 * rng.standard_normal(), (y + end[1]) / 2 + 0.012 * rng.standard_normal())
    by_width.setdefault(width, []).append(arc((x, y), bend, end, 8))
    if depth:
        for turn in (-0.32, 0.30):
            _branch(
                rng,
                by_width,
                *end,
                angle + turn + 0.14 * rng.standard_normal(),
                length * 0.72,
                max(1, width - 1 - (width > 3)),
                depth - 1,
            )


def centre_veil(body: Habitus, density: np.ndarray, lungs: np.ndarray) -> np.ndarray:
    """What heart and great vessels add: most of the way up to soft tissue over lung, little elsewhere."""
    smooth = cv2.GaussianBlur(density, (0, 0), 6)
    y = np.mgrid[0:SIDE, 0:SIDE][0].astype(np.float32) / SIDE
    target = 0.60 + 0.06 * y
    veil = 0.88 * (target - smooth) + 0.04 - 0.45 * (density - smooth)
    below = np.clip((y - body.dome - 0.03) / 0.05, 0, 1) * (1 - lungs)
    return (veil * (1 - below)).astype(np.float32)
