"""Stored DICOM values to grey levels: modality LUT, then VOI LUT or window, then MONOCHROME1 turned once (PS3.3 C.11, C.7.6.3.1.2).

As long as both steps are linear the stored values are kept as they are, with all their bits, and the window is expressed in them:
nothing is rounded. Only a table or a curve needs new values; those fill 16 bits.
"""

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from kbapp.errors import InputError
from kbapp.ingest.dicom_header import Header, numbers_of
from kbapp.ingest.window import sixteen_bit_window


def to_grey(stored: np.ndarray, dataset: Dataset, header: Header) -> tuple[np.ndarray, tuple[float, float] | None]:
    """(rows, columns) integers as stored -> (uint8 or uint16 with small values dark, (low, high) levels shown as black and white).

    Raises InputError dicom_values when the header's numbers leave no picture, image_blank when there is none.
    """
    if stored.min() == stored.max():
        raise InputError("The DICOM picture is blank: every pixel has the same value. Choose another file.", code="image_blank")
    if _is_linear(dataset):
        levels, window, falling = _linear(stored, dataset, header)
    else:
        levels, window, falling = _curved(stored, dataset), None, False
    if falling != header.inverted:
        levels, window = _turned(levels, window, header.bits_stored if _is_linear(dataset) else 16)
    if window is None and levels.dtype == np.uint16:
        window = sixteen_bit_window(levels)
    if window is not None:
        _check_visible(levels, window)
    return levels, window


def _is_linear(dataset: Dataset) -> bool:
    tables = dataset.get("ModalityLUTSequence") or (dataset.get("VOILUTSequence") and not dataset.get("WindowWidth"))
    return not tables and str(dataset.get("VOILUTFunction") or "LINEAR").strip().upper() in ("LINEAR", "LINEAR_EXACT")


def _linear(stored: np.ndarray, dataset: Dataset, header: Header) -> tuple[np.ndarray, tuple[float, float] | None, bool]:
    """Levels = stored values (shifted to start at 0 if signed), the window in them, and whether brightness falls with them."""
    slope, intercept = _rescale(dataset)
    shift = 2 ** (header.bits_stored - 1) if header.signed else 0
    levels = (stored.astype(np.int32) + shift).astype(np.uint8 if header.bits_stored == 8 else np.uint16)
    edges = _window(dataset)
    if edges is None:
        return levels, None, slope < 0
    low, high = sorted((edge - intercept) / slope + shift for edge in edges)
    return levels, (low, high), slope < 0


def _curved(stored: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Values through the tables or the sigmoid, spread over 16 bits."""
    _rescale(dataset)
    _window(dataset)
    try:
        values = np.asarray(apply_voi_lut(apply_modality_lut(stored, dataset), dataset, prefer_lut=False), dtype=np.float64)
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, NotImplementedError):
        raise _unusable("look-up table") from None
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high) and high > low):
        raise _unusable("look-up table")
    return np.rint((values - low) * (65535 / (high - low))).astype(np.uint16)


def _turned(levels: np.ndarray, window: tuple[float, float] | None, bits: int) -> tuple[np.ndarray, tuple[float, float] | None]:
    top = 2**bits - 1
    return (top - levels).astype(levels.dtype), window and (top - window[1], top - window[0])


def _rescale(dataset: Dataset) -> tuple[float, float]:
    slope = (numbers_of(dataset, "RescaleSlope") or [1.0])[0]
    intercept = (numbers_of(dataset, "RescaleIntercept") or [0.0])[0]
    if not 1e-6 <= abs(slope) <= 1e6 or not abs(intercept) <= 1e9:  # NaN fails both
        raise _unusable("RescaleSlope or RescaleIntercept")
    return slope, intercept


def _window(dataset: Dataset) -> tuple[float, float] | None:
    """The first window's edges in rescaled units, None if there is none (PS3.3 C.11.2.1.2.1 and C.11.2.1.3.2)."""
    centres, widths = numbers_of(dataset, "WindowCenter"), numbers_of(dataset, "WindowWidth")
    if not centres or not widths:
        return None
    centre, width = centres[0], widths[0]
    exact = str(dataset.get("VOILUTFunction") or "").strip().upper() == "LINEAR_EXACT"
    if not abs(centre) <= 1e9 or not (width > 0 if exact else width >= 1) or not width <= 1e9:
        raise _unusable("WindowCenter or WindowWidth")
    if exact:
        return centre - width / 2, centre + width / 2
    return centre - 0.5 - (width - 1) / 2, max(centre - 0.5 + (width - 1) / 2, centre - 0.5 - (width - 1) / 2 + 1e-3)


def _check_visible(levels: np.ndarray, window: tuple[float, float]) -> None:
    low, high = window
    if not (np.isfinite(low) and high > low and levels.max() > low and levels.min() < high):
        raise _unusable("WindowCenter or WindowWidth")


def _unusable(what: str) -> InputError:
    return InputError(f"The DICOM header's {what} leaves nothing to see: export the file again.", code="dicom_values")
