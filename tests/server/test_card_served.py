"""What a caller, /readyz and the supervisor see when the card is full or fails: the real errors, raised by an engine without a card."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from kbapp.engines.checkpoint import room_on_card
from kbapp.server.card import Card, Memory
from kbapp.server.house import House, Model
from kbapp.server.serve import CARD_EXIT
from kbapp.server.turns import Turns
from tests.server.processes import free_port, started
from tests.server.running import Echo, Flat, house, running

pytestmark = pytest.mark.models

SCRIPT = """
import socket, sys
from kbapp.server.app import create_app
from kbapp.server.serve import answer
from tests.server.running import house
from tests.server.test_card_served import Carded
made, *_ = house(chat=Carded())
answer(create_app(made), made, socket.create_server(("127.0.0.1", int(sys.argv[1]))))
"""


class Carded(Echo):
    """Says what it was asked, unless that is the name of something that befalls the card."""

    def chat(self, requests, **more):
        import torch

        errors = {
            "full": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
            "assert": torch.AcceleratorError("CUDA error: device-side assert triggered"),
        }
        with room_on_card("these requests"):
            for request in requests:
                if request.turns[-1].text in errors:
                    raise errors[request.turns[-1].text]
            return super().chat(requests, **more)


def asked(url: str, text: str) -> tuple[int, dict, str | None]:
    """Status, body and Retry-After."""
    body = {"model": "echo", "messages": [{"role": "user", "content": text}]}
    return got(url, "POST", "/v1/chat/completions", body)


def got(url: str, method: str, path: str, body=None) -> tuple[int, dict, str | None]:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=20)
    connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read()), answer.headers["retry-after"]


def test_a_full_card_is_told_with_503_and_when_to_come_again_and_the_next_small_request_is_answered():
    made, *_ = house(window_s=0.3, chat=Carded())
    with running(made) as url, ThreadPoolExecutor(4) as pool:
        told = [pool.submit(asked, url, text) for text in ("a", "full", "b", "c")]
        statuses = [one.result()[0] for one in told]
        status, body, wait = told[1].result()
        assert statuses == [200, 503, 200, 200]
        assert (status, wait, body["error"]["code"]) == (503, "5", "card_full") and "smaller" in body["error"]["message"]
        assert asked(url, "small")[0] == 200 and got(url, "GET", "/readyz")[0] == 200


def test_three_refusals_in_a_row_make_the_server_red_when_the_memory_does_not_come_back():
    held = [10 * 2**30]
    made, *_ = house(chat=Carded(), card=Card(lambda: Memory(40 * 2**30 - held[0], held[0])))
    with running(made) as url:
        assert asked(url, "small")[0] == 200
        held[0] = 39 * 2**30
        assert [asked(url, "full")[1]["error"]["code"] for _ in range(3)] == ["card_full", "card_full", "card_broken"]
        status, said, _ = got(url, "GET", "/readyz")
        assert status == 503 and "does not come back" in said["card"]


def test_models_of_unlike_size_that_take_turns_leave_the_server_well_when_one_asks_for_too_much():
    class Turning(Carded):
        def weights(self):
            return []

    class TurningFlat(Flat):
        def weights(self):
            return []

    sizes = {"": 0, "echo": 30 * 2**30, "flat": 7 * 2**30}
    turns = Turns(quiet_s=0)
    card = Card(lambda: Memory(40 * 2**30 - sizes[turns.there], sizes[turns.there]))
    made = House([Model("echo", "chat", Turning), Model("flat", "images", TurningFlat)], turns=turns, card=card)
    made.load_all()
    with running(made) as url:
        assert asked(url, "small")[0] == 200
        assert got(url, "POST", "/v1/images/generations", {"model": "flat", "prompt": "a dog"})[0] == 200
        assert [asked(url, "full")[1]["error"]["code"] for _ in range(4)] == ["card_full"] * 4
        assert got(url, "GET", "/readyz")[0] == 200


def test_an_error_that_stays_is_told_to_all_of_its_batch_and_no_half_is_tried():
    made, chat, *_ = house(window_s=0.3, chat=Carded())
    with running(made) as url:
        with ThreadPoolExecutor(3) as pool:
            told = list(pool.map(lambda text: asked(url, text), ("assert", "a", "b")))
        assert [(status, wait) for status, _, wait in told] == [(503, "60")] * 3 and chat.batches == []
        assert made.models["echo"].batcher.batches == 1
        assert got(url, "GET", "/healthz")[0] == 200
        status, said, _ = got(url, "GET", "/readyz")
        assert status == 503 and said["ready"] is False and "device-side assert" in said["card"]
        assert {m["state"] for m in got(url, "GET", "/v1/models")[1]["data"]} == {"failed"}
        status, body, _ = asked(url, "again")
        assert status == 503 and body["error"]["code"] == "card_broken"


def test_the_process_answers_and_ends_with_its_own_exit_code_when_the_card_fails():
    port = free_port()
    process = started(port, "", SCRIPT, stderr=subprocess.PIPE, text=True)
    try:
        url = f"http://127.0.0.1:{port}"
        while got(url, "GET", "/readyz")[0] != 200:
            assert process.poll() is None
        assert asked(url, "assert")[1]["error"]["code"] == "card_broken"
        assert got(url, "GET", "/readyz")[0] == 503
        assert process.wait(20) == CARD_EXIT
        assert "device-side assert" in process.stderr.read()
    finally:
        process.kill()
