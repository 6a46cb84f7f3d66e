import re

from hypothesis import given
from hypothesis import strategies as st

from kbapp.ui.text_difference import changed_words
from tests.ui.test_html import parse

texts = st.text(st.sampled_from("ab <>&.\n"), max_size=60)


def versions(html):
    """The earlier and the later text, read back from the marks."""
    inner = re.fullmatch(r"<div[^>]*>(.*)</div>", html, re.DOTALL)[1]
    before, after = re.sub(r"<ins>.*?</ins>", "", inner, flags=re.DOTALL), re.sub(r"<del>.*?</del>", "", inner, flags=re.DOTALL)
    return "".join(parse(before).words), "".join(parse(after).words)


@given(texts, texts)
def test_both_texts_can_be_read_back_from_the_marks(before, after):
    assert versions(changed_words(before, after)) == (before, after)


def test_a_changed_word_is_marked_and_its_neighbours_are_not():
    html = changed_words("A small left effusion.", "A large left effusion.")
    assert "<del>small</del><ins>large</ins>" in html and "left effusion" in html


def test_very_long_texts_are_compared_by_line():
    before = "word " * 5_000 + "\nlast line"
    assert "<ins>last line, changed</ins>" in changed_words(before, before + ", changed")
