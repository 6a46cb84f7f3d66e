"""Measuring bands: the builtin profile on a few invented reports."""

import numpy as np
import pytest

from kbapp.core.case import Case
from kbapp.core.content import Modality
from kbapp.errors import InputError
from kbapp.formats.band_files import read_bands
from kbapp.lab.bands import film_bands
from kbapp.lab.pairs import MISMATCHES, scores_of_pairs
from kbapp.lab.reports import INVENTED, read_reports
from kbapp.lab.tables import write_bands
from kbapp.pipeline import complete
from kbapp.profiles import engines_for
from kbapp.ranking.bands import QS, bands_for
from kbapp.settings import Settings
from tests.chest import shipped

ENGINES = engines_for(Settings())
REPORTS = read_reports()[:14]


def test_the_invented_reports_are_whole_and_all_different():
    reports = read_reports(INVENTED)
    assert len(reports) >= 100 and len({report.id for report in reports}) == len(reports)
    assert len({report.findings.text for report in reports}) > 0.9 * len(reports)


def test_every_source_is_scored_with_its_own_and_with_others():
    texts, impressions = [r.findings for r in REPORTS], [r.impression for r in REPORTS]
    true, mismatched = scores_of_pairs(texts, impressions, ENGINES, shipped(), np.random.default_rng(0))
    assert len(true[QS]) <= len(REPORTS) and len(mismatched[QS]) <= MISMATCHES * len(REPORTS)
    assert np.mean(true["graph"]) > np.mean(mismatched["graph"])


def test_bands_of_drawn_films_hold_for_completions_of_the_same_engines():
    bands = film_bands(REPORTS, ENGINES, shipped(), "chest-xray", "14 invented reports")
    made = complete(Case((REPORTS[0].findings,)), shipped(), ENGINES, n=2)
    found = bands_for(made, bands)
    assert {"graph", "concepts", "regions", QS} == set(found)
    assert all(band.target is Modality.IMAGE and "14 invented reports" in band.pairs for band in found.values())


def test_the_shipped_bands_hold_for_what_the_builtin_profile_makes_now():
    from kbapp.resources import ASSETS

    bands = read_bands(ASSETS / "bands" / "drawn-films.json")
    made = complete(Case((REPORTS[0].findings,)), shipped(), ENGINES, n=2)
    assert set(bands_for(made, bands)) == {"graph", "concepts", "regions", QS}, "make them again: kbapp lab bands --out ..."


def test_the_command_writes_what_the_page_reads(tmp_path, capsys):
    write_bands(Settings(storage=tmp_path), str(INVENTED), None, 14, "chest-xray")
    (file,) = (tmp_path / "bands").glob("*.json")
    assert {band.part for band in read_bands(file)} >= {"graph", QS}
    assert "AUC" in capsys.readouterr().out


def test_a_file_without_sections_is_refused(tmp_path):
    file = tmp_path / "reports.jsonl"
    file.write_text('{"id": "a", "findings": "Heart size is normal."}\n')
    with pytest.raises(InputError, match="findings"):
        read_reports(file)
