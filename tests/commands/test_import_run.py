"""`kbapp import`: from a folder of the official code to a decision in the audit, without a model."""

import json

import pytest

from kbapp.cli import main
from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.decision import Action
from kbapp.errors import StoreError
from kbapp.review.workbench import Workbench
from kbapp.settings import Settings
from kbapp.store.health import check
from tests.formats import official_runs as runs


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return runs.whole_run(tmp_path_factory.mktemp("official") / "run-one")


@pytest.fixture
def storage(tmp_path):
    return tmp_path / "storage"


@pytest.fixture
def import_(storage, capsys):
    """import_(folder, ...) -> (exit code, stdout, stderr)."""

    def call(*words):
        with pytest.raises(SystemExit) as left:
            main(["import", *map(str, words), "--storage", str(storage)])
        said = capsys.readouterr()
        return left.value.code or 0, said.out, said.err

    return call


def opened(storage) -> Workbench:
    return Workbench.open_beside(Settings(storage=storage))


def test_a_run_becomes_cases_that_are_listed_opened_decided_and_audited(run, import_, storage):
    code, out, _ = import_(run, "--pictures", run.parent / "images", "--json")
    said = json.loads(out)
    assert (code, said["made"], said["refused"], said["failed"]) == (0, 4, 1, 1)  # the run lists the fifth sample as failed
    cases = {row["sample"]: row["case"] for row in said["samples"]}
    with opened(storage) as workbench:
        listed = workbench.worklist.page(LOCAL_OWNER, asked="official run-one").rows
        assert {row.id for row in listed} == set(filter(None, cases.values())) and {row.status for row in listed} == {"ready"}
        for case_id in filter(None, cases.values()):
            stored = workbench.completions.latest(LOCAL_OWNER, case_id)
            assert workbench.truths.of(LOCAL_OWNER, case_id) is None
            workbench.decisions.decide(
                LOCAL_OWNER, stored.id, Action.ACCEPT, candidate=0, revision=stored.revision, idempotency_key=case_id, confirm=True
            )
            assert workbench.truths.of(LOCAL_OWNER, case_id) is not None
        assert len(workbench.audit.show(LOCAL_OWNER)) == 4
    assert all(well for _, well, _ in check(storage))


def test_a_sample_that_is_refused_says_why_and_leaves_no_case(run, import_, storage):
    code, out, _ = import_(run)
    assert code == 2
    lines = out.splitlines()
    assert lines[0] == "2  refused: the given picture a.jpg is not in the run's folder; name the folder of pictures by --pictures"
    assert lines[-2].endswith("; the run itself lists this sample as failed")
    assert lines[-1] == "2 cases made, 3 samples refused (1 listed as failed by the run itself)"
    with opened(storage) as workbench:
        assert len(workbench.cases.list(LOCAL_OWNER)) == 2


def test_a_dry_run_says_the_same_and_writes_nothing(run, import_, storage):
    code, dry, _ = import_(run, "--pictures", run.parent / "images", "--dry-run")
    assert code == 0 and not storage.exists()
    assert dry.splitlines()[-1].startswith("4 cases would be made, 1 sample refused (it is listed as failed by the run itself);")
    _, wet, _ = import_(run, "--pictures", run.parent / "images")
    assert [line.partition(", case ")[0] for line in wet.splitlines()[:-1]] == dry.splitlines()[:-1]


def test_one_sample_alone_is_imported_from_its_own_folder(run, import_):
    code, out, _ = import_(run / "10", "--json")
    (row,) = json.loads(out)["samples"]
    assert code == 0 and (row["sample"], row["given"], row["made"], row["candidates"]) == ("10", "text", "image", 2)


def test_a_domain_can_be_chosen_and_one_that_is_none_is_refused_before_anything_is_written(run, import_, storage):
    code, _, said = import_(run / "10", "--domain", "nowhere")
    assert code == 2 and "nowhere" in said and not storage.exists()
    _, out, _ = import_(run / "10", "--domain", "movie-poster", "--json")
    assert json.loads(out)["samples"][0]["domain"] == "movie-poster"


def test_a_folder_of_another_kind_is_one_sentence(tmp_path, import_, storage):
    for folder in (tmp_path / "nothing", runs.put(tmp_path / "empty", {})):
        code, out, said = import_(folder)
        assert code == 2 and not out and said.count("\n") == 1
    assert not storage.exists()


def test_a_fault_in_the_middle_of_a_case_leaves_nothing_of_it_and_keeps_the_cases_before(run, import_, storage, monkeypatch):
    from kbapp.review import imports

    put, done = imports.put_completed, []

    def failing(*words, **more):
        if done:
            raise StoreError("the disk is full")
        done.append(put(*words, **more))

    monkeypatch.setattr(imports, "put_completed", failing)
    code, out, said = import_(run, "--pictures", run.parent / "images", "--json")
    assert code == 1 and "disk is full" in said
    assert [row["sample"] for row in json.loads(out)["samples"]] == ["2"]
    with opened(storage) as workbench:
        (row,) = workbench.cases.list(LOCAL_OWNER)
        assert row.origin == "official run run-one, sample 2" and row.status == "ready"


def test_what_is_here_already_is_not_imported_again(run, import_, storage):
    import_(run)
    code, out, _ = import_(run, "--pictures", run.parent / "images")
    assert out.splitlines()[-1] == "2 cases made, 1 sample refused (it is listed as failed by the run itself), 2 here already"
    with opened(storage) as workbench:
        assert len(workbench.cases.list(LOCAL_OWNER)) == 4


def test_a_sample_that_changed_is_a_case_of_its_own(tmp_path, import_):
    folder = runs.general_to_image(tmp_path / "run" / "1")
    import_(tmp_path / "run")
    runs.put(folder, {"id_1.jpg": runs.photo(77)})
    assert import_(tmp_path / "run")[1].splitlines()[-1] == "1 case made, 0 samples refused"


def test_it_works_beside_an_open_workbench(run, import_, storage):
    with opened(storage) as workbench:
        code, _, _ = import_(run / "10")
        assert code == 0 and len(workbench.cases.list(LOCAL_OWNER)) == 1
