import json

import pytest

from kbapp.errors import InputError
from kbapp.formats.band_files import bands_to_json, read_bands
from kbapp.resources import ASSETS
from tests.ranking.test_bands import band

SHIPPED = sorted((ASSETS / "bands").glob("*.json"))


def test_bands_come_back_as_they_were_written(tmp_path):
    bands = [band(), band(part="QS", true=[1.5, 70.25, 99])]
    file = tmp_path / "bands.json"
    file.write_text(bands_to_json(bands, "invented pairs", "chest-xray@1"))
    assert read_bands(file) == bands


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"pairs": "x", "bands": [{}]}'])
def test_another_file_is_refused_by_name(tmp_path, damage):
    file = tmp_path / "other.json"
    file.write_text(damage)
    with pytest.raises(InputError, match="other.json"):
        read_bands(file)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_bands_are_whole_come_from_invented_reports_and_tell_true_pairs_from_others(file):
    bands = read_bands(file)
    assert "invented reports" in json.loads(file.read_text())["pairs"]
    assert all(band.auc > 0.6 and band.true.count >= 50 and band.mismatched.count >= 500 for band in bands)


def test_there_are_shipped_bands():
    assert SHIPPED
