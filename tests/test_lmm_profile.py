"""Whole completions on a profile of language models: scripted ones, and tiny checkpoints through the real loaders."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from kbapp.core.case import Case
from kbapp.core.content import ImageContent, Modality, TextContent
from kbapp.core.difference import FactClass
from kbapp.core.evidence import ModelAnswer, TextSpan
from kbapp.core.score import PartScore
from kbapp.errors import ExtractionError
from kbapp.generation.lmm_writer import LmmWriter
from kbapp.knowledge.lmm_reader import LmmReader
from kbapp.pipeline import Engines, complete, regenerate
from kbapp.priors.schema import Guidance
from kbapp.priors.version import PriorVersion
from kbapp.ranking.scorer import EncoderScorer
from tests import checkpoints
from tests.lmm_prior import PRIOR, SCENE, edited, reply, statement
from tests.scripted import ScriptedModel

REPORT = TextContent("Small left pleural effusion. The heart is enlarged. No consolidation.")
FACTS = {  # words of a text -> what they say; and the column of a film where the painter below draws it
    "left pleural effusion": (statement("pleural effusion, left", "located in", "pleura"), 0),
    "right pleural effusion": (statement("pleural effusion, right", "located in", "pleura"), 1),
    "cardiomegaly": (statement("cardiomegaly", "located in", "heart"), 2),
    "heart is enlarged": (statement("cardiomegaly", "located in", "heart"), 2),
}


def seen_in(request) -> list[str]:
    """The keys of FACTS that stand in the material, or that are bright in the picture."""
    turn = request.turns[-1]
    if turn.images:
        bright = turn.images[0].pixels[0] > 128
        return [words for words, (_, column) in FACTS.items() if bright[column] and words != "heart is enlarged"]
    material = turn.text.split("<<<")[1].split(">>>")[0].lower()
    side = {"left pleural effusion": r"left[\w ]*effusion|effusion[\w ,:]*left", "right pleural effusion": r"right[\w ]*effusion"}
    return [words for words in FACTS if re.search(side.get(words, words), material)]


def scripted_answer(request) -> str:
    """A model that reads FACTS, and writes a report out of the description it is given."""
    text = request.turns[-1].text
    if request.schema:
        quoted = [(FACTS[words][0], _quote(words, request)) for words in seen_in(request)]
        return reply(*({**said, "quote": quote} for said, quote in quoted))
    if "Write the" in text:
        told = " ".join(text.split("<<<")[1].split(">>>")[0].split())
        return f"Findings: {told}\nImpression: Version {request.seed % 1000}."
    return f"There is: {', '.join(seen_in(request)) or 'nothing'}."


def _quote(words: str, request) -> str:
    if request.turns[-1].images:
        return words
    found = re.search(r"[^.\n]*\b(effusion|cardiomegaly|heart)\b[^.\n]*", request.turns[-1].text.split("<<<")[1], re.IGNORECASE)
    return found.group().strip()


class Painter:
    """An ImageGenerator that draws each fact of FACTS as a bright column, and the seed as a grey one."""

    id = "painter@1"
    max_prompt_words = 60

    def generate(self, prompts, seeds, prior, *, on_step=lambda step, steps: None):
        on_step(1, 1)
        return [self._one(prompt.lower(), seed) for prompt, seed in zip(prompts, seeds, strict=True)]

    def not_shown(self, prompt, prior):
        return ()

    def _one(self, prompt: str, seed: int) -> ImageContent:
        pixels = np.zeros((4, 5), np.uint8)
        for words, (_, column) in FACTS.items():
            parts = words.split()
            if all(part in prompt for part in parts):
                pixels[:, column] = 255
        pixels[:, 4] = [(seed >> shift) % 256 for shift in (0, 8, 16, 24)]
        return ImageContent(pixels)


class Lengths:
    """A Scorer that has an opinion about anything."""

    name = id = "lengths"

    def similarity(self, source, candidates, prior):
        return [PartScore(50.0 + k) for k in range(len(candidates))]


def engines(model, painter=None, scorers=None) -> Engines:
    reader = LmmReader(model)
    return Engines(
        "test", {Modality.TEXT: reader, Modality.IMAGE: reader}, LmmWriter(model), painter or Painter(), scorers or (Lengths(),)
    )


def test_a_report_becomes_five_ranked_pictures():
    model = ScriptedModel(scripted_answer)
    done = complete(Case((REPORT,)), PRIOR, engines(model), n=5)
    heads = set(done.reading.graph.heads)
    assert {"pleural effusion, left", "cardiomegaly"} <= heads
    assert all(isinstance(t.evidence[0], TextSpan) for t in done.reading.graph.triples)
    assert len(done.candidates) == 5 and len({c.content.sha256 for c in done.candidates}) == 5
    assert all(isinstance(e, ModelAnswer) for r in done.candidate_readings for t in r.graph.triples for e in t.evidence)
    assert all(score.qs is not None for score in done.scores)
    assert done.ranking.preselected is not None
    best = done.differences[done.ranking.order[0]]
    assert best.count(FactClass.KEPT) >= 2 and best.count(FactClass.CONTRADICTED) == 0
    assert done.provenance.engines["reader"] == "lmm-reader-2(scripted@1)"


def test_a_picture_becomes_five_ranked_reports():
    pixels = np.zeros((4, 5), np.uint8)
    pixels[:, [0, 2]] = 255
    done = complete(Case((ImageContent(pixels),)), PRIOR, engines(ScriptedModel(scripted_answer)), n=5)
    assert {"pleural effusion, left", "cardiomegaly"} == set(done.reading.graph.heads)
    assert len(done.candidates) == 5
    assert all(c.content.text.startswith("Findings: ") and "\nImpression: " in c.content.text for c in done.candidates)
    assert all(set(r.graph.heads) == set(done.reading.graph.heads) for r in done.candidate_readings)
    assert done.scores[0].parts["graph"].value == 100


def test_each_step_asks_the_model_once_with_everything():
    model = ScriptedModel(scripted_answer)
    complete(Case((REPORT,)), PRIOR, engines(model), n=5)
    rules = {m: len(PRIOR.prior.rules_for(m)) for m in Modality}
    assert [len(batch) for batch in model.batches] == [rules[Modality.TEXT], 1, 5 * rules[Modality.IMAGE], 5]


def test_the_same_seed_gives_an_equal_completion_and_one_candidate_can_be_made_again():
    def run():
        return complete(Case((REPORT,)), PRIOR, engines(ScriptedModel(scripted_answer)), n=3, seed=4)

    first = run()
    assert first == run()
    again = regenerate(first, 1, PRIOR, engines(ScriptedModel(scripted_answer)))
    assert again == first.candidates[1]


def test_a_model_that_never_gives_json_ends_in_a_typed_failure_with_its_reply():
    model = ScriptedModel(lambda request: "I would rather not." if request.schema else "fine")
    with pytest.raises(ExtractionError) as failure:
        complete(Case((REPORT,)), PRIOR, engines(model), n=2)
    assert failure.value.raw_reply == "I would rather not."


def test_a_candidate_about_which_the_model_says_nothing_usable_does_not_cost_the_others():
    def answer(request) -> str:
        marked = request.turns[-1].images and tuple(request.turns[-1].images[0].pixels[:, 4]) == marks[1]
        return "no idea" if request.schema and (marked or len(request.turns) > 4) else scripted_answer(request)

    marks = [
        tuple(c.content.pixels[:, 4])
        for c in complete(Case((REPORT,)), PRIOR, engines(ScriptedModel(scripted_answer)), n=3).candidates
    ]
    done = complete(Case((REPORT,)), PRIOR, engines(ScriptedModel(answer)), n=3)
    assert sum(bool(reading.graph) for reading in done.candidate_readings) == 2
    assert done.candidate_readings[done.ranking.preselected].graph


EFFUSION = TextContent("Findings: Small left pleural effusion.\nImpression: Small left pleural effusion.")
FILM = ImageContent(np.tile(np.arange(40, dtype=np.uint8) * 6, (40, 1)))


@pytest.fixture(scope="module")
def tiny() -> Engines:
    """Qwen2-VL, SDXL, CLIP and BLIP in miniature; the first one taught to say one sentence in the three forms that are asked for."""
    from kbapp.engines.blip_encoder import BlipEncoder
    from kbapp.engines.open_clip_encoder import OpenClipEncoder
    from kbapp.engines.qwen_vl import QwenVl
    from kbapp.engines.sdxl import Sdxl

    folder = taught_model()
    scorers = (
        EncoderScorer("clip", OpenClipEncoder.load(checkpoints.open_clip(), device="cpu")),
        EncoderScorer("blip", BlipEncoder.load(checkpoints.blip(), device="cpu")),
    )
    model = QwenVl.load(folder, device="cpu", max_pixels=56 * 56)
    return engines(model, Sdxl.load(checkpoints.sdxl(), device="cpu"), scorers)


@cache
def taught_model() -> Path:
    return checkpoints.taught_qwen_vl(lessons())


CAPTION = TextContent("A dog on the grass.")
PHOTO = ImageContent(np.stack([FILM.pixels, FILM.pixels.T, 255 - FILM.pixels], axis=-1))


def lessons() -> list[tuple]:
    """Every question of a completion with one candidate, in each of two domains, with the answer to learn."""
    effusion = statement("pleural effusion, left", "located in", "pleura", quote="Small left pleural effusion")
    dog = statement("dog", "located in", "field", quote="A dog on the grass")
    film = _lessons(FILM, TINY_PRIOR, reply(effusion), EFFUSION.text, "Small left pleural effusion.")
    return film + _lessons(PHOTO, SCENE, reply(dog), CAPTION.text, "A dog on the grass.")


def _lessons(picture: ImageContent, prior: PriorVersion, triples: str, text: str, answer: str) -> list[tuple]:
    def said(request) -> str:
        if request.schema:
            return triples
        return text if "Write the" in request.turns[-1].text else answer

    model = ScriptedModel(said)
    complete(Case((picture,)), prior, engines(model), n=1)
    return [(request, said(request)) for request in model.requests]


TINY_PRIOR = edited(
    rules=PRIOR.prior.rules[:1],
    examples=(),
    guidance={"text": PRIOR.prior.guidance["text"], "image": Guidance(steps=3, guidance_scale=3.0)},
)


@pytest.mark.models
def test_tiny_models_complete_a_report_with_pictures(tiny):
    done = complete(Case((EFFUSION,)), TINY_PRIOR, tiny, n=3)
    assert done.reading.graph.heads == ("pleural effusion, left",)
    assert isinstance(done.reading.graph.triples[0].evidence[0], TextSpan)
    assert len(done.candidates) == 3 and all(c.content.pixels.shape == (16, 16, 3) for c in done.candidates)
    for score in done.scores:
        assert list(score.parts) == ["graph", "clip", "blip"]
        assert all(0 <= part.value <= 100 for part in score.parts.values())
    assert len({score.qs for score in done.scores}) == 3
    assert done.provenance.engines["reader"].startswith("lmm-reader-2(qwen2-vl-taught@")
    assert regenerate(done, 1, TINY_PRIOR, tiny).content == done.candidates[1].content


@pytest.mark.models
def test_tiny_models_complete_a_picture_with_reports(tiny):
    done = complete(Case((FILM,)), TINY_PRIOR, tiny, n=1)  # it was taught one text, and candidates must differ
    assert done.reading.graph.heads == ("pleural effusion, left",)
    assert isinstance(done.reading.graph.triples[0].evidence[0], ModelAnswer)
    assert done.candidates[0].content.text.startswith("Findings: ")
    assert done.candidate_readings[0].graph.heads == ("pleural effusion, left",)
    assert done.scores[0].parts["graph"].value == 100


@pytest.mark.models
def test_the_least_work_is_done_for_n_pictures(tiny):
    """The counters of the schedule: one diffusion batch, each encoder tower once, each picture once through the vision tower."""
    launches: Counter = Counter()
    painter, model = tiny.image_generator, tiny.writer.model
    clip, blip = (scorer.encoder._network for scorer in tiny.scorers)
    watched = {"unet": painter.base.unet, "clip picture": clip.visual, "clip text": clip.transformer}
    watched |= {"blip picture": blip.vision_model, "blip text": blip.text_encoder}
    hooks = [part.register_forward_hook(lambda *_, name=name: launches.update([name])) for name, part in watched.items()]
    before = model.vision.computed
    try:
        complete(Case((EFFUSION,)), TINY_PRIOR, tiny, n=4, seed=9)
    finally:
        for hook in hooks:
            hook.remove()
    steps = TINY_PRIOR.prior.guidance["image"].steps
    assert launches == {"unet": steps, "clip picture": 1, "clip text": 1, "blip picture": 1, "blip text": 1}
    assert model.vision.computed - before == 4
