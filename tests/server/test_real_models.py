"""The model server over tiny checkpoints: every /v1 route through the stock client, and a whole completion through the workbench's profile."""

import base64
import json
from io import BytesIO

import numpy as np
import openai
import pytest
from PIL import Image

from kbapp.core.case import Case
from kbapp.core.content import ImageContent, TextContent
from kbapp.engines.picture import to_data_url
from kbapp.knowledge.lmm_reply import parse_reply, reply_schema
from kbapp.pipeline import complete
from kbapp.profiles import engines_for
from kbapp.server.serve import house_of, read_settings
from kbapp.settings import Settings
from tests import checkpoints
from tests.server.running import running
from tests.test_lmm_profile import EFFUSION, FILM, TINY_PRIOR, taught_model

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    paths = {
        "reader": ("qwen-vl", {"path": taught_model(), "max_pixels": 56 * 56}),
        "sdxl": ("sdxl", {"path": checkpoints.sdxl(), "refiner": checkpoints.sdxl_refiner()}),
        "cheff": ("cheff", {"checkpoint": checkpoints.cheff(), "tokenizer": checkpoints.cheff_tokenizer(), "latent_size": 8}),
        "clip": ("open-clip", {"path": checkpoints.open_clip()}),
        "blip": ("blip", {"path": checkpoints.blip()}),
    }
    lines = ['device = "cpu"', "window_ms = 50"]
    for name, (engine, options) in paths.items():
        lines += [f"[models.{name}]", f'engine = "{engine}"']
        lines += [f"{key} = {value if isinstance(value, int) else json.dumps(str(value))}" for key, value in options.items()]
    (folder / "models.toml").write_text("\n".join(lines))
    made = house_of(read_settings(folder / "models.toml"))
    made.load_all()
    assert made.is_ready, [m.why for m in made.models.values()]
    return made


@pytest.fixture(scope="module")
def url(house):
    with running(house) as address:
        yield address


@pytest.fixture
def client(url):
    return openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=120)


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
        done = client.images.generate(
            model=model, prompt="left effusion", response_format="b64_json", extra_body={"seed": seed, "num_inference_steps": 3}
        )
        return base64.b64decode(done.data[0].b64_json)

    first, again, other = make(1), make(1), make(2)
    assert first == again != other and Image.open(BytesIO(first)).size == size


@pytest.mark.parametrize("model", ["clip", "blip"])
def test_embeddings_and_scores_agree(client, url, model):
    inputs = ["the heart is enlarged", "small left effusion", to_data_url(FILM, 10**6)]
    rows = np.array([row.embedding for row in client.embeddings.create(model=model, input=inputs).data])
    assert rows.shape[0] == 3 and np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)
    scored = client.post(
        "http://" + url.split("/")[2] + "/score", body={"model": model, "text_1": inputs[2], "text_2": inputs[:2]}, cast_to=dict
    )
    assert np.allclose([row["score"] for row in scored["data"]], rows[2] @ rows[:2].T, atol=1e-4)


@pytest.mark.parametrize("image_model", ["sdxl", "cheff"])
def test_a_report_is_completed_through_server_and_profile(url, house, image_model, tmp_path):
    settings = Settings(
        storage=tmp_path, profile="server", model_url=url, model="reader", image_model=image_model, embedding_model="clip"
    )
    before = house.models[image_model].batcher.batches
    done = complete(Case((EFFUSION,)), TINY_PRIOR, engines_for(settings), n=3)
    assert done.reading.graph.heads == ("pleural effusion, left",)
    assert len(done.candidates) == 3 and all(isinstance(c.content, ImageContent) for c in done.candidates)
    assert all(score.qs is not None for score in done.scores)
    assert house.models[image_model].batcher.batches == before + 1  # three prompts, one batch


def test_a_film_is_completed_through_server_and_profile(url, tmp_path):
    settings = Settings(storage=tmp_path, profile="server", model_url=url, model="reader", embedding_model="blip")
    done = complete(Case((FILM,)), TINY_PRIOR, engines_for(settings), n=1)
    assert isinstance(done.candidates[0].content, TextContent)
    assert done.scores[0].parts["graph"].value == 100
