"""The words on the strip below every schematic film, and how they are known again."""

from functools import lru_cache

import cv2
import numpy as np

from kbapp.generation.schematic_strokes import SIDE

STRIP = 14  # pixels of the strip below a film of SIDE pixels
WORDS = "SYNTHETIC - SCHEMATIC"
ALIKE = 0.9  # least correlation with the strip; a further word on it brings it well below


@lru_cache(maxsize=1)
def strip() -> np.ndarray:
    """(STRIP, SIDE) uint8."""
    made = np.zeros((STRIP, SIDE), np.uint8)
    cv2.putText(made, WORDS, (4, STRIP - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.34, 150, 1, cv2.LINE_AA)
    return made


def marked_rows(grey: np.ndarray) -> int:
    """How many of the lowest rows of (h, w) uint8 are our own strip and nothing else, at any size of the whole film; else 0."""
    whole = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA if min(grey.shape) > SIDE else cv2.INTER_LINEAR)
    found = _soft(whole[SIDE - STRIP + 1 :])  # the first row may hold some of the film
    if found.std() < 1.0 or np.corrcoef(_soft(strip()[1:]).ravel(), found.ravel())[0, 1] < ALIKE:
        return 0
    return round(grey.shape[0] * STRIP / SIDE + 0.5)


def _soft(rows: np.ndarray) -> np.ndarray:
    """Sharp strokes less so: resized pictures are blurred anyway."""
    return cv2.GaussianBlur(rows.astype(np.float32), (0, 0), 1.5)
