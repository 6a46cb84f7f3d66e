"""What `kbapp export` does: accepted completions into a folder."""

from pathlib import Path

from kbapp.commands.files import progress_bar
from kbapp.core.actor import LOCAL_OWNER
from kbapp.errors import InputError
from kbapp.settings import Settings


def export_accepted(settings: Settings, out: Path) -> None:
    """Raises InputError when the folder is not empty or cannot be written, NotFound when a case was reopened meanwhile."""
    from kbapp.formats.accepted_files import ABOUT, MANIFEST, README
    from kbapp.review.workbench import Workbench

    with Workbench.open_for_reading(settings) as workbench:
        wanted = workbench.exports.accepting(LOCAL_OWNER)
        try:
            _make_empty(out)
            (out / README).write_text(ABOUT, encoding="utf-8")
            lines = []
            with progress_bar("accepted cases", len(wanted)) as advance:
                for decision_id in wanted:
                    one = workbench.exports.accepted(LOCAL_OWNER, decision_id)
                    _write(out / one.case, one.files)
                    lines.append(one.line)
                    advance(1)
            (out / MANIFEST).write_text("".join(lines), encoding="utf-8")
        except OSError as error:
            raise InputError(f"expected a folder that can be written, but {error.filename}: {error.strerror}") from error
    print(f"{len(wanted)} accepted cases in {out}")


def _make_empty(folder: Path) -> None:
    """For its owner alone: what is exported may be data of patients."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise InputError(f"expected a new or empty folder, but there is something in {folder}")


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
