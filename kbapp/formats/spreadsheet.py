"""CSV that a spreadsheet program opens as text: nothing in it is taken for a formula, and letters stay what they are."""

import csv
import io
from collections.abc import Iterable, Iterator

BOM = "\ufeff"  # without it spreadsheet programs read UTF-8 as something else
# Where a cell begins so, a spreadsheet may run it: tab and line ends are skipped on the way to the sign, full-width signs are
# folded to plain ones, and a pipe begins a command in some.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_cell(value: object) -> object:
    """A text that a spreadsheet could take for a formula gets an apostrophe before it; numbers and None stay.

    To read it back, take one apostrophe from a cell that begins with apostrophes and then such a sign: nothing is lost.
    """
    risky = isinstance(value, str) and value.lstrip("'").startswith(_FORMULA)
    return "'" + value if risky else value


def csv_lines(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Lines with their line ends, the byte order mark before the first; each cell safe and in quotes. None gives an empty cell."""
    yield BOM + _line(head)
    for row in rows:
        yield _line(row)


def _line(cells: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()
