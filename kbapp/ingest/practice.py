"""The idle child's warm-up: it reads a tiny file of every sort once.

numpy, PIL and pydicom load parts of themselves on first use. A fork at work may not open files, so everything must be loaded before.
"""

import io

import numpy as np
from PIL import Image
from pydicom import config
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

from kbapp.ingest import dicom, picture

_RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)


def warm_up() -> None:
    config.settings.reading_validation_mode = config.IGNORE
    Image.init()
    for data in _pictures():
        picture.read_picture(data)
    for data in _dicoms():
        dicom.read_dicom(data)


def _pictures() -> list[bytes]:
    grey = Image.fromarray((_RAMP >> 4).astype(np.uint8))
    turned = Image.Exif()
    turned[0x0112] = 6  # orientation
    return [
        _saved(Image.fromarray(_RAMP), "PNG"),
        _saved(grey.convert("RGBA"), "PNG"),
        _saved(grey.convert("P"), "PNG"),
        _saved(grey.convert("CMYK"), "JPEG", exif=turned),
    ]


def _dicoms() -> list[bytes]:
    grey = Image.fromarray((_RAMP >> 4).astype(np.uint8))
    plain = _dataset(UID(dicom.EXPLICIT), _RAMP.tobytes(), bits=16)
    run_length = _dataset(UID(dicom.EXPLICIT), _RAMP.tobytes(), bits=16)
    run_length.compress(RLELossless, generate_instance_uid=False)
    table = Dataset()
    table.LUTDescriptor, table.LUTData = [4096, 0, 16], _RAMP.tobytes()
    plain.VOILUTSequence = [table]
    wavelet = _dataset(JPEG2000Lossless, encapsulate([_saved(grey, "JPEG2000", no_jp2=True)]), bits=8)
    baseline = _dataset(JPEGBaseline8Bit, encapsulate([_saved(grey, "JPEG")]), bits=8)
    return [_written(dataset) for dataset in (plain, run_length, wavelet, baseline)]


def _dataset(syntax: UID, pixel_data: bytes, bits: int) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = UID("1.2.840.10008.5.1.4.1.1.1")
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = UID("1.2.3")
    dataset.Modality, dataset.PixelSpacing = "CR", [0.1, 0.1]
    dataset.Rows = dataset.Columns = 64
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME1", 0
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.add_new("PixelData", "OB" if syntax.is_compressed else "OW", pixel_data)
    dataset["PixelData"].is_undefined_length = syntax.is_compressed
    return dataset


def _written(dataset: Dataset) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _saved(image: Image.Image, form: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()
