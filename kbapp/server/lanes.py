"""Who may have the card at one time: one batch of each kind of work, so that pictures are made while a language model decodes.

Decoding waits for memory and leaves the arithmetic units idle, which is what diffusion is bound by. Batches of one kind never run side by
side, so a reply does not depend on what else is asked.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext
from threading import Lock
from typing import Any

LANES = {"chat": "words", "images": "pictures", "embeddings": "vectors", "scores": "vectors"}
"""Lane by role. What shares a lane takes turns."""


class Lane:
    """A thread with a stream of its own on the card. running: whether a batch is on it now; overlapped: batches begun while another lane ran."""

    def __init__(self, name: str):
        self.thread = ThreadPoolExecutor(1, thread_name_prefix=f"card-{name}", initializer=_own_stream)
        self.free = Lock()
        self.running = False
        self.overlapped = 0


class Lanes:
    def __init__(self):
        self._lanes = {name: Lane(name) for name in sorted(set(LANES.values()))}

    def of(self, role: str) -> Lane:
        return self._lanes[LANES[role]]

    @property
    def overlapped(self) -> int:
        return sum(lane.overlapped for lane in self._lanes.values())

    def taking_turns(self, role: str, run: Callable, turn: Callable[[], AbstractContextManager] = nullcontext) -> Callable:
        """`run`, not while a model is loaded. turn: entered before it runs, for models that share the room on the card."""
        lane = self.of(role)
        others = [other for other in self._lanes.values() if other is not lane]

        def in_lane(*given):
            with lane.free, turn():
                lane.running = True  # before it looks at the others: of two that begin at one time, one sees the other
                lane.overlapped += any(other.running for other in others)
                try:
                    return run(*given)
                finally:
                    lane.running = False

        return in_lane

    def load(self, role: str, load: Callable[[], Any]) -> Any:
        """Alone on the card: while they load, the libraries change settings of the whole process, the default number format among them."""

        def alone():
            with ExitStack() as stack:
                for lane in self._lanes.values():
                    stack.enter_context(lane.free)
                return load()

        return self.of(role).thread.submit(alone).result()

    def stop(self) -> None:
        for lane in self._lanes.values():
            lane.thread.shutdown(wait=False, cancel_futures=True)


def _own_stream() -> None:
    """On the default stream the lanes would wait for each other, kernel by kernel."""
    import sys

    torch = sys.modules.get("torch")  # `serve` has looked for a card with it; engines without torch need none
    if torch is not None and torch.cuda.is_available():
        torch.cuda.set_stream(torch.cuda.Stream())
