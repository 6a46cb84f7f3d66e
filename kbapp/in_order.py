"""The same work on many things at once, with the answers in order. May be imported anywhere."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Answer = TypeVar("Answer")


def in_order(work: Callable[..., Answer], *columns: Iterable, each_done: Callable[[int], None] = lambda done: None) -> list[Answer]:
    """[work(a, b), ...] over columns of one length, on as many threads as there are processors.

    For work that spends its time outside the interpreter's lock (numpy, OpenCV, zlib) and shares no state. Answers come in the order of
    what was given, whatever is done first; so does the first error. each_done: told how many are done, in the calling thread; what it
    raises stops the rest.
    """
    rows = list(zip(*columns, strict=True))
    threads = min(len(rows), os.cpu_count() or 1)
    if threads < 2:
        return _told((work(*row) for row in rows), each_done)
    pool = ThreadPoolExecutor(threads)
    try:
        return _told(pool.map(lambda row: work(*row), rows), each_done)
    finally:
        pool.shutdown(cancel_futures=True)


def _told(answers: Iterable[Answer], each_done: Callable[[int], None]) -> list[Answer]:
    told = []
    for answer in answers:
        told.append(answer)
        each_done(len(told))
    return told
