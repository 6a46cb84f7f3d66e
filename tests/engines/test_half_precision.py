"""Every engine in bfloat16, the format of a card, on tiny checkpoints: close to float32, and no part left behind in another format."""

import numpy as np
import pytest

from kbapp.core.content import ImageContent, TextContent
from kbapp.engines.language_model import ChatRequest, Turn
from kbapp.priors.schema import Guidance
from tests import checkpoints
from tests.lmm_prior import edited

pytestmark = pytest.mark.models

FILM = ImageContent(np.random.default_rng(0).integers(0, 255, (40, 50), np.uint8))
PRIOR = edited(guidance={"image": Guidance(steps=3, guidance_scale=3.0)})


def in_both(load):
    return load("float32"), load("bfloat16")


def test_the_language_model_answers():
    from kbapp.engines.qwen_vl import QwenVl

    model = QwenVl.load(checkpoints.qwen_vl(), device="cpu", dtype="bfloat16", max_pixels=56 * 56)
    held = ChatRequest(
        (Turn("user", "What?", (FILM,)),), {"type": "object", "properties": {}, "additionalProperties": False}, max_tokens=20
    )
    plain = ChatRequest((Turn("user", "What?", (FILM,)),), max_tokens=5, temperature=0.7)
    replies = model.chat([held, plain])
    assert replies[0].text == "{}" and replies[1].usage["completion_tokens"] == 5
    assert {str(p.dtype) for p in model.network.parameters()} == {"torch.bfloat16"}


@pytest.mark.parametrize("name", ["open_clip", "open_clip_hub_tower", "blip"])
def test_encoders_give_nearly_the_same_rows(name):
    from kbapp.engines.blip_encoder import BlipEncoder
    from kbapp.engines.open_clip_encoder import OpenClipEncoder

    kind = BlipEncoder if name == "blip" else OpenClipEncoder
    contents = [FILM, TextContent("the heart is enlarged"), TextContent("small left effusion")]
    exact, half = (e.embed(contents)[0] for e in in_both(lambda d: kind.load(getattr(checkpoints, name)(), device="cpu", dtype=d)))
    assert (exact * half).sum(axis=1).min() > 0.99 and half.dtype == np.float32


@pytest.mark.parametrize("refined", [False, True])
def test_sdxl_paints(refined):
    from kbapp.engines.sdxl import Sdxl

    more = (checkpoints.sdxl_refiner(),) if refined else ()
    exact, half = (
        e.generate(["a heart"], [3], PRIOR)[0].pixels.astype(int)
        for e in in_both(lambda d: Sdxl.load(checkpoints.sdxl(), *more, device="cpu", dtype=d))
    )
    assert abs(exact - half).mean() < 10 and np.ptp(half) > 20


def test_cheff_paints():
    from kbapp.engines.cheff import Cheff

    def load(dtype: str) -> Cheff:
        return Cheff.load(checkpoints.cheff(), checkpoints.cheff_tokenizer(), device="cpu", dtype=dtype, latent_size=8)

    exact, half = (e.generate(["the heart is enlarged"], [3], PRIOR)[0].pixels.astype(int) for e in in_both(load))
    assert abs(exact - half).mean() < 10 and np.ptp(half) > 20
