"""Shapes of a drawn film: curves and soft masks in fractions of the picture's side (x to the right, y down)."""

import cv2
import numpy as np

SIDE = 512  # pixels of the drawing's side
MIDLINE = 0.5
SHIFT = 4  # sub-pixel bits of cv2's drawing calls


def spline(points, count: int = 24) -> np.ndarray:
    """A closed Catmull-Rom curve through points (n, 2), count samples per piece, (n * count, 2)."""
    p = np.asarray(points, np.float64)
    t = (np.arange(count) / count)[None, :, None]
    a, b, c, d = (np.roll(p, k, 0)[:, None] for k in (1, 0, -1, -2))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return curve.reshape(-1, 2)


def arc(start, bend, end, count: int = 24) -> np.ndarray:
    """A quadratic Bezier curve, (count, 2)."""
    t = np.linspace(0, 1, count)[:, None]
    return (1 - t) ** 2 * np.array(start) + 2 * t * (1 - t) * np.array(bend) + t**2 * np.array(end)


def fixed(points, side: int = SIDE) -> np.ndarray:
    """Fractions to cv2's fixed-point pixels."""
    return np.round(np.asarray(points) * side * (1 << SHIFT)).astype(np.int32).reshape(-1, 1, 2)


def filled(points, blur: float = 0.0, side: int = SIDE) -> np.ndarray:
    """(side, side) float32 0-1: the inside of a polygon, its rim blurred by `blur` pixels."""
    mask = np.zeros((side, side), np.uint8)
    cv2.fillPoly(mask, [fixed(points, side)], 255, cv2.LINE_AA, SHIFT)
    return soft(mask, blur)


def stroked(curves, width: float, blur: float = 0.0, side: int = SIDE) -> np.ndarray:
    """(side, side) float32 0-1: open curves drawn `width` (fraction of the side) wide."""
    mask = np.zeros((side, side), np.uint8)
    thick = max(1, round(width * side))
    cv2.polylines(mask, [fixed(c, side) for c in curves], False, 255, thick, cv2.LINE_AA, SHIFT)
    return soft(mask, blur)


def soft(mask: np.ndarray, blur: float) -> np.ndarray:
    layer = mask.astype(np.float32) / 255
    return cv2.GaussianBlur(layer, (0, 0), blur) if blur else layer


def mirrored(points, sign: int) -> np.ndarray:
    """Points given as (distance from the midline, y) placed on one side of the picture."""
    p = np.asarray(points, np.float64)
    return np.stack([MIDLINE + sign * p[:, 0], p[:, 1]], 1)
