"""The health of the card. An error that spoils it for the whole process, or memory that does not come back, ends the process:
only a new one can use the card again.
"""

import gc
import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from kbapp.engines.card_faults import fault_of
from kbapp.errors import CardBroken, CardFull

log = logging.getLogger("kbapp.server")
FULL_IN_A_ROW = 3  # single jobs that found no room, without one that went well between them
LEAST_LOST = 256 * 2**20  # bytes; less is what the libraries keep for themselves once they have run


@dataclass(frozen=True)
class Memory:
    """Bytes on the card. room: what the next batch of this process could have. held: what this process keeps, other processes' left out."""

    room: int
    held: int


class Card:
    """memory: its reading, None where nobody can say.

    broken: why it is of no use any more; "" as long as it is well. when_broken: called once, from the thread that noticed; it must not
    wait for a batch. there: which of the models that take turns is on the card.
    """

    def __init__(self, memory: Callable[[], Memory | None] = lambda: None):
        self.broken = ""
        self.when_broken: Callable[[], None] = lambda: None
        self.there: Callable[[], str] = str
        self._memory = memory
        self._lock = Lock()
        self._running = self._full = 0
        self._held: dict[str, int] = {}  # by who was there: after the last batch that went well and was alone

    def watched(self, run: Callable) -> Callable:
        """`run(items, ...)`, with what it raises of the card as CardFull or CardBroken; refused once the card is broken."""

        def on_card(items, *given):
            if self.broken:
                raise CardBroken(self.broken)
            with self._lock:
                self._running += 1
            fault = None
            try:
                results = run(items, *given)
                self._went_well()
                return results
            except Exception as error:
                fault = fault_of(error)
                if fault is None:
                    raise
            finally:
                with self._lock:
                    self._running -= 1
            raise self._failed(fault, len(items))  # here the frames that held the tensors are gone

        return on_card

    @contextmanager
    def loading(self) -> Iterator[None]:
        """While a model is loaded: what the card held before says nothing afterwards."""
        with self._lock:
            self._running += 1
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1
                self._held.clear()

    def notice(self, error: BaseException) -> None:
        """An error from elsewhere, such as loading."""
        fault = fault_of(error)
        if isinstance(fault, CardBroken):
            self._break(str(fault))

    def _failed(self, fault: CardFull | CardBroken, jobs: int) -> CardFull | CardBroken:
        try:
            full = isinstance(fault, CardFull) and self._found_full(jobs)
        except RuntimeError as error:  # the card was asked how much room it has
            fault, full = fault_of(error) or fault, False
        if full:
            fault = CardBroken(
                f"the card had no room {FULL_IN_A_ROW} times in a row and its memory does not come back; the server has to be started again."
            )
        if isinstance(fault, CardBroken):
            self._break(str(fault))
        return fault

    def _found_full(self, jobs: int) -> bool:
        """Gives back what can be given, and says whether the memory is lost. Half of a batch may fit, so only single jobs count.

        Lost is what this process holds beyond what it held after a batch that went well, when that is more than is left: where none ever
        did, starting again would help nobody, nor where somebody merely asks for more than the card holds, or another process has it.
        """
        gc.collect()
        _empty_cache()
        with self._lock:
            self._full += jobs == 1
            if self._full < FULL_IN_A_ROW or self._running or (before := self._held.get(self.there())) is None:
                return False
            now = self._memory()
        return now is not None and now.held - before > max(now.room, LEAST_LOST)

    def _went_well(self) -> None:
        with self._lock:  # held while it is read: nobody else may begin meanwhile, and bring another model
            self._full = 0
            now = self._memory() if self._running == 1 else None
            if now is not None:
                self._held[self.there()] = now.held

    def _break(self, why: str) -> None:
        with self._lock:
            first, self.broken = not self.broken, self.broken or why
        if first:
            log.error(json.dumps({"card": "broken", "why": why}))
            self.when_broken()


def memory_on(device: str) -> Memory | None:
    """Of a CUDA device, with what this process only keeps for reuse as room; None for another device."""
    if not device.startswith("cuda"):
        return None
    import torch

    held = torch.cuda.memory_allocated(device)
    return Memory(torch.cuda.mem_get_info(device)[0] + torch.cuda.memory_reserved(device) - held, held)


def _empty_cache() -> None:
    torch = sys.modules.get("torch")  # whose card is full has it; the tests' engines do not need it
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
