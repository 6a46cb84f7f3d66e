"""Real files: every DICOM meets what its manifest expects, every real film is read. The folder's place comes from KB_DATA."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kbapp.errors import InputError
from kbapp.ingest import examine

DATA = Path(os.environ.get("KB_DATA", ""))
pytestmark = pytest.mark.skipif(
    not (DATA / "dicom" / "manifest.csv").is_file(), reason="KB_DATA names no folder with dicom/manifest.csv"
)


def rows() -> list[dict]:
    manifest = DATA / "dicom" / "manifest.csv"
    return list(csv.DictReader(manifest.open())) if manifest.is_file() else []


def read(row: dict):
    path = DATA / row["file"]
    return examine(path.read_bytes(), path.name)


@pytest.mark.parametrize("row", rows(), ids=lambda row: Path(row["file"]).name)
def test_each_dicom_meets_what_is_expected_of_it(row):
    expected = row["expected"]
    try:
        intake = read(row)
    except InputError as error:
        assert not expected.startswith("read") or "error" in expected, error
    else:
        assert expected.startswith("read") or "warn" in expected
        assert intake.content.pixels.shape == (int(row["rows"]), int(row["columns"]))


@pytest.mark.parametrize("row", [row for row in rows() if "chest_reference" in row["why"]], ids=lambda row: Path(row["file"]).name)
def test_the_derived_files_render_like_the_reference(row):
    display = read(row).content.display.astype(float)
    reference = np.asarray(Image.open(DATA / "dicom" / "chest_reference.png")).astype(float)
    assert np.corrcoef(display.ravel(), reference.ravel())[0, 1] > 0.99  # a turned picture has -1, a mirrored one far less
    assert np.abs(display - reference).mean() < 15  # one file's window cuts a little of both ends


def test_a_spacing_of_zero_is_unknown():
    real = next(row for row in rows() if "PixelSpacing written as 0" in row["why"])
    assert read(real).content.pixel_mm is None


def test_every_real_film_is_read_as_grey():
    for path in sorted((DATA / "cxr").glob("s*.*")):
        content = examine(path.read_bytes(), path.name).content
        assert content.pixels.ndim == 2 and content.pixels.dtype == np.uint8, path.name
