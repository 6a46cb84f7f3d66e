"""What a server's list of models says, taken with care: it may be anybody's server."""

import httpx
import pytest

from kbapp.engines.served import Served, _states


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ({}, Served("ready")),
        ({"max_model_len": 32768}, Served("ready", context=32768)),
        ({"state": "loading", "role": "chat", "waiting": 2}, Served("loading", "chat", None, 2)),
        ({"max_model_len": "long", "waiting": -1}, Served("ready")),
        ({"max_model_len": True, "waiting": 1.5}, Served("ready")),
    ],
)
def test_a_model_is_told_with_what_its_server_says_and_nonsense_is_left_out(told, seen):
    assert dict(_states(httpx.Response(200, json={"data": [{"id": "m", **told}]}))) == {"m": seen}


@pytest.mark.parametrize("body", ["", "<html>", "[]", "{}", '{"data": [1]}', '{"data": [{"id": "a"}, null]}'])
def test_what_is_no_list_of_models_tells_of_none(body):
    assert not _states(httpx.Response(200, text=body))
