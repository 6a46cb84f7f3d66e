"""Builders of DICOM files, good and hostile. Pixels are ramps, names are invented."""

import io
import struct
import zlib

import numpy as np
from PIL import Image
from pydicom import config
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from tests.hostile.pictures import ramp

ROWS, COLUMNS = 48, 64
COMPUTED_RADIOGRAPHY = UID("1.2.840.10008.5.1.4.1.1.1")
NAME, NUMBER, COMMENT = "Zyxmarker^Petra", "ZYX-4711", "zyxmarker: seen by Dr. Invented"


def film(bits: int = 12) -> np.ndarray:
    """(48, 64) values 0 to 2**bits - 1, rising."""
    return ramp(ROWS, COLUMNS, 2**bits - 1, np.uint16)


def dataset(values: np.ndarray | bytes | None = None, syntax: UID = ExplicitVRLittleEndian, **elements) -> Dataset:
    """A chest PA of 12 bits in 16, MONOCHROME2; any element replaced by keyword, None removes it."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = syntax
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = COMPUTED_RADIOGRAPHY
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID = UID("1.2.3")
    made.Modality, made.BodyPartExamined, made.ViewPosition = "CR", "CHEST", "PA"
    made.Rows, made.Columns = ROWS, COLUMNS
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PixelRepresentation = 1, "MONOCHROME2", 0
    made.BitsAllocated, made.BitsStored, made.HighBit = 16, 12, 11
    values = film() if values is None else values
    if isinstance(values, np.ndarray):
        values = values.astype(values.dtype.newbyteorder(">" if syntax == ExplicitVRBigEndian else "<")).tobytes()
    made.add_new("PixelData", "OB" if syntax.is_compressed and syntax != DeflatedExplicitVRLittleEndian else "OW", values)
    for keyword, value in elements.items():
        if value is None:
            del made[keyword]
        else:
            setattr(made, keyword, value)
    return made


def with_raw_numbers(**elements: str) -> bytes:
    """Decimal strings that the standard forbids, written all the same."""
    before = config.settings.writing_validation_mode
    config.settings.writing_validation_mode = config.IGNORE
    try:
        made = dataset()
        for keyword, value in elements.items():
            made[keyword] = RawDataElement(
                tag_for_keyword(keyword),
                dictionary_VR(keyword),
                len(value),
                value.ljust(len(value) + len(value) % 2).encode(),
                0,
                False,
                True,
            )
        return written(made)
    finally:
        config.settings.writing_validation_mode = before


def written(made: Dataset) -> bytes:
    buffer = io.BytesIO()
    if "PixelData" in made:
        encapsulated = made.file_meta.TransferSyntaxUID.is_encapsulated
        made["PixelData"].is_undefined_length = encapsulated
    made.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def dicom(values: np.ndarray | bytes | None = None, syntax: UID = ExplicitVRLittleEndian, **elements) -> bytes:
    return written(dataset(values, syntax, **elements))


def run_length(**elements) -> bytes:
    made = dataset(**elements)
    made.compress(RLELossless, generate_instance_uid=False)
    return written(made)


def wavelet(pixels: np.ndarray, **elements) -> bytes:
    """JPEG 2000, 8 or 16 bits as the pixels are."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG2000", no_jp2=True, irreversible=False)
    bits = pixels.dtype.itemsize * 8
    depth = {"BitsAllocated": bits, "BitsStored": bits, "HighBit": bits - 1, "Rows": pixels.shape[0], "Columns": pixels.shape[1]}
    return dicom(encapsulate([buffer.getvalue()]), JPEG2000Lossless, **{**depth, **elements})


def compressed_garbage(syntax: str) -> bytes:
    return dicom(encapsulate([b"\xff\x4f\xff\x51" + bytes(range(256)) * 4]), UID(syntax))


