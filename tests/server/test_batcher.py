"""The micro-batcher alone."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from kbapp.errors import EngineError, ModelBusy
from kbapp.server.batcher import Batcher


def played(play, run, **options):
    """The result of `play(batcher)` in a fresh event loop."""

    async def main():
        with ThreadPoolExecutor(1) as card:
            return await play(Batcher(run, card, **{"window_s": 0.02, **options}))

    return asyncio.run(main())


def doubling(calls):
    def run(items, should_stop):
        calls.append(list(items))
        return [2 * item for item in items]

    return run


def test_each_caller_gets_its_own_result_from_one_call():
    calls = []
    assert played(lambda b: asyncio.gather(*(b.submit(k) for k in range(5))), doubling(calls)) == [0, 2, 4, 6, 8]
    assert calls == [[0, 1, 2, 3, 4]]


def test_a_batch_holds_one_key_and_no_more_than_allowed():
    calls = []

    async def play(batcher):
        return await asyncio.gather(*(batcher.submit(k, key=k % 2) for k in range(8)))

    assert played(play, doubling(calls), max_batch=3) == [2 * k for k in range(8)]
    assert sorted(calls) == [[0, 2, 4], [1, 3, 5], [6], [7]]


def test_what_does_not_fit_together_is_tried_in_halves():
    sizes = []

    def run(items, should_stop):
        sizes.append(len(items))
        if len(items) > 2:
            raise ModelBusy("no room")
        return items

    assert played(lambda b: asyncio.gather(*(b.submit(k) for k in range(8))), run) == list(range(8))
    assert sizes == [8, 4, 2, 2, 4, 2, 2]


def test_one_bad_item_fails_alone():
    def run(items, should_stop):
        if 3 in items:
            raise EngineError("not this one")
        return items

    got = played(lambda b: asyncio.gather(*(b.submit(k) for k in range(6)), return_exceptions=True), run)
    assert [k for k, g in enumerate(got) if isinstance(g, EngineError)] == [3]


def test_a_bug_is_told_to_all_at_once_and_the_batcher_goes_on():
    def run(items, should_stop):
        return [1 / item for item in items]

    async def play(batcher):
        first = await asyncio.gather(batcher.submit(0), batcher.submit(1), return_exceptions=True)
        return first, await batcher.submit(4)

    first, second = played(play, run)
    assert all(isinstance(error, ZeroDivisionError) for error in first) and second == 0.25


def test_a_withdrawn_job_is_never_run_and_a_batch_that_nobody_waits_for_is_told_to_stop():
    started, told = threading.Event(), threading.Event()
    calls = []

    def run(items, should_stop):
        calls.append(list(items))
        started.set()
        for _ in range(200):
            if should_stop():
                told.set()
                return items
            threading.Event().wait(0.01)
        return items

    async def play(batcher):
        first = asyncio.create_task(batcher.submit("first"))
        await asyncio.to_thread(started.wait, 5)
        second = asyncio.create_task(batcher.submit("second"))
        await asyncio.sleep(0)
        second.cancel()
        first.cancel()
        await asyncio.to_thread(told.wait, 5)
        return await asyncio.gather(first, second, return_exceptions=True)

    assert all(isinstance(end, asyncio.CancelledError) for end in played(play, run))
    assert told.is_set() and calls == [["first"]]


def test_more_than_may_wait_are_refused():
    go = threading.Event()

    def run(items, should_stop):
        go.wait(5)
        return items

    async def play(batcher):
        tasks = [asyncio.create_task(batcher.submit(k)) for k in range(5)]
        await asyncio.sleep(0.1)
        go.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    got = played(play, run, max_waiting=3)
    assert sum(isinstance(g, ModelBusy) for g in got) == 2
