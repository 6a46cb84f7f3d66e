import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbapp.formats.spreadsheet import BOM, csv_lines, safe_cell

SIGNS = "=+-@\t\r\n|＝＋－＠"
texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=8)
risky = st.tuples(st.sampled_from(["", "'", "''"]), st.sampled_from(SIGNS), texts).map("".join)


def restored(cell):
    return cell[1:] if cell.startswith("'") and cell.lstrip("'")[:1] in tuple(SIGNS) else cell


@given(risky | texts)
def test_no_cell_begins_like_a_formula_and_every_text_can_be_had_back(text):
    cell = safe_cell(text)
    assert not cell.startswith(tuple(SIGNS)) and restored(cell) == text


@pytest.mark.parametrize("value", [None, -1, -0.5, True])
def test_what_is_no_text_stays_what_it_is(value):
    assert safe_cell(value) is value


@given(st.lists(st.lists(risky | texts, min_size=2, max_size=2), max_size=3))
def test_a_reader_of_csv_finds_the_same_cells_behind_the_mark(rows):
    written = "".join(csv_lines(["=a", "b"], rows))
    assert written.startswith(BOM + '"\'=a","b"\r\n')
    read = list(csv.reader(io.StringIO(written.removeprefix(BOM), newline="")))
    assert [[restored(cell) for cell in row] for row in read[1:]] == rows
