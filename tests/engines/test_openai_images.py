"""OpenAiImages against a loopback server."""

import base64

import numpy as np
import pytest
from PIL import Image

from kbapp.engines.openai_images import OpenAiImages
from kbapp.engines.openai_server import OpenAiServer
from kbapp.engines.picture import to_png
from kbapp.errors import Cancelled, GenerationError, ModelUnavailable
from kbapp.priors.schema import Guidance
from tests.engines.stub_server import serving
from tests.lmm_prior import edited

PRIOR = edited(guidance={"image": Guidance(negative_prompt="letters", guidance_scale=4.0, steps=12)})


def made(level: int) -> dict:
    png = to_png(Image.fromarray(np.full((4, 6, 3), level, np.uint8)))
    return {"created": 0, "data": [{"b64_json": base64.b64encode(png).decode()}]}


def images(stub) -> OpenAiImages:
    return OpenAiImages(OpenAiServer(stub.url, deadline_s=5), "sdxl", size="64x64")


def test_each_prompt_is_one_request_with_its_seed_and_the_priors_guidance():
    with serving(lambda path, body: (200, made(body["seed"]))) as stub:
        steps = []
        pictures = images(stub).generate(["a", "b"], [10, 20], PRIOR, on_step=lambda k, n: steps.append((k, n)))
    assert [int(p.pixels[0, 0]) for p in pictures] == [10, 20] and pictures[0].pixels.shape == (4, 6)
    bodies = {body["prompt"]: body for path, body in stub.seen if path == "/v1/images/generations"}
    assert bodies["a"]["seed"] == 10 and bodies["b"]["seed"] == 20
    wanted = {
        "n": 1,
        "size": "64x64",
        "response_format": "b64_json",
        "negative_prompt": "letters",
        "guidance_scale": 4.0,
        "num_inference_steps": 12,
    }
    assert wanted.items() <= bodies["a"].items()
    assert steps == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({"created": 0, "data": []}, GenerationError),
        ({"created": 0, "data": [{"url": "http://elsewhere/x.png"}]}, GenerationError),
        ({"created": 0, "data": [{"b64_json": "bm8gcGljdHVyZQ=="}]}, GenerationError),
        ({"created": 0, "data": [{"b64_json": "%%%"}]}, GenerationError),
        (b"<html></html>", ModelUnavailable),
    ],
)
def test_an_answer_without_a_picture_is_refused(value, error):
    with serving(lambda path, body: (200, value)) as stub, pytest.raises(error):
        images(stub).generate(["a"], [1], PRIOR)


def test_a_picture_of_absurd_size_is_refused_from_its_header():
    big = to_png(Image.new("1", (8000, 8000)))
    answer = {"created": 0, "data": [{"b64_json": base64.b64encode(big).decode()}]}
    with serving(lambda path, body: (200, answer)) as stub, pytest.raises(GenerationError, match="too large"):
        images(stub).generate(["a"], [1], PRIOR)


def test_the_person_can_stop_between_pictures():
    def stop(k, n):
        raise Cancelled("stopped")

    with serving(lambda path, body: (200, made(1))) as stub, pytest.raises(Cancelled):
        images(stub).generate(["a", "b"], [1, 2], PRIOR, on_step=stop)
