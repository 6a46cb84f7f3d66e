"""What the header of a DICOM file says of its picture, checked before a pixel is decoded."""

import math
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from kbapp.errors import InputError
from kbapp.ingest.limits import PIXELS
from kbapp.ingest.note import Note

_RADIOGRAPHY = {"CR", "DX", "DR", "RG"}
_RADIOGRAPHY_CLASSES = ("1.2.840.10008.5.1.4.1.1.1",)  # computed radiography; digital X-ray continues it with .1 and .1.1
_OUR_BODY_PARTS = ("CHEST", "THORAX", "LUNG")  # code values; "" and UNKNOWN leave it to the reader of the picture
_VIEWS = {"PA": "PA", "AP": "AP", "LL": "LATERAL", "RL": "LATERAL", "LATERAL": "LATERAL", "LAT": "LATERAL"}


@dataclass(frozen=True)
class Header:
    rows: int
    columns: int
    bits_allocated: int  # 8 or 16
    bits_stored: int  # 8 to 16
    signed: bool
    inverted: bool  # MONOCHROME1: small values are bright
    view: str
    pixel_mm: float | None
    flip_left_right: bool
    flip_up_down: bool

    def upright(self, pixels: np.ndarray) -> np.ndarray:
        """The picture as it hangs: the patient's left on its right, head up."""
        rows = slice(None, None, -1) if self.flip_up_down else slice(None)
        columns = slice(None, None, -1) if self.flip_left_right else slice(None)
        return np.ascontiguousarray(pixels[rows, columns])


def read_header(dataset: Dataset) -> tuple[Header, list[Note]]:
    """Raises InputError with the first reason why this is not one frame of plain grey radiography of at most 40 MP."""
    notes: list[Note] = []
    _check_kind(dataset, notes)
    rows, columns = _size(dataset)
    _check_single_grey_frame(dataset)
    allocated, stored = _depth(dataset)
    if _text(dataset, "BurnedInAnnotation") == "YES":
        notes.append(
            Note("burned_in", "The file says that text is burnt into the picture: check for names before you share anything.")
        )
    if _text(dataset, "PresentationIntentType") == "FOR PROCESSING":
        notes.append(
            Note("for_processing", "This is a raw picture of the detector, not one made for viewing: its greys may mislead.")
        )
    view = _VIEWS.get(_text(dataset, "ViewPosition"), "")
    mirrored, upside_down = _orientation(dataset, notes, view)
    header = Header(
        rows=rows,
        columns=columns,
        bits_allocated=allocated,
        bits_stored=stored,
        signed=_integer(dataset, "PixelRepresentation", 0) == 1,
        inverted=_text(dataset, "PhotometricInterpretation") == "MONOCHROME1",
        view=view,
        pixel_mm=_pixel_mm(dataset, notes),
        flip_left_right=mirrored,
        flip_up_down=upside_down,
    )
    return header, notes


def _check_kind(dataset: Dataset, notes: list[Note]) -> None:
    modality = _text(dataset, "Modality")
    sop_class = _text(dataset, "SOPClassUID")
    if modality and modality not in _RADIOGRAPHY:
        raise InputError(
            f"The DICOM file is of modality {modality[:16]}: expected plain radiography (CR or DX).", code="dicom_modality"
        )
    if not modality and not sop_class.startswith(_RADIOGRAPHY_CLASSES):
        notes.append(Note("no_modality", "The file does not say of which modality it is: make sure that it is plain radiography."))
    body_part = _text(dataset, "BodyPartExamined")
    if body_part not in ("", "UNKNOWN") and not any(ours in body_part for ours in _OUR_BODY_PARTS):
        raise InputError(f"The DICOM file shows {body_part[:32]}: expected CHEST.", code="dicom_body_part")


def _size(dataset: Dataset) -> tuple[int, int]:
    rows, columns = _integer(dataset, "Rows", 0), _integer(dataset, "Columns", 0)
    if "PixelData" not in dataset or not dataset.PixelData or rows <= 0 or columns <= 0:
        raise InputError("The DICOM file holds no picture: choose the file with the pixel data.", code="dicom_no_pixels")
    if rows * columns > PIXELS:
        raise InputError(
            f"The picture is too large: expected at most {PIXELS // 1_000_000} million pixels.", code="image_too_large"
        )
    return rows, columns


