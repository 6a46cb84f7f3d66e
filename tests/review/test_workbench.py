import os
import stat

import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.decision import Action
from kbapp.errors import SettingsError, StoreError
from kbapp.review.workbench import Workbench
from kbapp.settings import Settings
from tests.review.fakes import completed_case, opened, shipped_folder
from tests.review.test_decisions import Desk


def test_everything_is_there_after_a_restart(tmp_path):
    with opened(tmp_path / "storage") as workbench:
        desk = Desk(workbench, completed_case(workbench))
        desk.accept(1)
        before = (desk.shown, workbench.audit.show(LOCAL_OWNER), workbench.cases.list(LOCAL_OWNER))
    with opened(tmp_path / "storage") as workbench:
        after = workbench.completions.latest(LOCAL_OWNER, desk.case_id)
        assert (after, workbench.audit.show(LOCAL_OWNER), workbench.cases.list(LOCAL_OWNER)) == before


def test_a_second_workbench_on_the_same_storage_is_refused(tmp_path):
    with opened(tmp_path / "storage"), pytest.raises(SettingsError, match="in use by another workbench"):
        opened(tmp_path / "storage")
    opened(tmp_path / "storage").close()


def test_a_start_that_fails_lets_go_of_the_storage(tmp_path):
    with pytest.raises(Exception, match="YAML"):
        opened(tmp_path / "storage", shipped=shipped_folder(tmp_path / "broken", "]"))
    opened(tmp_path / "storage").close()


def test_reading_works_beside_a_running_app_and_changes_nothing(tmp_path):
    with opened(tmp_path / "storage") as workbench:
        desk = Desk(workbench, completed_case(workbench))
        reader = Workbench.open_for_reading(Settings(storage=tmp_path / "storage"))
        desk.accept(0)
        assert reader.audit.show(LOCAL_OWNER)[0].action == "accept"
        assert reader.completions.latest(LOCAL_OWNER, desk.case_id).completion == desk.shown.completion
        with pytest.raises(StoreError, match="reading only"):
            reader.decisions.decide(LOCAL_OWNER, desk.shown.id, Action.UNDO, revision=desk.shown.revision, idempotency_key="k")
        reader.close()


def test_the_storage_is_for_its_owner_alone(tmp_path):
    with opened(tmp_path / "storage") as workbench:
        completed_case(workbench)
    for path in [tmp_path / "storage", *(tmp_path / "storage").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_storage_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be made"):
        opened(tmp_path / "file" / "storage", shipped=shipped_folder(tmp_path / "domains"))


def test_the_guards_are_checked_at_each_start(tmp_path):
    from sqlalchemy import text

    with opened(tmp_path / "storage") as workbench, workbench._database.write() as connection:
        connection.execute(text("DROP TRIGGER decisions_no_delete"))
    with pytest.raises(StoreError, match="decisions_no_delete"):
        opened(tmp_path / "storage")


def test_nothing_is_left_open_by_closing(tmp_path):
    def held():
        return [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}")]

    with opened(tmp_path / "storage") as workbench:
        completed_case(workbench)
        assert any("kb.sqlite3" in name for name in held())
    assert not any(str(tmp_path / "storage") in name for name in held())
