"""Triples and spans are values, although they bring their own fast constructor."""

import pickle
from dataclasses import FrozenInstanceError, replace

import pytest

from kbapp.core.evidence import TextSpan
from kbapp.core.triple import Status, Triple, merged

SPAN = TextSpan(3, 9)
TRIPLE = Triple("box", "has severity", "small", Status.UNCERTAIN, (SPAN,))


@pytest.mark.parametrize(("value", "field"), [(TRIPLE, "head"), (SPAN, "start")])
def test_they_cannot_be_changed(value, field):
    with pytest.raises(FrozenInstanceError):
        setattr(value, field, "other")


def test_evidence_is_no_part_of_what_a_triple_is():
    bare = Triple("box", "has severity", "small", Status.UNCERTAIN)
    assert bare == TRIPLE and hash(bare) == hash(TRIPLE) and bare.evidence == ()
    assert replace(TRIPLE, status=Status.PRESENT) != TRIPLE


def test_a_triple_is_present_unless_said_otherwise():
    assert Triple("box", "on side", "left").status is Status.PRESENT


def test_spans_are_ordered_by_place_and_belong_to_the_first_content():
    assert sorted([TextSpan(5, 6), TextSpan(1, 9), TextSpan(0, 1, 1)])[0] == TextSpan(0, 1, 1)
    assert SPAN.content == 0 and repr(SPAN) == "TextSpan(start=3, end=9, content=0)"


def test_they_survive_a_pickle_and_a_replacement():
    assert pickle.loads(pickle.dumps(TRIPLE)).evidence == (SPAN,)  # noqa: S301  our own bytes
    assert replace(SPAN, content=2) == TextSpan(3, 9, 2)


def test_the_strongest_status_wins_and_keeps_its_own_evidence():
    absent = Triple("box", "has severity", "small", Status.ABSENT, (TextSpan(0, 1),))
    present = Triple("box", "has severity", "small", Status.PRESENT, (TextSpan(5, 6),))
    (kept,) = merged([absent, TRIPLE, present, replace(present, evidence=(TextSpan(7, 8),))])
    assert kept.status is Status.PRESENT and kept.evidence == (TextSpan(5, 6), TextSpan(7, 8))