def run_length_bomb(rows: int = 65535, columns: int = 65535, megabytes: int = 8) -> bytes:
    """Runs of 128 zeros, two bytes each."""
    segment = b"\x81\x00" * (megabytes * 2**19)
    return dicom(encapsulate([struct.pack("<16I", 1, 64, *[0] * 14) + segment]), RLELossless, Rows=rows, Columns=columns)


def wavelet_bomb(side: int, claimed: int) -> bytes:
    """A codestream of side x side in a few bytes under a header that says `claimed`: only the size marker tells."""
    size = struct.pack(">HHIIIIIIIIHBBB", 41, 0, side, side, 0, 0, side, side, 0, 0, 1, 7, 1, 1)
    stream = b"\xff\x4f\xff\x51" + size + b"\xff\x52" + struct.pack(">HBBHBBBBBB", 12, 0, 0, 1, 0, 5, 4, 4, 0, 1) + b"\xff\xd9"
    return dicom(encapsulate([stream]), JPEG2000Lossless, Rows=claimed, Columns=claimed, BitsAllocated=8, BitsStored=8, HighBit=7)


def deflated(**elements) -> bytes:
    return dicom(syntax=DeflatedExplicitVRLittleEndian, **elements)


def deflated_bomb(megabytes: int) -> bytes:
    """A good header, then a data set that inflates far beyond it."""
    plain = dicom(syntax=DeflatedExplicitVRLittleEndian)
    body = plain.index(b"1.2.840.10008.1.2.1.99")
    start = 132 + 12 + struct.unpack_from("<I", plain, 132 + 8)[0]
    assert start > body
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = struct.pack("<HH2sHI", 0x0009, 0x1001, b"OB", 0, 0x7FFFFFF0)
    packed = engine.compress(block) + b"".join(engine.compress(bytes(2**20)) for _ in range(megabytes)) + engine.flush()
    return plain[:start] + packed


def nested(depth: int) -> bytes:
    """Sequences of undefined length, one in the other, before the picture."""
    head = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    plain = dicom()
    start = 132 + 12 + struct.unpack_from("<I", plain, 132 + 8)[0]
    return plain[:start] + head * depth + plain[start:]


def lying_length() -> bytes:
    """An element that says 4 GB and brings one byte; everything after it is gone."""
    plain = dicom()
    start = 132 + 12 + struct.unpack_from("<I", plain, 132 + 8)[0]
    return plain[:start] + struct.pack("<HH2sHI", 0x0008, 0x0001, b"OB", 0, 0xFFFFFFF0) + b"x"


def directory() -> bytes:
    made = dataset(SOPClassUID=UID("1.2.840.10008.1.3.10"))
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    record = Dataset()
    record.ReferencedFileID = ["UP", "ETC", "PASSWD"]
    made.DirectoryRecordSequence = [record]
    return written(made)


def identifying() -> bytes:
    made = dataset(BurnedInAnnotation="YES")
    made.PatientName, made.PatientID, made.PatientBirthDate = NAME, NUMBER, "19010203"
    made.InstitutionName, made.ImageComments, made.OperatorsName = "Zyxmarker Hospital", COMMENT, NAME
    made.private_block(0x0011, "ZYXMARKER", create=True).add_new(0x01, "LO", COMMENT)
    overlay = np.zeros((ROWS, COLUMNS // 8), np.uint8).tobytes()
    made.add_new(0x60000010, "US", ROWS)
    made.add_new(0x60003000, "OW", overlay)
    return written(made)


def polyglot(front: bytes) -> bytes:
    """Something else in the 128 bytes before DICM, which no reader looks at."""
    return front.ljust(128, b" ")[:128] + dicom()[128:]


def without_preamble() -> bytes:
    return dicom()[132:]


def table_of(entries: list[int], first: int = 0) -> Dataset:
    made = Dataset()
    made.LUTDescriptor = [len(entries), first, 16]
    made.LUTData = np.array(entries, "<u2").tobytes()
    return made


SYNTAXES = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)
