"""The one door for uploaded files and pasted texts."""

from dataclasses import dataclass

from kbapp.core.content import Content
from kbapp.errors import InputError
from kbapp.ingest.decoder import decode
from kbapp.ingest.limits import FILE_BYTES
from kbapp.ingest.name import suffix_of
from kbapp.ingest.note import Note
from kbapp.ingest.sniff import Kind, kind_of
from kbapp.ingest.text import read_text

_SUFFIXES = {
    Kind.PNG: {".png"},
    Kind.JPEG: {".jpg", ".jpeg", ".jpe", ".jfif"},
    Kind.DICOM: {".dcm", ".dicom", ".dic", ".ima"},
}
# Any bytes that decode are "text", so a text under one of these names is a broken or foreign file.
_NEVER_TEXT = set().union(*_SUFFIXES.values()) | set(
    [
        ".pdf",
        ".gif",
        ".bmp",
        ".tif",
        ".tiff",
        ".webp",
        ".svg",
        ".html",
        ".htm",
        ".xml",
        ".json",
        ".jsonl",
        ".csv",
        ".rtf",
        ".doc",
        ".docx",
        ".zip",
        ".gz",
        ".exe",
        ".py",
        ".js",
        ".sh",
    ]
)


@dataclass(frozen=True)
class Intake:
    content: Content
    kind: Kind
    notes: tuple[Note, ...] = ()


def ingest(data: bytes, name: str = "") -> Content:
    """Validate and decode one uploaded file or pasted text (as UTF-8). Raises InputError; codes in `kbapp.ingest`."""
    return examine(data, name).content


def examine(data: bytes, name: str = "") -> Intake:
    """As `ingest`, with what was found out on the way."""
    if not data:
        raise InputError("The file is empty: choose a PNG, JPEG or DICOM picture, or a report as text.", code="empty")
    if len(data) > FILE_BYTES:
        raise InputError(f"The file is too large: expected at most {FILE_BYTES >> 20} MB.", code="too_large")
    kind = kind_of(data)
    if not isinstance(kind, Kind):
        raise InputError(
            f"This is a {kind} file: expected a PNG, JPEG or DICOM picture, or a report as plain text.", code="type_unsupported"
        )
    if kind is Kind.TEXT:
        return _text(data, name)
    image, notes = decode(kind, data)
    return Intake(image, kind, _suffix_note(kind, name) + notes)


def _text(data: bytes, name: str) -> Intake:
    if name and suffix_of(name) in _NEVER_TEXT:
        raise InputError(
            f"The name ends in {suffix_of(name)}, but the content is no such picture: choose the original file, or rename a report to .txt.",
            code="type_mismatch",
        )
    return Intake(read_text(data), Kind.TEXT)


def _suffix_note(kind: Kind, name: str) -> tuple[Note, ...]:
    suffix = suffix_of(name)
    if not suffix or suffix in _SUFFIXES[kind] or suffix not in _NEVER_TEXT | {".txt"}:
        return ()
    return (Note("suffix_mismatch", f"The name ends in {suffix}, but the content is {kind}."),)
