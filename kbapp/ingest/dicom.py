"""DICOM to pixels: one frame of plain radiography. Runs in the decoding child only.

Only the elements listed in `_WANTED` are ever loaded: no name, number, date, comment, private element or overlay leaves the bytes.
Everything that can be refused from the header is refused before a pixel is touched.
"""

import io
import zlib

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import generate_frames
from pydicom.filereader import read_dataset
from pydicom.pixels import get_decoder
from pydicom.uid import UID

from kbapp.core.content import ImageContent
from kbapp.errors import InputError
from kbapp.ingest import codestream, dicom_levels
from kbapp.ingest.dicom_header import Header, read_header
from kbapp.ingest.limits import DICOM_DATA_BYTES
from kbapp.ingest.note import Note

_DIRECTORY = "1.2.840.10008.1.3.10"
IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN = (f"1.2.840.10008.1.2{end}" for end in ("", ".1", ".1.99", ".2"))
_NATIVE = {IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN}
_RLE = "1.2.840.10008.1.2.5"
_JPEG = {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"}
_JPEG_2000 = {"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"}
_ENCAPSULATED = {_RLE} | _JPEG | _JPEG_2000

_WANTED = [
    "SOPClassUID",
    "Modality",
    "PresentationIntentType",
    "BodyPartExamined",
    "ViewPosition",
    "PatientOrientation",
    "BurnedInAnnotation",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "EstimatedRadiographicMagnificationFactor",
    "RescaleSlope",
    "RescaleIntercept",
    "WindowCenter",
    "WindowWidth",
    "VOILUTFunction",
    "ModalityLUTSequence",
    "VOILUTSequence",
    "PixelData",
]


def read_dicom(data: bytes) -> tuple[ImageContent, list[Note]]:
    """CR or DX, MONOCHROME1 or 2, 8 to 16 bits; levels by `dicom_levels`. Raises InputError (dicom_*)."""
    meta, body = _split(data)
    syntax = meta.get("TransferSyntaxUID") or UID(IMPLICIT)
    if meta.get("MediaStorageSOPClassUID") == _DIRECTORY:
        raise InputError("This is a DICOM directory (DICOMDIR): choose the picture files themselves.", code="dicom_directory")
    if syntax == DEFLATED:
        body = _inflate(body)
    try:
        dataset = read_dataset(io.BytesIO(body), syntax == IMPLICIT, syntax != BIG_ENDIAN, specific_tags=_tags())
    except (NotImplementedError, ValueError, KeyError, EOFError, RecursionError, OSError):
        raise _corrupt() from None
    header, notes = read_header(dataset)
    stored = _stored_values(dataset, header, syntax)
    pixels, window = dicom_levels.to_grey(stored, dataset, header)
    return ImageContent(header.upright(pixels), window, header.view, header.pixel_mm), notes


def _tags() -> list[int]:
    return [pydicom.datadict.tag_for_keyword(keyword) for keyword in _WANTED]


def _split(data: bytes) -> tuple[FileMetaDataset, bytes]:
    """The file meta (group 2, always explicit little endian) and the bytes of the data set behind it."""
    stream = io.BytesIO(data)
    stream.seek(132 if data[128:132] == b"DICM" else 0)
    try:
        meta = read_dataset(stream, False, True, stop_when=lambda tag, vr, length: tag.group != 2)
        return FileMetaDataset(meta), data[stream.tell() :]
    except (NotImplementedError, ValueError, KeyError, EOFError, OSError):
        raise _corrupt() from None


def _inflate(body: bytes) -> bytes:
    """A deflated data set, never more than the limit: 1 MB of these can hold 1 GB."""
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        inflated = engine.decompress(body, DICOM_DATA_BYTES)
    except zlib.error:
        raise _corrupt() from None
    if engine.unconsumed_tail:
        raise InputError(
            f"The compressed file unpacks to more than {DICOM_DATA_BYTES >> 20} MB: export it without compression.",
            code="image_too_large",
        )
    return inflated


def _stored_values(dataset: Dataset, header: Header, syntax: UID) -> np.ndarray:
    """(rows, columns) integers as stored, sign extended."""
    if syntax not in _NATIVE | _ENCAPSULATED:
        raise _codec(syntax)
    if syntax in _NATIVE:
        _check_native_length(dataset, header)
    else:
        _check_codestream(dataset, header, syntax)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(EXPLICIT) if syntax == DEFLATED else syntax
    try:
        stored, _ = get_decoder(dataset.file_meta.TransferSyntaxUID).as_array(dataset, raw=True)
    except (RuntimeError, ValueError, OSError, SyntaxError, KeyError, AttributeError, TypeError, IndexError, NotImplementedError):
        raise _codec(syntax) from None
    if stored.shape != (header.rows, header.columns):
        raise _codec(syntax)
    return stored


def _check_native_length(dataset: Dataset, header: Header) -> None:
    """A longer element would be read as several frames without a word, a shorter one is a file cut short."""
    expected = header.rows * header.columns * header.bits_allocated // 8
    got = len(dataset.PixelData)
    if got not in (expected, expected + expected % 2):
        raise InputError(
            f"The picture data is {'cut short' if got < expected else 'longer than one picture'}: expected {expected} bytes, got {got}. "
            "Export the file again.",
            code="dicom_pixels_length",
        )


def _check_codestream(dataset: Dataset, header: Header, syntax: UID) -> None:
    """The compressed picture must have the size the header says, before it is unpacked."""
    try:
        frames = list(generate_frames(dataset.PixelData, number_of_frames=1))
    except (ValueError, EOFError, IndexError):
        raise _codec(syntax) from None
    if len(frames) != 1:
        raise _codec(syntax)
    if syntax != _RLE and codestream.size_of(frames[0]) != (header.columns, header.rows):
        raise _codec(syntax)


def _codec(syntax: UID) -> InputError:
    name = syntax.name if syntax.is_transfer_syntax else "unknown"
    return InputError(
        f"The picture data ({name}) cannot be decoded: export it as uncompressed DICOM, or as PNG.", code="dicom_codec"
    )


def _corrupt() -> InputError:
    return InputError("The DICOM file is damaged or cut short: export it again.", code="dicom_corrupt")
