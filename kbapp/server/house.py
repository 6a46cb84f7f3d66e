"""The models of the server: loaded one after the other, each behind its batcher in the lane of its role."""

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from kbapp.core.content import Content, ImageContent
from kbapp.engines.card_faults import fault_of
from kbapp.engines.language_model import ChatReply, ChatRequest
from kbapp.engines.matcher import Pair
from kbapp.errors import Cancelled, CardBroken, CardFull, KbError, ModelUnavailable, NotFound
from kbapp.server.batcher import Batcher
from kbapp.server.card import Card
from kbapp.server.lanes import Lanes
from kbapp.server.turns import IN_TURNS, Turns
from kbapp.server.wire import prior_of

log = logging.getLogger("kbapp.server")


@dataclass
class Model:
    """name: to the outside. role: "chat", "images", "embeddings" or "scores". state: "loading", "ready" or "failed" with `why`."""

    name: str
    role: str
    load: Callable[[], Any] = field(repr=False)
    engine: Any = None
    batcher: Batcher | None = field(default=None, repr=False)
    state: str = "loading"
    why: str = ""

    @property
    def id(self) -> str:
        return self.engine.id if self.engine is not None else ""


class House:
    """All models of one card. One batch of each lane is on it at a time; requests wait in the batchers.

    turns: given where the chat and image models do not fit on the card together. card: what is known of its health.
    """

    def __init__(
        self,
        models: Sequence[Model],
        *,
        window_s: float = 0.01,
        max_waiting: int = 64,
        turns: Turns | None = None,
        card: Card | None = None,
    ):
        self.models = {model.name: model for model in models}
        self.lanes, self.turns, self.card = Lanes(), turns, card or Card()
        self._stopped = False
        if turns is not None:
            self.card.there = lambda: turns.there
        for model in models:
            turn = partial(turns.on_card, model.name) if turns and model.role in IN_TURNS else nullcontext
            run = self.card.watched(self.lanes.taking_turns(model.role, _RUNS[model.role](model), turn))
            thread = self.lanes.of(model.role).thread
            model.batcher = Batcher(run, thread, window_s=window_s, max_waiting=max_waiting)

    def start(self) -> None:
        """Load everything in the background, in order."""
        threading.Thread(target=self.load_all, name="loading", daemon=True).start()

    def load_all(self) -> None:
        """A model that cannot be loaded is told by its state and in the log; the others go on."""
        for model in self.models.values():
            began = time.monotonic()
            try:
                turns = self.turns is not None and model.role in IN_TURNS
                load = partial(self.turns.load, model.name, model.load) if turns else model.load
                with self.card.loading():
                    model.engine = self.lanes.load(model.role, load)
                model.state = "ready"
            except Exception as error:  # whatever a library does with a strange checkpoint: no other model waits for this one
                if self._stopped:
                    return
                if not isinstance(error, KbError):
                    log.warning("loading %s", model.name, exc_info=True)
                self.card.notice(error)
                model.state, model.why = "failed", _said(error)
            seconds = round(time.monotonic() - began, 1)
            log.info(
                json.dumps({"model": model.name, "state": model.state, "s": seconds} | ({"why": model.why} if model.why else {}))
            )

    def stop(self) -> None:
        self._stopped = True
        self.lanes.stop()

    @property
    def is_ready(self) -> bool:
        return not self.card.broken and all(model.state == "ready" for model in self.models.values())

    def model(self, name: str, *roles: str) -> Model:
        """Raises NotFound for a name that serves none of these roles, ModelUnavailable while it is loading or when it could not be."""
        model = self.models.get(name)
        if model is None or model.role not in roles:
            served = ", ".join(m.name for m in self.models.values() if m.role in roles) or "none"
            raise NotFound(f"no model of that name serves {' or '.join(roles)}; served: {served}", code="model_not_found")
        if self.card.broken:
            raise CardBroken(self.card.broken)
        if model.state != "ready":
            raise ModelUnavailable(
                f"the model {name} is {model.state}" + (f": {model.why}" if model.why else "; try again in a moment")
            )
        return model


def _said(error: Exception) -> str:
    fault = fault_of(error)
    if isinstance(fault, CardFull):
        return "the card has no room for it beside the others; kbapp serve --plan says what they take"
    if isinstance(error, KbError) or fault is not None:
        return str(fault or error)
    return f"it cannot be loaded ({type(error).__name__}); the server's log says why"


@dataclass(frozen=True)
class Ask:
    """A chat request; `on_text` is told the text so far, from the lane's thread, for a caller who wants it as a stream."""

    request: ChatRequest
    on_text: Callable[[str], None] | None = None


def _chat(model: Model):
    def run(asks: Sequence[Ask], should_stop: Callable[[], bool]) -> list[ChatReply]:
        told = {k: ask.on_text for k, ask in enumerate(asks) if ask.on_text is not None}
        return model.engine.chat([ask.request for ask in asks], should_stop=should_stop, on_text=told)

    return run


@dataclass(frozen=True)
class Order:
    """One picture to make. guidance: see `ImagesBody.guidance`; equal within a batch."""

    prompt: str
    seed: int
    guidance: tuple


def _images(model: Model):
    def run(orders: Sequence[Order], should_stop: Callable[[], bool]) -> list[ImageContent]:
        def on_step(step: int, steps: int) -> None:
            if should_stop():
                raise Cancelled("nobody waits for these pictures")

        prior = prior_of(orders[0].guidance)
        return model.engine.generate([o.prompt for o in orders], [o.seed for o in orders], prior, on_step=on_step)

    return run


def _embeddings(model: Model):
    def run(lists: Sequence[Sequence[Content]], should_stop: Callable[[], bool]) -> list[tuple[np.ndarray, tuple[str, ...]]]:
        """Several requests' contents in one call, handed back apart."""
        rows, notes = model.engine.embed([content for contents in lists for content in contents])
        ends = np.cumsum([len(contents) for contents in lists])
        return [(rows[e - len(c) : e], notes[e - len(c) : e]) for e, c in zip(ends, lists, strict=True)]

    return run


def _scores(model: Model):
    def run(lists: Sequence[Sequence[Pair]], should_stop: Callable[[], bool]) -> list[tuple[np.ndarray, tuple[str, ...]]]:
        """Several requests' pairs in one call, handed back apart."""
        values, notes = model.engine.score([pair for pairs in lists for pair in pairs])
        ends = np.cumsum([len(pairs) for pairs in lists])
        return [(values[e - len(p) : e], notes[e - len(p) : e]) for e, p in zip(ends, lists, strict=True)]

    return run


_RUNS = {"chat": _chat, "images": _images, "embeddings": _embeddings, "scores": _scores}
