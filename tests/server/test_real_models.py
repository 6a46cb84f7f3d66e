"""The model server over tiny checkpoints: every /v1 route through the stock client."""

import base64
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import openai
import pytest
from PIL import Image

from kbapp.engines.picture import to_data_url
from kbapp.knowledge.lmm_reply import parse_reply, reply_schema
from tests.test_lmm_profile import FILM

pytestmark = pytest.mark.models


@pytest.fixture
def client(tiny_url):
    return openai.OpenAI(base_url=tiny_url, api_key="none", max_retries=0, timeout=120)


def test_chat_with_a_picture_and_the_same_as_a_stream(client):
    parts = [{"type": "image_url", "image_url": {"url": to_data_url(FILM, 10**6)}}, {"type": "text", "text": "What is seen?"}]
    asked = {"model": "reader", "messages": [{"role": "user", "content": parts}], "max_tokens": 12, "temperature": 1.5, "seed": 3}
    whole = client.chat.completions.create(**asked).choices[0]
    chunks = [chunk.choices[0] for chunk in client.chat.completions.create(**asked, stream=True)]
    assert "".join(c.delta.content or "" for c in chunks) == whole.message.content
    assert chunks[-1].finish_reason == whole.finish_reason
    assert sum(bool(c.delta.content) for c in chunks) > 1


def test_chat_held_to_a_schema(client):
    form = {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": reply_schema(("located in",))}}
    done = client.chat.completions.create(
        model="reader", messages=[{"role": "user", "content": "Find."}], response_format=form, max_tokens=700
    )
    if done.choices[0].finish_reason == "stop":
        parse_reply(done.choices[0].message.content)
    assert done.choices[0].message.content.startswith('{"triples": [')


@pytest.mark.parametrize(("model", "size"), [("sdxl", (16, 16)), ("cheff", (32, 32))])
def test_pictures(client, model, size):
    def make(seed: int) -> bytes:
        more = {"response_format": "b64_json", "extra_body": {"seed": seed, "num_inference_steps": 3}}
        done = client.images.generate(model=model, prompt="left effusion", size=f"{size[0]}x{size[1]}", **more)
        return base64.b64decode(done.data[0].b64_json)

    first, again, other = make(1), make(1), make(2)
    assert first == again != other and Image.open(BytesIO(first)).size == size


@pytest.mark.parametrize("model", ["clip", "blip"])
def test_embeddings_and_scores_agree(client, tiny_url, model):
    inputs = ["the heart is enlarged", "small left effusion", to_data_url(FILM, 10**6)]
    rows = np.array([row.embedding for row in client.embeddings.create(model=model, input=inputs).data])
    assert rows.shape[0] == 3 and np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)
    scored = client.post(
        "http://" + tiny_url.split("/")[2] + "/score",
        body={"model": model, "text_1": inputs[2], "text_2": inputs[:2]},
        cast_to=dict,
    )
    assert np.allclose([row["score"] for row in scored["data"]], rows[2] @ rows[:2].T, atol=1e-4)


def test_questions_asked_at_once_share_a_batch_and_are_answered_as_if_asked_alone(client, tiny_house):
    batcher = tiny_house.models["reader"].batcher

    def ask(k: int) -> str:
        messages = [{"role": "user", "content": "word " * (3 * k + 1)}]
        done = client.chat.completions.create(model="reader", messages=messages, max_tokens=6, temperature=1.5, seed=k)
        return done.choices[0].message.content

    alone = [ask(k) for k in range(4)]
    before = batcher.batches
    with ThreadPoolExecutor(4) as together:
        assert list(together.map(ask, range(4))) == alone
    assert batcher.batches < before + 4 and len(set(alone)) == 4


def test_a_model_stops_writing_for_a_client_that_has_gone(client, tiny_house):
    network, steps = tiny_house.models["reader"].engine.network, []
    hook = network.register_forward_hook(lambda *_: steps.append(1))
    asked = {"model": "reader", "messages": [{"role": "user", "content": "words"}], "temperature": 2.0}
    try:
        with pytest.raises(openai.APITimeoutError):
            client.with_options(timeout=0.5).chat.completions.create(**asked, max_tokens=8000)
        client.chat.completions.create(**asked, max_tokens=2)  # is answered once the card is free again
    finally:
        hook.remove()
    assert 2 < len(steps) < 4000
