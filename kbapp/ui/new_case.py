"""What a new case is made of: uploaded files, a pasted report, or a sample."""

import json
from collections.abc import Iterable
from pathlib import Path

import gradio as gr

from kbapp.errors import InputError, NotFound
from kbapp.formats.completion_files import read_completion
from kbapp.ingest.intake import Intake, examine, ingest
from kbapp.ingest.name import sanitize_name
from kbapp.ingest.text import ingest_text
from kbapp.priors.schema import DomainPrior
from kbapp.resources import ASSETS
from kbapp.ui.cases_view import Sample

SAMPLES = ASSETS / "samples"
FIRST_DOMAIN = "chest-xray"
_PASTED = 60
_ORIGIN = 200  # characters of the file names kept with the case


def given(files, pasted: str):
    """Contents and origin from the upload field or the text field. Raises InputError."""
    if files and pasted.strip():
        raise InputError("Both a file and a pasted report are given: choose one of them.")
    if pasted.strip():
        content = ingest_text(pasted)
        return (content,), f"pasted · {_beginning(content.text)}"
    if not files:
        raise InputError("Nothing is given yet: upload an X-ray or a report, or paste a report.")
    paths = [Path(file) for file in files]
    taken = [_taken(path) for path in paths]
    for path in paths:
        path.unlink(missing_ok=True)  # what was taken is stored as pixels or text; the uploaded file need not lie about
    for intake in taken:
        for note in intake.notes:
            gr.Warning(note.sentence)
    return tuple(intake.content for intake in taken), ", ".join(sanitize_name(path.name) for path in paths)[:_ORIGIN]


def _beginning(text: str) -> str:
    """The first words of a text, to know it by in a list."""
    words = " ".join(text.split())
    return words if len(words) <= _PASTED else words[:_PASTED].rsplit(" ", 1)[0] + " …"


def _taken(path: Path) -> Intake:
    try:
        data = path.read_bytes()
    except OSError:
        raise InputError("The uploaded file is no longer here: choose it again.", code="empty") from None
    return examine(data, path.name)


def field_labels(image: str, text: str) -> tuple[str, str]:
    """Of the files and of the pasted text, in the words of a domain."""
    return f"{image[:1].upper()}{image[1:]} (PNG, JPEG, DICOM) or {text} (.txt)", f"or paste a {text}"


def offered(priors: Iterable[DomainPrior], builtin: bool) -> list[tuple[str, str]]:
    """(title, domain) of what a case can be of; with the builtin engines, of what they can read and draw."""
    return [(prior.title, prior.domain) for prior in priors if not (builtin and prior.why_not_builtin())]


def samples() -> list[Sample]:
    return [_sample(entry) for entry in _listed()]


def sample_contents(name: str):
    """Contents and origin of a sample case. Raises NotFound."""
    entry = _entry(name)
    return (ingest((SAMPLES / entry["file"]).read_bytes(), entry["file"]),), f"sample · {entry['title']}"


def is_recorded(name: str) -> bool:
    """Whether a sample is a run that was recorded, with its candidates. Raises NotFound."""
    return "recorded" in _entry(name)


def recorded_run(name: str):
    """Completion and origin of a recorded sample. Raises NotFound, InputError when its files are damaged."""
    entry = _entry(name)
    completion, _ = read_completion(ASSETS / "recorded" / entry["recorded"])
    return completion, f"sample · {entry['title']}"


def _entry(name: str) -> dict:
    entry = next((entry for entry in _listed() if entry["file"] == name), None)
    if entry is None:
        raise NotFound("There is no such sample case.")
    return entry


def _listed() -> list[dict]:
    return json.loads((SAMPLES / "samples.json").read_text())


def _sample(entry: dict) -> Sample:
    name = entry["file"]
    if name.endswith(".png"):
        return Sample(name, entry["title"], entry["says"], picture=f"/kb/static/{name}")
    return Sample(name, entry["title"], entry["says"], words=(SAMPLES / name).read_text())
