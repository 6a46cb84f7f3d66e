import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbapp.generation.description import describe
from kbapp.generation.prompt import condense, fitted
from tests.chest import read, shipped
from tests.generation.reports import REPORTS

BUSY = "Small left pleural effusion. Severe cardiomegaly. Right lung nodule. The mediastinum is normal. No pneumothorax. No rib fracture."


def prompt(text: str, most: int, subject: str = ""):
    return condense(describe(read(text), subject, shipped().prior), shipped().prior, most)


def test_the_instruction_and_what_is_there_come_first_and_denials_last():
    text = prompt(BUSY, 100, "lung nodule, right").text
    assert text.startswith("A frontal chest X-ray. Right lung nodule.")
    assert text.index("cardiomegaly") < text.index("he mediastinum is unremarkable") < text.index("No pneumothorax")


def test_what_does_not_fit_is_left_out_whole_and_said():
    short = prompt(BUSY, 12)
    assert len(short.text.split()) <= 12
    assert "No pneumothorax" in short.cut and "No pneumothorax" in short.notes[0]
    assert prompt(BUSY, 100).cut == () == prompt(BUSY, 100).notes


@pytest.mark.parametrize("text", REPORTS)
def test_a_prompt_with_room_enough_is_read_back_as_the_whole_graph(text):
    assert read(prompt(text, 500).text) == read(text)


@given(st.lists(st.text("ab c", min_size=1).map(str.strip).filter(bool), min_size=1, max_size=6), st.integers(1, 20))
def test_a_prompt_never_holds_more_words_than_asked_for_and_no_word_is_lost(pieces, most):
    made = fitted(pieces, most)
    assert len(made.text.split()) <= most
    assert sorted(" ".join([made.text, *made.cut]).split()) == sorted(" ".join(pieces).split())
