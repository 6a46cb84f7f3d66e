import stat
import subprocess
import sys
import threading

import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.errors import ArtifactTampered, StoreError
from kbapp.store.backup import back_up
from kbapp.store.health import check
from tests.review.fakes import completed_case, opened
from tests.review.test_decisions import Desk


def test_a_backup_made_while_decisions_are_written_is_whole_and_can_be_worked_on(tmp_path):
    stop = threading.Event()
    with opened(tmp_path / "storage") as workbench:
        desk = Desk(workbench, completed_case(workbench))
        desk.accept(0)

        def write():
            while not stop.is_set():
                desk.decide("undo")
                desk.accept(1)
                completed_case(workbench)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            back_up(tmp_path / "storage", tmp_path / "backup")
        finally:
            stop.set()
            writer.join()
    assert [what for what, well, _ in check(tmp_path / "backup") if not well] == []
    with opened(tmp_path / "backup") as restored:
        assert restored.audit.show(LOCAL_OWNER, 1)[0].candidate == 0
        for row in restored.cases.list(LOCAL_OWNER):
            restored.cases.get(LOCAL_OWNER, row.id)
            restored.completions.latest(LOCAL_OWNER, row.id)


def test_a_backup_is_for_its_owner_alone(tmp_path):
    opened(tmp_path / "storage").close()
    back_up(tmp_path / "storage", tmp_path / "backup")
    for path in [tmp_path / "backup", *(tmp_path / "backup").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_a_changed_file_is_found_by_the_backup(tmp_path):
    with opened(tmp_path / "storage") as workbench:
        completed_case(workbench)
    next(p for p in (tmp_path / "storage" / "artifacts").rglob("*") if p.is_file()).write_bytes(b"changed")
    with pytest.raises(ArtifactTampered):
        back_up(tmp_path / "storage", tmp_path / "backup")


def test_nothing_is_overwritten_and_nothing_is_made_of_nothing(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "note").write_text("keep")
    opened(tmp_path / "storage").close()
    with pytest.raises(StoreError, match="empty folder"):
        back_up(tmp_path / "storage", tmp_path / "mine")
    with pytest.raises(StoreError, match="no database"):
        back_up(tmp_path / "mine", tmp_path / "other")


def test_the_documented_command_works(tmp_path):
    with opened(tmp_path / "storage") as workbench:
        completed_case(workbench, n=2)
    command = [sys.executable, "-m", "kbapp.store.backup", str(tmp_path / "storage"), str(tmp_path / "backup")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"the database and 3 files are in {tmp_path / 'backup'}\n")
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "empty folder" in done.stderr
