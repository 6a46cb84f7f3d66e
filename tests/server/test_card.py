"""The card's health by errors and by readings of its memory that are given by hand."""

import weakref

import pytest

from kbapp.errors import CardBroken, CardFull, EngineError
from kbapp.server.card import LEAST_LOST, Card, Memory

GB = 2**30


class Room:
    """A card of 80 GB, and an engine on it that says yes or raises. held: by this process; others: by other processes."""

    def __init__(self):
        self.held, self.others = 16 * GB, 0
        self.there = "chat"
        self.told = 0
        self.readable = True
        self.unreadable: Exception | None = None
        self.card = Card(self.reading)
        self.card.when_broken, self.card.there = self.count, lambda: self.there
        self.error: Exception | None = None
        self.run = self.card.watched(self.work)

    def reading(self) -> Memory | None:
        if self.unreadable:
            raise self.unreadable
        return Memory(80 * GB - self.others - self.held, self.held) if self.readable else None

    def count(self) -> None:
        self.told += 1

    def work(self, items, should_stop=None):
        if self.error:
            raise self.error
        return items

    def fails(self, error: Exception, times: int = 1, items=(1,)) -> Exception:
        self.error = error
        for _ in range(times):
            with pytest.raises(type(error)) as told:
                self.run(list(items))
        self.error = None
        return told.value


@pytest.mark.parametrize(("held", "others"), [(49, 0), (20, 58)])
def test_memory_that_does_not_come_back_breaks_the_card_at_the_third_refusal_in_a_row(held, others):
    room = Room()
    room.others = others * GB
    assert room.run([1]) == [1]
    room.held = held * GB
    room.fails(CardFull("no room"), 2)
    assert not room.card.broken
    room.error = CardFull("no room")
    with pytest.raises(CardBroken, match="3 times in a row"):
        room.run([1])
    assert room.told == 1 and "does not come back" in room.card.broken


def test_a_small_request_between_them_begins_the_count_anew():
    room = Room()
    room.run([1])
    room.fails(CardFull("no room"), 2)
    room.held = 60 * GB
    room.run([1])
    room.held = 79 * GB
    room.fails(CardFull("no room"), 2)
    assert not room.card.broken


@pytest.mark.parametrize("lost", [0, 32, -4])
def test_asking_for_more_than_the_card_holds_never_breaks_it_while_its_memory_comes_back(lost):
    room = Room()
    room.run([1])
    room.held += lost * GB
    room.fails(CardFull("no room"), 9)
    assert not room.card.broken and room.run([1]) == [1]


def test_a_card_that_cannot_be_read_is_never_broken_by_refusals():
    room = Room()
    room.readable = False
    room.run([1])
    room.fails(CardFull("no room"), 9)
    assert not room.card.broken


def test_what_another_process_has_is_not_lost_memory():
    room = Room()
    room.run([1])
    room.others, room.held = 64 * GB - 1, room.held + LEAST_LOST // 4
    room.fails(CardFull("no room"), 9)
    assert not room.card.broken


def test_models_of_unlike_size_that_take_turns_are_each_compared_with_themselves():
    room = Room()
    for name, held in (("pictures", 7), ("chat", 70)):
        room.there, room.held = name, held * GB
        room.run([1])
    for name, held in (("pictures", 7), ("chat", 70), ("", 70)):
        room.there, room.held = name, held * GB
        room.fails(CardFull("no room"), 9)
    assert not room.card.broken
    room.there, room.held = "pictures", 60 * GB
    with pytest.raises(CardBroken, match="does not come back"):
        room.fails(CardFull("no room"), 3)


def test_a_model_that_was_loaded_since_is_not_lost_memory():
    room = Room()
    room.run([1])
    with room.card.loading():
        room.held = 79 * GB
        room.fails(CardFull("no room"), 9)  # half of it is there
        room.run([1])
    room.held = 79.9 * GB
    room.fails(CardFull("no room"), 9)
    assert not room.card.broken


def test_batches_that_will_be_halved_do_not_count_and_neither_does_a_card_on_which_nothing_ever_ran():
    room = Room()
    room.held = 79 * GB
    room.fails(CardFull("no room"), 9)
    room.held = 16 * GB
    room.run([1])
    room.held = 79 * GB
    room.fails(CardFull("no room"), 9, items=(1, 2))
    assert not room.card.broken


def test_what_else_an_engine_raises_is_handed_on():
    room = Room()
    assert str(room.fails(EngineError("not this one"))) == "not this one"
    assert not room.card.broken


def test_a_broken_card_is_told_once_and_nothing_runs_on_it_any_more():
    room = Room()
    room.fails(CardBroken("the card has failed (illegal address)"))
    with pytest.raises(CardBroken, match="illegal address"):
        room.run([1])
    room.card.notice(RuntimeError("CUDA error: device-side assert triggered"))
    assert room.told == 1 and "illegal address" in room.card.broken


def test_a_refusal_does_not_hold_what_filled_the_card():
    class Filling:
        pass

    kept = []

    def run(items):
        large = Filling()
        kept.append(weakref.ref(large))
        raise CardFull("no room")

    with pytest.raises(CardFull) as told:
        Card().watched(run)([1])
    assert told.value is not None and kept[0]() is None


def test_a_card_that_fails_while_its_memory_is_read_is_broken():
    room = Room()
    room.run([1])
    room.fails(CardFull("no room"), 2)
    room.unreadable = RuntimeError("CUDA error: an illegal memory access was encountered")
    room.error = CardFull("no room")
    with pytest.raises(CardBroken, match="illegal memory access"):
        room.run([1])
