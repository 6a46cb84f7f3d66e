"""Models that take turns on the card: who is there, how often they move, and that nothing comes out otherwise for it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from kbapp.core.content import TextContent
from kbapp.engines.language_model import ChatRequest, Turn
from kbapp.engines.openai_chat import OpenAiChat
from kbapp.engines.openai_images import OpenAiImages
from kbapp.engines.openai_server import OpenAiServer
from kbapp.errors import ModelBusy
from kbapp.server.house import House, Model
from kbapp.server.turns import Luggage, Turns
from tests import checkpoints
from tests.lmm_prior import SCENE
from tests.server.running import Counting, Echo, Flat, running

pytestmark = pytest.mark.models


class Light:
    """An engine without weights."""

    def weights(self):
        return []


class LightEcho(Echo, Light):
    pass


class LightFlat(Flat, Light):
    pass


def at_work(turns: Turns, name: str, seen: list, go: threading.Event | None = None) -> None:
    with turns.on_card(name):
        seen.append(name)
        if go is not None:
            go.wait(10)


def of_two(**manners) -> Turns:
    turns = Turns(**manners)
    for name in ("chat", "images"):
        turns.load(name, Light)
    return turns


def test_weights_come_as_copies_of_what_stays_on_the_host_and_give_the_same():
    import torch

    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4)).eval().requires_grad_(False)
    tensors, given = [*network.parameters(), *network.buffers()], torch.ones(2, 3)
    expected, home = network(given), [t.data_ptr() for t in tensors]
    luggage = Luggage(tensors)
    for _ in range(2):
        luggage.arrive()
        assert not {t.data_ptr() for t in tensors} & set(home) and torch.equal(network(given), expected)
        luggage.leave()
        assert [t.data_ptr() for t in tensors] == home


def test_a_card_without_room_is_told_as_busy_and_holds_nothing_of_the_model():
    import torch

    class Full(torch.Tensor):
        """The host's copy of a tensor that the card has no room for."""

        def to(self, *_, **__):
            raise torch.OutOfMemoryError("no room")

    first, second = (torch.nn.Parameter(torch.ones(3), requires_grad=False) for _ in range(2))
    luggage, home = Luggage([first, second]), first.data_ptr()
    luggage._all[1] = (second, torch.ones(3).as_subclass(Full), second.device)
    with pytest.raises(ModelBusy, match="no room"):
        luggage.arrive()
    assert first.data_ptr() == home


def test_a_model_moves_only_when_another_one_was_there():
    turns, seen = of_two(quiet_s=0), []
    for name in ("chat", "chat", "images", "images", "chat"):
        at_work(turns, name, seen)
    assert (seen, turns.moves) == (["chat", "chat", "images", "images", "chat"], 3)


def test_the_model_that_is_there_stays_while_it_has_work():
    turns, seen, go = of_two(quiet_s=1.0, patience_s=60), [], threading.Event()
    with ThreadPoolExecutor(3) as callers:
        callers.submit(at_work, turns, "chat", seen, go)
        while not seen:
            time.sleep(0.01)
        waiting = callers.submit(at_work, turns, "images", seen)
        go.set()
        for _ in range(3):  # the questions of other cases, one after the other
            callers.submit(at_work, turns, "chat", seen).result()
        waiting.result()
    assert (seen, turns.moves) == (["chat"] * 4 + ["images"], 2)


def test_a_model_that_waited_long_enough_has_its_turn_although_the_other_one_has_work():
    turns, seen = of_two(quiet_s=60, patience_s=0.2), []
    at_work(turns, "chat", seen)
    began = time.monotonic()
    at_work(turns, "images", seen)
    assert seen == ["chat", "images"] and 0.2 <= time.monotonic() - began < 30


def test_no_two_of_them_work_at_one_time_and_encoders_do_not_wait():
    echo, flat = LightEcho(), LightFlat()
    house = House(
        [Model("echo", "chat", lambda: echo), Model("flat", "images", lambda: flat), Model("count", "embeddings", Counting)],
        turns=Turns(quiet_s=0.01),
    )
    house.load_all()
    echo.go.clear()
    with running(house) as url, ThreadPoolExecutor(2) as callers:
        at = OpenAiServer(url, deadline_s=20)
        words = callers.submit(OpenAiChat(at, "echo").chat, [ChatRequest((Turn("user", "hello"),))])
        while not echo.batches:
            time.sleep(0.01)
        pictures = callers.submit(OpenAiImages(at, "flat").generate, ["a dog"], [7], SCENE)
        house.lanes.of("embeddings").thread.submit(house.models["count"].engine.embed, [TextContent("a dog")]).result(10)
        assert not flat.batches and not pictures.done()
        echo.go.set()
        assert words.result()[0].text == "hello" and len(pictures.result()) == 1
    assert house.turns.moves == 2


def test_real_engines_that_take_turns_give_what_they_give_side_by_side():
    from kbapp.engines.cheff import Cheff
    from kbapp.engines.qwen_vl import QwenVl
    from kbapp.engines.sdxl import Sdxl

    loads = {
        "reader": lambda: QwenVl.load(checkpoints.qwen_vl(), device="cpu", max_pixels=56 * 56),
        "sdxl": lambda: Sdxl.load(checkpoints.sdxl(), checkpoints.sdxl_refiner(), device="cpu"),
        "cheff": lambda: Cheff.load(checkpoints.cheff(), checkpoints.cheff_tokenizer(), device="cpu", latent_size=8),
    }
    work = {
        "reader": lambda engine: engine.chat(
            [ChatRequest((Turn("system", "It is read. " * 30), Turn("user", "What?")), max_tokens=8)]
        ),
        "sdxl": lambda engine: [p.sha256 for p in engine.generate(["a dog"], [1], SCENE)],
        "cheff": lambda engine: [p.sha256 for p in engine.generate(["a dog"], [1], SCENE)],
    }
    turns = Turns(quiet_s=0)
    engines = {name: turns.load(name, load) for name, load in loads.items()}
    for name in ("reader", "sdxl", "cheff", "reader", "cheff"):
        with turns.on_card(name):
            made = work[name](engines[name])
        assert made == work[name](loads[name]())
    assert turns.moves == 5
    for name, engine in engines.items():
        away = {t.data_ptr() for t in engine.weights()} == {kept.data_ptr() for _, kept, _ in turns._luggage[name]._all}
        assert away == (name != "cheff")
