"""The heart of a drawn film: the one organ whose size is drawn anew for every picture."""

import cv2
import numpy as np

from kbapp.generation.schematic_anatomy import Anatomy
from kbapp.generation.schematic_strokes import SHIFT, SIDE, fixed, mirrored, spline


def heart_outline(body: Anatomy, ratio: float) -> np.ndarray:
    """Closed outline (n, 2); its greatest width is `ratio` times the inner width of the rib cage."""
    width = ratio * body.thorax
    right, left = 0.345 * width, 0.655 * width
    base = body.dome["left"] + 0.035
    top = 0.365
    span = base - top
    points = [
        (-0.070, top), (0.0, top - 0.01), (0.085, top + 0.01), (0.50 * left + 0.032, top + 0.24 * span), (0.84 * left, top + 0.50 * span),
        (0.985 * left, top + 0.76 * span), (0.985 * left, top + 0.93 * span), (0.88 * left, base + 0.022), (0.5 * left, base + 0.045),
        (0.0, base + 0.055), (-0.62 * right, base + 0.030), (-0.93 * right, top + 0.90 * span), (-right, top + 0.64 * span),
        (-0.86 * right, top + 0.34 * span),
    ]  # fmt: skip
    curve = spline(points)
    scale = width / np.ptp(curve[:, 0])
    return mirrored(curve * (scale, 1.0), 1)


def add_heart(density: np.ndarray, body: Anatomy, ratio: float) -> None:
    """Merge heart and mediastinum and add them to the density, in place."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    outline = heart_outline(body, ratio)
    cv2.fillPoly(mask, [fixed(outline)], 255, cv2.LINE_AA, SHIFT)
    x0, y0 = (np.floor(outline.min(0) * SIDE).astype(int) - 14).clip(0)
    x1, y1 = np.ceil(outline.max(0) * SIDE).astype(int) + 14
    part = slice(y0, y1), slice(x0, x1)
    heart = cv2.GaussianBlur(mask[part], (0, 0), 2.2).astype(np.float32) / 255
    depth = cv2.distanceTransform((mask[part] > 127).astype(np.uint8), cv2.DIST_L2, 3)
    shade = heart * (0.70 + 0.30 * (1 - np.exp(-depth / 30)))
    centre = body.centre.copy()
    centre[part] = np.maximum(centre[part], shade)
    # Behind the heart the lung's air no longer shows: the density rises towards that of soft tissue, ribs and spine stay faintly visible.
    density += centre * body.veil
