import shutil

from kbapp.core.actor import LOCAL_OWNER
from kbapp.formats.completion_files import read_completion
from kbapp.resources import ASSETS
from kbapp.review.bands import Bands

COMPLETION, _ = read_completion(ASSETS / "recorded" / "chest-film")


def test_the_shipped_bands_hold_for_the_recorded_run(tmp_path):
    assert set(Bands(tmp_path).of(LOCAL_OWNER, COMPLETION)) == {"graph", "concepts", "regions", "QS"}


def test_what_was_measured_here_comes_before_what_ships_and_damage_costs_nothing_else(tmp_path):
    folder = tmp_path / "bands"
    folder.mkdir()
    text = (ASSETS / "bands" / "drawn-films.json").read_text()
    (folder / "mine.json").write_text(text.replace("invented reports", "reports of my own"))
    assert "of my own" in Bands(tmp_path).of(LOCAL_OWNER, COMPLETION)["graph"].pairs
    (folder / "mine.json").write_text("{")
    shutil.copy(ASSETS / "bands" / "drawn-films.json", folder / "other.json")
    assert "invented" in Bands(tmp_path).of(LOCAL_OWNER, COMPLETION)["graph"].pairs
