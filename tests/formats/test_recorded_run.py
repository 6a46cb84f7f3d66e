"""The recorded run that ships: whole, told by hand, and put in order by this project's own readers and scorers."""

from kbapp.core.content import ImageContent
from kbapp.core.difference import FactClass
from kbapp.formats.completion_files import read_completion, scores_to_json, write_completion
from kbapp.resources import ASSETS
from tests.chest import shipped

FOLDER = ASSETS / "recorded" / "chest-film"


def test_it_reads_and_writes_back_to_the_same_bytes(tmp_path):
    completion, times = read_completion(FOLDER)
    write_completion(tmp_path, completion, times)
    names = sorted(path.relative_to(FOLDER) for path in FOLDER.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    for name in names:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


def test_it_was_made_under_the_prior_that_ships():
    completion, _ = read_completion(FOLDER)
    assert completion.provenance.prior_sha256 == shipped().prior.sha256, "make it again: python assets/record_run.py"


def test_one_candidate_has_no_fault_and_each_other_one_of_its_own():
    completion, _ = read_completion(FOLDER)
    assert isinstance(completion.case.contents[0], ImageContent)
    faults = [
        tuple(difference.count(c) > 0 for c in (FactClass.CONTRADICTED, FactClass.MISSING, FactClass.EXTRA))
        for difference in completion.differences
    ]
    assert faults == [(True, False, False), (False, True, False), (False,) * 3, (False, False, True), (False, True, False)]
    assert completion.ranking.preselected == 2 and completion.ranking.margin_kind == "clear"
    assert [s["rank"] for s in scores_to_json(completion)].index(1) == 2