def _check_single_grey_frame(dataset: Dataset) -> None:
    if _integer(dataset, "NumberOfFrames", 1) not in (0, 1):
        raise InputError("The DICOM file holds several frames: expected a single picture.", code="dicom_frames")
    colours = _text(dataset, "PhotometricInterpretation")
    if _integer(dataset, "SamplesPerPixel", 1) != 1 or colours not in ("MONOCHROME1", "MONOCHROME2"):
        raise InputError("The DICOM picture is in colour: expected grey (MONOCHROME1 or MONOCHROME2).", code="dicom_colour")


def _depth(dataset: Dataset) -> tuple[int, int]:
    allocated = _integer(dataset, "BitsAllocated", 0)
    stored = _integer(dataset, "BitsStored", allocated)
    high = _integer(dataset, "HighBit", stored - 1)
    if allocated not in (8, 16) or not 8 <= stored <= allocated or high != stored - 1:
        raise InputError(
            f"The DICOM picture has {stored} bits at bit {high} of {allocated}: expected 8 to 16 bits, stored from bit 0.",
            code="dicom_depth",
        )
    if _integer(dataset, "PixelRepresentation", 0) not in (0, 1):
        raise InputError("The DICOM picture has neither signed nor unsigned values: export it again.", code="dicom_depth")
    return allocated, stored


def _orientation(dataset: Dataset, notes: list[Note], view: str) -> tuple[bool, bool]:
    """(mirrored, upside down) as PatientOrientation says; only for frontal views, whose hanging is the same everywhere."""
    value = dataset.get("PatientOrientation")
    if view not in ("PA", "AP") or not isinstance(value, MultiValue) or len(value) != 2:
        return False, False
    mirrored, upside_down = str(value[0])[:1] == "R", str(value[1])[:1] == "H"
    if mirrored or upside_down:
        notes.append(Note("mirrored", "The picture was turned as its header says: the patient's left is on its right, head up."))
    return mirrored, upside_down


def _pixel_mm(dataset: Dataset, notes: list[Note]) -> float | None:
    """Side of a pixel in mm: calibrated spacing, else the detector's (divided by the magnification if given). 0 means unknown."""
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        sides = numbers_of(dataset, keyword)
        if len(sides) != 2 or not all(0.01 <= side <= 10 for side in sides):
            continue
        if max(sides) > 1.02 * min(sides):
            notes.append(Note("uneven_spacing", "The pixels are not square: no lengths in millimetres are given."))
            return None
        if keyword == "PixelSpacing":
            return sides[0]
        factor = numbers_of(dataset, "EstimatedRadiographicMagnificationFactor")
        if factor and 1 <= factor[0] <= 3:
            return sides[0] / factor[0]
        notes.append(Note("detector_spacing", "Lengths are as measured on the detector: a little larger than in the body."))
        return sides[0]
    return None


def _text(dataset: Dataset, keyword: str) -> str:
    value = dataset.get(keyword)
    if isinstance(value, MultiValue):
        value = value[0] if value else ""
    return "" if value is None else str(value).strip().upper()


def _integer(dataset: Dataset, keyword: str, default: int) -> int:
    numbers = numbers_of(dataset, keyword)
    if not numbers:
        return default
    if not math.isfinite(numbers[0]) or numbers[0] != int(numbers[0]):
        raise InputError(f"The DICOM header has no usable {keyword}: export the file again.", code="dicom_values")
    return int(numbers[0])


def numbers_of(dataset: Dataset, keyword: str) -> list[float]:
    """All values of an element as floats, [] if it is missing or empty. Raises InputError dicom_values if they are no numbers."""
    try:
        value = dataset.get(keyword)
        if value is None or value == "":
            return []
        return [float(part) for part in value] if isinstance(value, MultiValue | list) else [float(value)]
    except (ValueError, TypeError, OverflowError):
        raise InputError(f"The DICOM header has no usable {keyword}: export the file again.", code="dicom_values") from None
