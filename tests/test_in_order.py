"""Work on threads: answers and errors in order, and the same as one by one."""

import os
import threading

import pytest

from kbapp.core.content import Modality
from kbapp.in_order import in_order
from kbapp.profiles import engines_for
from kbapp.settings import Settings
from tests.chest import shipped

TEXTS = (
    "Moderate left pleural effusion. The heart is severely enlarged.",
    "The heart is normal in size. The lungs are clear.",
    "Opacity in the right upper lobe. Small right pneumothorax.",
    "Mild pulmonary edema. Pacemaker in place.",
)


@pytest.fixture(autouse=True)
def four_processors(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 4)


def test_answers_come_in_the_order_given_whatever_is_done_first():
    second_done = threading.Event()

    def work(k):
        if k == 1:
            second_done.set()
        elif k == 0:
            assert second_done.wait(10), "the second was not started beside the first"
        return 10 * k

    assert in_order(work, range(4)) == [0, 10, 20, 30]


def test_the_first_error_in_order_is_raised():
    def work(k):
        if k:
            raise ValueError(f"number {k}")

    with pytest.raises(ValueError, match="number 1"):
        in_order(work, range(4))


@pytest.mark.parametrize("processors", [1, 2])
def test_what_is_told_of_the_done_ones_can_stop_the_rest(monkeypatch, processors):
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    worked, go_on = [], threading.Event()

    def work(k):
        if k >= processors:  # the first ones are at work already
            go_on.wait(0.2)
        worked.append(k)

    def each_done(done):
        raise InterruptedError(f"after {done}")

    with pytest.raises(InterruptedError, match="after 1"):
        in_order(work, range(50), each_done=each_done)
    assert len(worked) <= 2 * processors


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(ValueError):
        in_order(max, [1, 2], [3])


def test_films_drawn_and_read_together_are_those_drawn_and_read_one_by_one():
    prior, engines = shipped(), engines_for(Settings())
    draw, read = engines.image_generator.generate, engines.readers[Modality.IMAGE].read
    seeds = range(len(TEXTS))
    films = draw(TEXTS, seeds, prior)
    assert films == [draw([text], [seed], prior)[0] for text, seed in zip(TEXTS, seeds, strict=True)]
    studies = [(film,) for film in films]
    assert read(studies, prior) == [read([study], prior)[0] for study in studies]
