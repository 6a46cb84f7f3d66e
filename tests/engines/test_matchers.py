"""BLIP's matching head and BLIP-2 on tiny random checkpoints, through the real loaders, against the networks' own scores."""

import numpy as np
import pytest

from kbapp.core.content import TextContent
from kbapp.engines.picture import to_pil
from kbapp.errors import InputError, ModelUnavailable
from tests import checkpoints
from tests.engines.test_encoders import FILMS, LONG, TEXTS

pytestmark = pytest.mark.models

PAIRS = [(film, text) for film in FILMS for text in TEXTS]
KINDS = ("blip-itm", "blip2", "blip2-itm")


@pytest.fixture(scope="module")
def matchers():
    from kbapp.engines.catalog import recipe

    paths = {kind: str(checkpoints.blip() if kind == "blip-itm" else checkpoints.blip2()) for kind in KINDS}
    return {kind: recipe(kind, {"engine": kind, "path": path}).load("cpu", "auto") for kind, path in paths.items()}


def by_the_network(matcher, kind: str, film, text) -> float:
    """One pair through the network's own forward and the processor's own input."""
    import torch

    processor = (_blip if kind == "blip-itm" else _blip2)()
    told = processor(images=to_pil(film), text=text.text, return_tensors="pt")
    told.pop("token_type_ids", None)
    with torch.inference_mode():
        if kind == "blip-itm":
            return float(matcher._network(**told, use_itm_head=True).itm_score.softmax(1)[0, 1])
        made = matcher._network(**told, use_image_text_matching_head=kind == "blip2-itm").logits_per_image
    return float(made.softmax(1)[0, 1] if kind == "blip2-itm" else made[0, 0])


def _blip():
    from transformers import BlipProcessor

    return BlipProcessor.from_pretrained(checkpoints.blip())


def _blip2():
    from transformers import Blip2Processor

    return Blip2Processor.from_pretrained(checkpoints.blip2())


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_of_pairs_gets_what_the_network_says_of_each_alone(matchers, kind):
    values, notes = matchers[kind].score(PAIRS)
    assert values.shape == (12,) and notes == ("",) * 12 and len(set(values.round(5))) > 6
    np.testing.assert_allclose(values, [by_the_network(matchers[kind], kind, *pair) for pair in PAIRS], atol=1e-5)
    turned, _ = matchers[kind].score([(text, film) for film, text in PAIRS])
    np.testing.assert_array_equal(values, turned)


@pytest.mark.parametrize("kind", KINDS)
def test_each_picture_goes_through_the_tower_once_and_a_long_text_in_windows(matchers, kind):
    matcher, seen = matchers[kind], []
    hook = matcher._network.vision_model.register_forward_hook(lambda _m, _a, made: seen.append(len(made.last_hidden_state)))
    try:
        values, notes = matcher.score([*PAIRS, (FILMS[0], LONG)])
    finally:
        hook.remove()
    assert seen == [3] and notes[-1].startswith("read as ") and set(notes[:-1]) == {""}
    np.testing.assert_allclose(values[:-1], matcher.score(PAIRS)[0], atol=1e-6)


def test_two_of_a_kind_are_refused_and_a_folder_of_another_model_is_no_blip2(matchers):
    with pytest.raises(InputError, match="a picture with a text"):
        matchers["blip2"].score([(TEXTS[0], TextContent("x"))])
    from kbapp.engines.blip2_matcher import Blip2Match

    with pytest.raises(ModelUnavailable):
        Blip2Match.load(checkpoints.blip(), device="cpu")


@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_gives_nearly_the_same(matchers, kind):
    from kbapp.engines.catalog import recipe

    path = checkpoints.blip() if kind == "blip-itm" else checkpoints.blip2()
    half = recipe(kind, {"engine": kind, "path": str(path)}).load("cpu", "bfloat16")
    np.testing.assert_allclose(half.score(PAIRS)[0], matchers[kind].score(PAIRS)[0], atol=0.1)
