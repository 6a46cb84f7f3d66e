"""Pictures are made while words are decoded, and nothing comes out otherwise for it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from kbapp.core.content import TextContent
from kbapp.engines.language_model import ChatRequest, Turn
from kbapp.engines.openai_chat import OpenAiChat
from kbapp.engines.openai_embeddings import OpenAiEmbeddings
from kbapp.engines.openai_images import OpenAiImages
from kbapp.engines.openai_server import OpenAiServer
from kbapp.server.house import House, Model
from kbapp.server.lanes import Lanes
from tests.lmm_prior import SCENE
from tests.server.running import Counting, Echo, Flat, running


class Meeting:
    """An engine that ends its work only when another one is at work as well."""

    size = Flat.size

    def __init__(self, engine, barrier: threading.Barrier):
        self.engine, self.barrier, self.id = engine, barrier, engine.id

    def chat(self, *given, **more):
        self.barrier.wait()
        return self.engine.chat(*given, **more)

    def generate(self, *given, **more):
        self.barrier.wait()
        return self.engine.generate(*given, **more)

    def embed(self, *given):
        self.barrier.wait()
        return self.engine.embed(*given)


def test_words_pictures_and_vectors_are_made_at_the_same_time():
    barrier = threading.Barrier(3, timeout=20)  # passed only when all three are at work
    house = House(
        [
            Model("echo", "chat", lambda: Meeting(Echo(), barrier)),
            Model("flat", "images", lambda: Meeting(Flat(), barrier)),
            Model("count", "embeddings", lambda: Meeting(Counting(), barrier)),
        ]
    )
    house.load_all()
    with running(house) as url, ThreadPoolExecutor(3) as callers:
        at = OpenAiServer(url, deadline_s=20)
        words = callers.submit(OpenAiChat(at, "echo").chat, [ChatRequest((Turn("user", "hello"),))])
        pictures = callers.submit(OpenAiImages(at, "flat").generate, ["a dog"], [7], SCENE)
        vectors = callers.submit(OpenAiEmbeddings(at, "count").embed, [TextContent("a dog")])
        assert words.result()[0].text == "hello" and len(pictures.result()) == 1 and vectors.result()[0].shape == (1, 2)
        assert house.lanes.overlapped >= 2  # the second and the third came while others ran


def test_two_of_one_lane_take_turns():
    lanes, at_once, most = Lanes(), [], []

    def run(name):
        at_once.append(name)
        most.append(len(at_once))
        threading.Event().wait(0.01)
        at_once.remove(name)

    embed, score = lanes.taking_turns("embeddings", run), lanes.taking_turns("scores", run)
    threads = [threading.Thread(target=one, args=(k,)) for k, one in enumerate([embed, score] * 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8 and lanes.overlapped == 0


def test_a_model_is_loaded_while_nothing_else_runs():
    lanes, running_now = Lanes(), threading.Event()
    go, seen = threading.Event(), []

    def run():
        running_now.set()
        go.wait(10)
        seen.append("ran")

    lanes.of("chat").thread.submit(lanes.taking_turns("chat", run))
    running_now.wait(10)
    threading.Timer(0.05, go.set).start()
    lanes.load("images", lambda: seen.append("loaded"))
    assert seen == ["ran", "loaded"]


@pytest.mark.models
def test_what_is_made_at_the_same_time_equals_what_is_made_in_turns(tiny_house, tiny_url):
    at = OpenAiServer(tiny_url, deadline_s=60)
    asked = [ChatRequest((Turn("user", f"What is seen, {k}?"),), max_tokens=24, temperature=0.8, seed=k) for k in range(3)]
    work = {
        "words": lambda: [r.text for r in OpenAiChat(at, "reader").chat(asked)],
        "pictures": lambda: [p.sha256 for p in OpenAiImages(at, "sdxl").generate(["a dog", "a cat"], [1, 2], SCENE)],
        "vectors": lambda: OpenAiEmbeddings(at, "clip").embed([TextContent("a dog"), TextContent("a cat on grass")])[0],
    }
    in_turns = {name: make() for name, make in work.items()}
    before = tiny_house.lanes.overlapped
    with ThreadPoolExecutor(3) as callers:
        made = {name: callers.submit(make) for name, make in work.items()}
    assert tiny_house.lanes.overlapped > before
    assert made["words"].result() == in_turns["words"] and made["pictures"].result() == in_turns["pictures"]
    assert np.array_equal(made["vectors"].result(), in_turns["vectors"])
