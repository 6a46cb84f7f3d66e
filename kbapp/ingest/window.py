"""Which grey levels are shown as black and white when a file does not say."""

import numpy as np


def sixteen_bit_window(pixels: np.ndarray) -> tuple[float, float]:
    """(low, high) for a 16-bit picture: its darkest and brightest pixel.

    A burnt-in marker or a dead pixel may take most of the scale and leave the film black. So when the middle 99.8 % of the
    pixels span less than half of the scale, they set it, with a tenth of their span added on either side.
    """
    low, high = float(pixels.min()), float(pixels.max())
    inner_low, inner_high = np.percentile(pixels[::3, ::3], (0.1, 99.9))
    span = float(inner_high - inner_low)
    if 0 < span < 0.5 * (high - low):
        return max(low, float(inner_low) - span / 10), min(high, float(inner_high) + span / 10)
    return low, high
