"""Splitting long texts, without any model."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kbapp.engines.text_windows import pooled, split_all, windows

words = st.lists(st.text("abcde", min_size=1, max_size=9), max_size=40)


@given(words, st.integers(1, 12))
def test_windows_hold_every_word_once_in_order_and_none_is_overfull(text, room):
    parts = windows(" ".join(text), len, room)
    assert " ".join(parts).split() == text
    assert all(sum(map(len, part.split())) <= room or " " not in part for part in parts)


def test_a_text_that_fits_is_one_window_without_a_note():
    assert split_all(["a bb", "a bb ccc"], len, 3) == (["a bb", "a bb", "ccc"], [1, 2], ("", "read as 2 windows"))


def test_a_word_that_does_not_fit_is_told():
    assert split_all(["a bbbb"], len, 3)[2] == ("read as 2 windows; a word was cut",)


def test_pooling_is_the_mean_at_unit_length():
    rows = np.array([[1, 0], [0, 1], [0, 1]], np.float32)
    np.testing.assert_allclose(pooled(rows, [2, 1]), [[2**-0.5, 2**-0.5], [0, 1]], atol=1e-6)
