"""How far two parts of the score agree on an order."""

from collections.abc import Sequence

import numpy as np


def ranks(values: Sequence[float]) -> np.ndarray:
    """(n,) float64 ranks from 1, smallest first; equal values share the mean of their ranks."""
    array = np.asarray(values, dtype=np.float64)
    _, place, counts = np.unique(array, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2.0)[place]


def rank_correlation(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Spearman's rho, -1 to 1: Pearson's correlation of the ranks. None with fewer than three pairs or when one side is constant."""
    if len(a) != len(b):
        raise ValueError(f"expected as many values on both sides, got {len(a)} and {len(b)}")
    if len(a) < 3:
        return None
    x, y = ranks(a) - (len(a) + 1) / 2.0, ranks(b) - (len(b) + 1) / 2.0
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return float(np.clip(x @ y / scale, -1.0, 1.0)) if scale else None
