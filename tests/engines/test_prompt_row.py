"""Where the beginnings of prompts are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbapp.engines.prompt_row import PromptRow, _cut_where_alike, _far_apart, _marks, _seams

START, SYSTEM, USER, MODEL, SHOWN, PIXEL, SEEN = range(1, 8)  # the special tokens of a prompt; words are larger


def row(*marks) -> PromptRow:
    return PromptRow(None, None, marks, ())


def test_a_conversation_is_cut_where_a_question_begins_and_behind_the_pictures_of_a_turn():
    system, answer = [START, SYSTEM, 20, 21], [START, MODEL, 30]
    shown = [START, USER, SHOWN, PIXEL, SEEN, SHOWN, PIXEL, PIXEL, SEEN, 40]
    asked, begun = [START, USER, 50], [START, MODEL]
    tokens = [*system, *shown, *answer, *asked, *begun]
    ends = [k + 1 for k in range(len(tokens) - 1) if tokens[k] == PIXEL != tokens[k + 1]]
    assert _seams(tokens, START, SHOWN, ends) == [4, 13, 17]


def test_the_tokens_of_a_picture_are_called_by_its_name():
    assert _marks([9, SHOWN, PIXEL, PIXEL, SEEN, SHOWN, PIXEL, SEEN], PIXEL, ["a", "b"]) == (
        9,
        SHOWN,
        "a",
        "a",
        SEEN,
        SHOWN,
        "b",
        SEEN,
    )


@given(st.sets(st.integers(1, 300)), st.integers(1, 80))
def test_cuts_are_as_far_apart_as_is_worth_a_pass(seams, least):
    cuts = _far_apart(sorted(seams), least)
    assert set(cuts) <= seams and all(b - a >= least for a, b in zip((0, *cuts), cuts, strict=False))


@given(st.lists(st.lists(st.integers(0, 1), min_size=2, max_size=12), min_size=1, max_size=6), st.integers(1, 4))
def test_rows_that_begin_alike_are_cut_where_all_of_them_are_alike_and_never_at_the_end(rows, least):
    cut = _cut_where_alike([row(*marks) for marks in rows], least)
    for one in cut:
        if one.cuts:
            (end,) = one.cuts
            assert least <= end < len(one.marks)
            assert sum(other.marks[:end] == one.marks[:end] for other in cut) > 1
    for marks in rows:
        assert len({one.cuts for one in cut if one.marks == tuple(marks)}) == 1


@pytest.mark.parametrize(("least", "cuts"), [(3, (3,)), (4, ())])
def test_what_is_alike_for_a_few_tokens_only_is_not_cut(least, cuts):
    assert [one.cuts for one in _cut_where_alike([row(1, 2, 3, 4), row(1, 2, 3, 5)], least)] == [cuts, cuts]
