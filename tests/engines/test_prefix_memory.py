"""Beginnings with pictures, computed once on a tiny random Qwen2-VL: the same replies and logits as without, and fewer tokens."""

import numpy as np
import pytest

from kbapp.core.content import ImageContent
from kbapp.engines.language_model import ChatRequest, Turn
from tests import checkpoints

pytestmark = pytest.mark.models

WIDE = ImageContent(np.tile(np.arange(250, dtype=np.uint8), (140, 1)))  # 9 x 5 cells: time, height and width part
TALL = ImageContent(np.tile(np.arange(240, dtype=np.uint8)[:, None], (1, 84)))
OTHER = ImageContent(255 - WIDE.pixels)
SYSTEM = Turn("system", "You read pictures with care and state only what they show. " * 6)
SCHEMA = {"type": "object", "properties": {"said": {"type": "string", "maxLength": 5}}, "required": ["said"]}


def load():
    from kbapp.engines.qwen_vl import QwenVl

    return QwenVl.load(checkpoints.qwen_vl(), device="cpu", max_pixels=280 * 280)


@pytest.fixture(scope="module")
def model():
    made = load()
    made.prefixes.least_tokens = 8  # every seam is cut
    return made


@pytest.fixture(scope="module")
def forgetful():
    """The same model, which never shares a beginning."""
    made = load()
    made.prefixes = None
    return made


def ask(text: str, *images, before: tuple[Turn, ...] = (SYSTEM,), **more) -> ChatRequest:
    return ChatRequest((*before, Turn("user", text, tuple(images))), **{"max_tokens": 10, **more})


TOLD = (
    SYSTEM,
    Turn("user", "Which things are there, and how many of each?", (WIDE,)),
    Turn("assistant", "Two small things, and a large one."),
)
LONGER = (*TOLD, Turn("user", "Look again.", (WIDE,)), Turn("assistant", "The first stands left of the others."))
ASKED = {
    "one picture": [ask("What?", WIDE), ask("And what else is there, at some length?", WIDE), ask("Where?", WIDE)],
    "several pictures": [ask("What?", WIDE), ask("Where is it?", TALL), ask("How large?", WIDE), ask("Of which colour is it?", TALL)],
    "two in a turn": [ask("Compare.", WIDE, TALL), ask("Which is larger?", WIDE, TALL), ask("Compare.", WIDE, OTHER)],
    "conversations": [ask("And now?", before=LONGER), ask("Where?", before=TOLD), ask("Again?", TALL, before=TOLD), ask("What?", OTHER)],
    "words beside": [ask("What?", TALL), ask("A text alone is asked about, which is a good deal longer than the others. " * 3)],
    "no beginning": [ask("What?", WIDE), ChatRequest((Turn("user", "Hm?"),), max_tokens=10)],
    "one prompt, several seeds": [ask("Write.", WIDE, temperature=1.0, seed=seed) for seed in range(3)],
    "held to JSON": [ask(f"What? {'And what else? ' * k}", TALL, schema=SCHEMA) for k in range(3)],
}  # fmt: skip


@pytest.mark.parametrize("kind", ASKED)
def test_a_beginning_with_pictures_gives_the_replies_that_the_whole_prompt_gives(model, forgetful, kind):
    model.prefixes.forget()
    expected = forgetful.chat(ASKED[kind])
    assert model.chat(ASKED[kind]) == expected  # computed
    assert model.chat(ASKED[kind]) == expected  # remembered


@pytest.mark.parametrize("kind", ASKED)
def test_a_beginning_with_pictures_gives_the_logits_that_the_whole_prompt_gives(model, forgetful, kind):
    """Of every row at each of four steps, in float32: positions go on behind a picture as they do in the whole prompt."""
    import torch

    with torch.inference_mode():
        seen = [_logits(one, ASKED[kind]) for one in (model, forgetful)]
    assert torch.allclose(*seen, rtol=0, atol=1e-5 * float(seen[1].abs().max()))


def _logits(model, requests):
    import torch

    made = model.network.generate(
        **model.prefixed(model._inputs(requests), requests),
        max_new_tokens=4,
        min_new_tokens=4,
        output_logits=True,
        return_dict_in_generate=True,
    )
    return torch.stack(made.logits)


def visual_tokens(model, requests) -> int:
    before = model.prefixes.visual
    model.chat(requests)
    return model.prefixes.visual - before


def test_a_picture_is_prefilled_once_whatever_is_asked_about_it(model):
    model.prefixes.forget()
    questions = [ask(f"Question {k} of many?", WIDE, max_tokens=1) for k in range(6)]
    assert visual_tokens(model, questions) == 9 * 5
    assert visual_tokens(model, [ask("A later one?", WIDE, max_tokens=1), ask("And of another?", TALL, max_tokens=1)]) == 9 * 3
    assert visual_tokens(model, questions) == 0


def test_a_picture_of_an_earlier_turn_is_not_prefilled_again(model):
    model.prefixes.forget()
    assert visual_tokens(model, [ask("What?", WIDE, max_tokens=1)]) == 45
    assert visual_tokens(model, [ask("And now?", before=TOLD, max_tokens=1)]) == 0
    assert visual_tokens(model, [ask("Look.", WIDE, before=TOLD, max_tokens=1)]) == 45  # attached anew, behind other words
    assert (
        visual_tokens(model, [ask("And now?", before=LONGER, max_tokens=1)]) <= 45
    )  # cut behind the answer, not behind the picture


def test_a_prompt_that_several_rows_share_is_prefilled_once(model):
    model.prefixes.forget()
    before = model.prefixes.prefilled
    replies = model.chat([ask("Write a report of it.", WIDE, temperature=1.0, seed=seed, max_tokens=1) for seed in range(5)])
    assert model.prefixes.prefilled - before == replies[0].usage["prompt_tokens"] + 4  # the last token of each row is its own


def test_a_beginning_that_is_too_short_for_a_pass_of_its_own_goes_along(model):
    short = load()
    before = short.prefixes.computed
    short.chat([ChatRequest((Turn("system", "Be brief."), Turn("user", "What?", (TALL,))), max_tokens=1)])
    assert (short.prefixes.computed - before, short.prefixes.kept_bytes) == (0, 0)


def test_what_does_not_fit_the_memory_is_computed_anew_and_gives_the_same(forgetful):
    from kbapp.engines.prefix_memory import PrefixMemory

    small = load()
    plenty = small.prefixes
    plenty.least_tokens = 8
    small.chat(ASKED["several pictures"])
    small.prefixes = PrefixMemory(small.network, plenty.turn_start, most_bytes=plenty.kept_bytes - 1)
    small.prefixes.least_tokens = 8
    for kind in ("several pictures", "one picture", "several pictures"):
        assert small.chat(ASKED[kind]) == forgetful.chat(ASKED[kind])
        assert 0 < small.prefixes.kept_bytes <= plenty.kept_bytes - 1
    assert small.prefixes.computed > plenty.computed
