import threading

from kbapp.store.turns import Turns


def test_turns_are_given_in_the_order_they_were_asked_for():
    turns, served, asked = Turns(), [], []
    assert turns.take(0)

    def ask(number):
        assert turns.take(10)
        served.append(number)
        turns.give()

    for number in range(5):
        asked.append(threading.Thread(target=ask, args=(number,)))
        asked[-1].start()
        while len(turns._waiting) <= number:
            pass
    turns.give()
    for thread in asked:
        thread.join()
    assert served == [0, 1, 2, 3, 4]


def test_who_gave_up_waiting_is_not_served():
    turns = Turns()
    assert turns.take(0)
    assert not turns.take(0.01)
    turns.give()
    assert turns.take(0)
