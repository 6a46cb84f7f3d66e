"""The one engine under both flows of bench/flows.py: it replays scripted answers token by token and counts what it had to do.

Random weights babble, so the text of each answer comes from a script; the network decodes as many steps as the script says, and the token
it would have chosen is overwritten. Both flows therefore see the same words, and what is compared is the schedule alone.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from PIL import Image

from kbapp.core.content import Content, ImageContent
from kbapp.engines.image_generator import ImageGenerator
from kbapp.engines.joint_encoder import JointEncoder
from kbapp.engines.language_model import ChatRequest, Turn
from kbapp.engines.picture import to_pil
from kbapp.engines.qwen_vl import QwenVl
from kbapp.priors.version import PriorVersion


@dataclass(frozen=True)
class Call:
    """A question with its scripted answer. tokens: how many steps the answer takes."""

    turns: tuple[Turn, ...]
    answer: str
    tokens: int

    @property
    def history(self) -> tuple[Turn, ...]:
        """The conversation after this call."""
        return (*self.turns, Turn("assistant", self.answer))


@dataclass(frozen=True)
class Models:
    language: QwenVl
    painter: ImageGenerator
    encoders: dict[str, JointEncoder]  # "clip", "blip"
    watched: dict[str, tuple]  # counter -> the networks whose forward passes it counts
    eager: ImageGenerator  # as the authors run it, in float32; the painter itself where they run it in half precision


class Engine:
    """counts: see COUNTERS; `fresh` begins them anew. first: see `shown`."""

    def __init__(self, models: Models):
        self.models, self.counts = models, Counter()
        self._remembers = True
        self._painter = models.painter
        self.first = self._began = 0.0
        self._network = models.language.network
        self._network.model.language_model.register_forward_pre_hook(self._step, with_kwargs=True)
        for name, networks in models.watched.items():
            for network in networks:
                network.register_forward_pre_hook(lambda *_, name=name: self.counts.update([name]))
        for network in models.watched["unet launches"]:
            network.register_forward_pre_hook(self._batch, with_kwargs=True)

    def _step(self, _module, given: tuple, named: dict) -> None:
        self.counts["decode steps"] += named["inputs_embeds"].shape[1] == 1

    def _batch(self, _module, given: tuple, named: dict) -> None:
        sample = given[0] if given else named["sample"]
        self.counts["unet batch"] = max(self.counts["unet batch"], sample.shape[0])

    @contextmanager
    def fresh(self, *, remembers: bool) -> Iterator[Counter]:
        """Counters from zero. remembers: whether pictures and beginnings that were seen already are remembered."""
        memory, tower = self.models.language.vision, self._network.model.visual
        memory.forget()
        self.models.language.prefixes.forget()
        self.counts.clear()
        before, remembering = memory.computed, tower.forward
        self._began, self.first = time.perf_counter(), 0.0
        self._remembers = remembers
        if not remembers:
            tower.forward = self._each_time
        try:
            yield self.counts
        finally:
            tower.forward, self._remembers = remembering, True
            self.counts["vision passes"] += memory.computed - before

    @contextmanager
    def eager(self) -> Iterator[None]:
        """Pictures are made as the authors make them, in float32."""
        self._painter = self.models.eager
        try:
            yield
        finally:
            self._painter = self.models.painter

    def shown(self) -> None:
        """The first candidate could be on the screen: `first` becomes the seconds since `fresh`."""
        self.first = self.first or time.perf_counter() - self._began

    def _each_time(self, hidden_states, grid_thw, **more):
        self.counts["vision passes"] += len(grid_thw)
        return self.models.language.vision.plain(hidden_states, grid_thw=grid_thw, **more)

    def chat(self, calls: Sequence[Call]) -> list[Call]:
        """All calls as one batch, each decoded for as many steps as its answer has tokens. Returns the calls, answered."""
        import torch

        requests = [ChatRequest(call.turns) for call in calls]
        self.counts["chat calls"] += len(calls)
        most = max(call.tokens for call in calls)
        with torch.inference_mode():
            given = self._prefilled(requests)
            script = self._script(calls, given["input_ids"].shape[1])
            self._network.generate(**given, max_new_tokens=most + 1, logits_processor=[script])
        return list(calls)

    def _prefilled(self, requests: Sequence[ChatRequest]) -> dict:
        """What `generate` is given; counts the tokens that go through the network for it."""
        language = self.models.language
        inputs = language._inputs(requests)
        if self._remembers:
            known = language.prefixes
            prefilled, visual = known.prefilled, known.visual
            given = language.prefixed(inputs, requests)
            prefilled, visual = known.prefilled - prefilled, known.visual - visual
        else:
            given, prefilled = inputs, int(inputs["attention_mask"].sum())
            visual = int((inputs["input_ids"] == self._network.config.image_token_id).sum())
        self.counts["visual tokens"] += visual
        self.counts["text tokens"] += prefilled - visual
        return given

    def _script(self, calls: Sequence[Call], length: int):
        tokenizer, end = self.models.language.processor.tokenizer, self.models.language._ends[-1]
        told = [list(islice(cycle(tokenizer(call.answer)["input_ids"]), call.tokens)) for call in calls]

        def force(ids, scores):
            """(rows, vocabulary): only the scripted token is left, the end of the answer after the last."""
            done = ids.shape[1] - length
            forced = scores.new_full(scores.shape, float("-inf"))
            for row, tokens in enumerate(told):
                forced[row, tokens[done] if done < len(tokens) else end] = 0
            return forced

        return force

    def paint(self, prompts: Sequence[str], seeds: Sequence[int], prior: PriorVersion) -> list[ImageContent]:
        return self._painter.generate(prompts, seeds, prior)

    def likeness(self, name: str, source: Content, candidates: Sequence[Content]) -> list[float]:
        """Cosines times 100, floored at 0; one pass of each tower."""
        rows, _ = self.models.encoders[name].embed([source, *candidates])
        return [100 * max(0.0, float(row @ rows[0])) for row in rows[1:]]

    def saved(self, picture: ImageContent, file: Path) -> Path:
        to_pil(picture).save(file, "PNG", compress_level=1)
        return file

    def opened(self, file: Path) -> ImageContent:
        """A picture read from the disk, as the official flow does at each use."""
        self.counts["files opened"] += 1
        with Image.open(file) as found:
            return ImageContent(np.asarray(found.convert("RGB")).copy())
