"""Good files with a few bytes changed: a content or a named fault, never anything else (T5 in small; more with -m slow)."""

import random

import pytest

from kbapp.errors import InputError
from kbapp.ingest import examine
from tests.hostile import dicoms, pictures

GOOD = {
    "png": pictures.telling_png(),
    "png, 16 bits": pictures.saved(pictures.ramp(48, 64, 65535, "uint16")),
    "jpeg": pictures.telling_jpeg(),
    "dicom": dicoms.identifying(),
    "dicom, run length": dicoms.run_length(),
    "dicom, wavelet": dicoms.wavelet(pictures.ramp()),
    "dicom, deflated": dicoms.deflated(),
}


def damaged(data: bytes, seed: int) -> bytes:
    generator = random.Random(seed)
    changed = bytearray(data)
    for _ in range(generator.randint(1, 8)):
        changed[generator.randrange(len(changed))] = generator.randrange(256)
    return bytes(changed[: generator.randrange(len(changed))] if generator.random() < 0.2 else changed)


def survive(kind: str, seeds: range) -> None:
    for seed in seeds:
        try:
            examine(damaged(GOOD[kind], seed), "file")
        except InputError as error:
            assert error.code != "decode_failed", f"the child died of {kind}, seed {seed}"


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_damaged_files_are_contents_or_named_faults(kind):
    survive(kind, range(20))


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(GOOD))
def test_two_thousand_damaged_files_are_contents_or_named_faults(kind):
    survive(kind, range(20, 2020))
