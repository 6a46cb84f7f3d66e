"""A model server in this process on a free port of loopback, and engines that answer at once."""

import threading
import time
from contextlib import contextmanager

import numpy as np
import uvicorn

from kbapp.core.content import ImageContent
from kbapp.engines.language_model import ChatReply
from kbapp.server.app import create_app
from kbapp.server.house import House, Model


@contextmanager
def running(house: House, stop_s: int | None = None, **options):
    """Its address up to and with /v1. stop_s: how long requests may go on when it is stopped; None: as long as they take."""
    app = create_app(house, **options)
    config = uvicorn.Config(app, port=0, log_level="error", access_log=False, timeout_graceful_shutdown=stop_s)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join(10)


class Echo:
    """A chat engine that says what it was asked, word by word; remembers the sizes of its batches; may be held back."""

    id = "echo@1"

    def __init__(self):
        self.batches: list[list] = []
        self.go = threading.Event()
        self.go.set()
        self.stopped = threading.Event()
        self.failing: dict[str, Exception] = {}

    def chat(self, requests, *, should_stop=lambda: False, on_text=None):
        self.batches.append(list(requests))
        while not self.go.wait(0.02):
            if should_stop():
                self.stopped.set()
                return [ChatReply("")] * len(requests)
        for request in requests:
            if request.turns[-1].text in self.failing:
                raise self.failing[request.turns[-1].text]
        for k, tell in (on_text or {}).items():
            words = requests[k].turns[-1].text.split(" ")
            for end in range(1, len(words) + 1):
                tell(" ".join(words[:end]))
        return [self._reply(request) for request in requests]

    def _reply(self, request) -> ChatReply:
        turn = request.turns[-1]
        text = "{}" if request.schema else turn.text
        seen = "".join(f"[{i.pixels.shape[1]}x{i.pixels.shape[0]}]" for i in turn.images)
        return ChatReply(seen + text, "stop", {"prompt_tokens": 3, "completion_tokens": 2})


class Scripted(Echo):
    """A chat engine that reads and writes as the scripted model of the profile's tests does."""

    id = "scripted@1"

    def _reply(self, request) -> ChatReply:
        from tests.test_lmm_profile import scripted_answer

        return ChatReply(scripted_answer(request))


class Flat:
    """An image engine: one grey level per seed."""

    id = "flat@1"
    max_prompt_words = 10
    size = (6, 4)

    def __init__(self):
        self.batches: list[tuple] = []

    def generate(self, prompts, seeds, prior, *, on_step=lambda step, steps: None):
        self.batches.append((list(prompts), list(seeds), prior.prior.guidance["image"]))
        on_step(1, 1)
        return [ImageContent(np.full((4, 6), seed % 256, np.uint8)) for seed in seeds]


class Counting:
    """An encoder: length of the text, or mean of the picture, as an angle."""

    id = "counting@1"

    def __init__(self):
        self.batches: list[int] = []

    def embed(self, contents):
        self.batches.append(len(contents))
        values = np.array([c.pixels.mean() if isinstance(c, ImageContent) else len(c.text) for c in contents], np.float32) / 100
        return np.stack([np.cos(values), np.sin(values)], axis=1), tuple("long" if v > 2 else "" for v in values)


def house(window_s: float = 0.05, chat: Echo | None = None, **more) -> tuple[House, Echo, Flat, Counting]:
    chat, images, encoder = chat or Echo(), Flat(), Counting()
    models = [
        Model("echo", "chat", lambda: chat),
        Model("flat", "images", lambda: images),
        Model("count", "embeddings", lambda: encoder),
    ]
    made = House(models, window_s=window_s, **more)
    made.load_all()
    return made, chat, images, encoder
