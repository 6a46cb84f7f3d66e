"""Joins requests that arrive together into one batch, and keeps a lane of the card to one batch at a time."""

import asyncio
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from kbapp.errors import Cancelled, CardBroken, EngineError, ModelBusy

Item = TypeVar("Item")
Result = TypeVar("Result")
Run = Callable[[Sequence[Item], Callable[[], bool]], Sequence[Result]]


@dataclass
class _Job(Generic[Item, Result]):
    key: Hashable
    item: Item
    done: "asyncio.Future[Result]" = field(repr=False)


class Batcher(Generic[Item, Result]):
    """run(items, should_stop) -> results, in a worker thread; one call at a time for all batchers that share the executor.

    Jobs of the same key may share a batch, at most `max_batch`; the first one waits `window_s` for company. More than `max_waiting`
    waiting jobs are refused with ModelBusy. When a batch fails its halves are tried, so that one bad request, or a card that is too
    small for all, costs the others nothing, unless the card is broken for all; a job whose caller has gone is dropped, and stops a running batch that nobody waits for.
    """

    def __init__(self, run: Run, executor: Executor, *, window_s: float = 0.01, max_batch: int = 16, max_waiting: int = 64):
        self._run, self._executor = run, executor
        self.window_s, self.max_batch, self.max_waiting = window_s, max_batch, max_waiting
        self._waiting: list[_Job] = []
        self._worker: asyncio.Task | None = None
        self.batches = self.batched = 0  # calls of `run`, and the jobs in them

    @property
    def waiting(self) -> int:
        return sum(not job.done.done() for job in self._waiting)

    def check_room(self) -> None:
        if self.waiting >= self.max_waiting:
            raise ModelBusy("too many requests are waiting; try again in a moment")

    async def submit(self, item: Item, key: Hashable = None) -> Result:
        """The item's result. Raises ModelBusy when too many wait, and what `run` raises. Cancel the awaiting task to withdraw."""
        self.check_room()
        job = _Job(key, item, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await job.done

    async def _work(self) -> None:
        while self._waiting:
            await asyncio.sleep(self.window_s)
            self._waiting = [job for job in self._waiting if not job.done.done()]
            if self._waiting:
                key = self._waiting[0].key
                batch = [job for job in self._waiting if job.key == key][: self.max_batch]
                self._waiting = [job for job in self._waiting if job not in batch]
                await self._do(batch)

    async def _do(self, batch: list[_Job]) -> None:
        batch = [job for job in batch if not job.done.done()]
        if not batch:
            return
        self.batches, self.batched = self.batches + 1, self.batched + len(batch)

        def nobody_waits() -> bool:
            return all(job.done.cancelled() for job in batch)

        try:
            loop = asyncio.get_running_loop()
            results = await loop.run_in_executor(self._executor, self._run, [job.item for job in batch], nobody_waits)
        except Exception as error:  # whatever breaks in an engine belongs to the callers of this batch, never to the worker
            await self._failed(batch, error)
            return
        for job, result in zip(batch, results, strict=True):
            if not job.done.done():
                job.done.set_result(result)

    async def _failed(self, batch: list[_Job], error: Exception) -> None:
        if len(batch) > 1 and isinstance(error, EngineError | Cancelled) and not isinstance(error, CardBroken):
            middle = len(batch) // 2
            await self._do(batch[:middle])
            await self._do(batch[middle:])
            return
        for job in batch:
            if not job.done.done():
                job.done.set_exception(error)
