"""Files and standard streams of the commands: what cannot be read or written is said in one sentence."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kbapp.core.content import Content
from kbapp.errors import InputError
from kbapp.ingest.intake import ingest


def file_bytes(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}. Give the path of a file that is there.") from None


def ingested(file: Path) -> Content:
    return ingest(file_bytes(file), file.name)


@contextmanager
def opened(file: Path) -> Iterator[Iterable[bytes]]:
    if str(file) == "-":
        yield iter(sys.stdin.buffer)
        return
    try:
        handle = file.open("rb")
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}. Give the path of a file that is there.") from None
    with handle:
        yield iter(handle)


@contextmanager
def output_to(out: Path | None):
    if out is None:
        yield sys.stdout
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        handle = out.open("w", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}") from None
    with handle:
        yield handle


def write_text(out: Path | None, text: str) -> None:
    with output_to(out) as output:
        output.write(text)


@contextmanager
def progress_bar(what: str, total: float | None):
    """A bar on standard error for people; nothing where standard error is no terminal. Yields advance(amount)."""
    if not sys.stderr.isatty():
        yield lambda amount: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bars

    with Bars(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=total)
        yield lambda amount: bars.advance(task, amount)
