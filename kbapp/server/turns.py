"""Models that do not fit on the card together are on it one after the other.

Weights are only read: a copy stays on the host, comes to the card when its model has work, and is dropped there when another one needs the
room, so nothing is ever copied back. Encoders stay on the card.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Condition
from typing import TYPE_CHECKING, Any

from kbapp.engines.checkpoint import room_on_card
from kbapp.errors import CardFull

if TYPE_CHECKING:
    import torch

IN_TURNS = ("chat", "images")
"""Roles of the models that take turns."""


class Luggage:
    """The tensors of one model: on the host until they are brought to where they were loaded."""

    def __init__(self, tensors: Sequence["torch.Tensor"]):
        self._all = [(tensor, tensor.detach().cpu(), tensor.device) for tensor in tensors]
        self.leave()

    def arrive(self) -> None:
        """Raises CardFull, and leaves, when the card has no room."""
        try:
            with room_on_card("the model whose turn it is"):
                for tensor, kept, device in self._all:
                    tensor.data = kept.to(device, copy=True)
        except CardFull:
            self.leave()
            raise

    def leave(self) -> None:
        import torch

        for tensor, kept, _ in self._all:
            tensor.data = kept
        torch.cuda.empty_cache()  # memory that one stream gave back is not another's otherwise; nothing happens without a card


class Turns:
    """moves: how often a model came to the card after it was loaded.

    The model that is there stays while it has work, since a swap takes seconds: another one waits until it was idle for `quiet_s`, or for
    `patience_s` at most.
    """

    def __init__(self, *, quiet_s: float = 0.3, patience_s: float = 20):
        self.moves = 0
        self._quiet_s, self._patience_s = quiet_s, patience_s
        self._luggage: dict[str, Luggage] = {}
        self._there = ""
        self._busy, self._ended = False, 0.0
        self._changed = Condition()

    @property
    def there(self) -> str:
        """The model on the card; "" when there is none."""
        return self._there

    def load(self, name: str, load: Callable[[], Any]) -> Any:
        """An engine, loaded alone; its weights wait on the host."""
        with self._turn(name):
            self._make_room()
            engine = load()
            self._luggage[name] = Luggage(engine.weights())
            return engine

    @contextmanager
    def on_card(self, name: str) -> Iterator[None]:
        """The model of this name is on the card, and no other one works."""
        with self._turn(name):
            if self._there != name:
                self._make_room()
                self._luggage[name].arrive()
                self._there, self.moves = name, self.moves + 1
            yield

    def _make_room(self) -> None:
        if self._there:
            self._luggage[self._there].leave()
            self._there = ""

    @contextmanager
    def _turn(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        with self._changed:
            while self._busy or (wait := self._to_wait(name, began)) > 0:
                self._changed.wait(None if self._busy else wait)
            self._busy = True
        try:
            yield
        finally:
            with self._changed:
                self._busy, self._ended = False, time.monotonic()
                self._changed.notify_all()

    def _to_wait(self, name: str, began: float) -> float:
        """Seconds, for the sake of the model that is there."""
        if self._there in ("", name):
            return 0
        return min(self._ended + self._quiet_s, began + self._patience_s) - time.monotonic()
