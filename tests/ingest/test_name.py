"""Names for eyes only (threat A33)."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbapp.ingest import sanitize_name
from kbapp.ingest.name import suffix_of


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("film.png", "film.png"),
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("/abs/film.png", "film.png"),
        ("a\0b.png", "ab.png"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("...", "unnamed"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("a/", "unnamed"),
        ("line\r\nSet-Cookie: x", "line Set-Cookie: x"),
        ("gpj.\u202exe.png", "gpj.xe.png"),
        ("  two   words .txt", "two words .txt"),
        ("\x1b[31mred.txt", "[31mred.txt"),
        ("<img src=x onerror=alert(1)>.png", "<img src=x onerror=alert(1)>.png"),  # escaped where it is shown
    ],
)
def test_hostile_names_are_made_harmless(name, shown):
    assert sanitize_name(name) == shown


def test_long_names_are_cut_but_keep_their_suffix():
    shown = sanitize_name("é" * 300 + ".dcm")
    assert len(shown) == 120 and shown.endswith("….dcm")
    assert len(sanitize_name("a" * 300)) == 120


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_a_name_is_short_visible_and_stays_as_it_is(name):
    shown = sanitize_name(name)
    assert 0 < len(shown) <= 120 and "/" not in shown and "\\" not in shown
    assert not any(unicodedata.category(c)[0] == "C" for c in shown)
    assert sanitize_name(shown) == shown


def test_suffixes_are_small_letters_and_a_leading_dot_is_none():
    assert [suffix_of(name) for name in ("A.DCM", ".hidden", "none", "a.b.png")] == [".dcm", "", "", ".png"]
