"""Qwen2-VL (and what loads like it) in this process, through transformers; JSON held to a schema by xgrammar.

The requests of one call run as left-padded batches. Each row is sampled with its own seed, so that a reply does not depend on what it
was batched with.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING

from kbapp.engines.checkpoint import Placement, engine_id, loaded, model_folder, placement, room_on_card, tensors_of
from kbapp.engines.language_model import ChatReply, ChatRequest, Turn
from kbapp.engines.picture import to_pil
from kbapp.engines.prefix_memory import PrefixMemory
from kbapp.engines.prompt_template import harmless
from kbapp.engines.vision_memory import VisionMemory
from kbapp.errors import Cancelled, EngineError, ModelUnavailable

if TYPE_CHECKING:
    import torch

MAX_PIXELS = 512 * 512  # 334 visual tokens; a 2000 x 1600 film without a cap takes 4,077
MAX_BATCH = 16
_TURN_START = "<|im_start|>"


class QwenVl:
    """A LanguageModel. Make it with `QwenVl.load`."""

    def __init__(self, network, processor, place: Placement, id: str, max_pixels: int, max_batch: int):
        from transformers import GenerationConfig

        self.network, self.processor, self.place = network, processor, place
        self.id, self.max_pixels, self.max_batch = id, max_pixels, max_batch
        self._tokenizer = processor.tokenizer
        self._tokenizer.padding_side = "left"
        self._ends = _end_ids(network.generation_config.eos_token_id, self._tokenizer.eos_token_id)
        # A checkpoint's own sampling settings (penalties, top-k) would mix in unnoticed.
        network.generation_config = GenerationConfig(
            pad_token_id=self._tokenizer.pad_token_id, eos_token_id=self._ends, do_sample=False
        )
        # Later families hand on more than one output of their tower, or keep other things than keys; they work without memories.
        known = network.config.model_type == "qwen2_vl"
        self.vision = VisionMemory(network.model.visual) if known else None
        self.prefixes = PrefixMemory(network, self._tokenizer.convert_tokens_to_ids(_TURN_START)) if known else None
        self._context = network.config.get_text_config().max_position_embeddings
        self._one_at_a_time = Lock()

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        device: str = "auto",
        dtype: str = "auto",
        max_pixels: int = MAX_PIXELS,
        max_batch: int = MAX_BATCH,
    ) -> "QwenVl":
        """From a folder in the hub's layout. Raises ModelUnavailable when it is incomplete or its weights do not fit."""
        folder = model_folder(path, "the language model", "config.json")
        from transformers import AutoModelForImageTextToText, AutoProcessor

        place = placement(device, dtype)
        network = loaded(AutoModelForImageTextToText.from_pretrained, folder, "the language model", place, dtype=place.torch_dtype)
        try:
            processor = AutoProcessor.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise ModelUnavailable(f"the folder {folder} holds no usable tokenizer and image processor.") from error
        made = cls(network, processor, place, engine_id(folder.name, folder), max_pixels, max_batch)
        made._prepare_grammars()
        return made

    def weights(self) -> list["torch.Tensor"]:
        """What is only read, and may leave the card between two calls."""
        return tensors_of(self.network)

    def chat(
        self,
        requests: Sequence[ChatRequest],
        *,
        should_stop: Callable[[], bool] = lambda: False,
        on_text: Mapping[int, Callable[[str], None]] = MappingProxyType({}),
    ) -> list[ChatReply]:
        """See `LanguageModel.chat`. should_stop: asked after every token; raises Cancelled when it says so.

        on_text: for some of the requests, by index, who is told the whole text so far after every token.
        """
        replies: dict[int, ChatReply] = {}
        with self._one_at_a_time, room_on_card("these requests"):
            for batch in _batches(requests, self.max_batch):
                chosen = [requests[k] for k in batch]
                told = {row: on_text[k] for row, k in enumerate(batch) if k in on_text}
                replies.update(zip(batch, self._run(chosen, should_stop, told), strict=True))
        return [replies[k] for k in range(len(requests))]

    def _run(
        self, requests: list[ChatRequest], should_stop: Callable[[], bool], told: Mapping[int, Callable[[str], None]]
    ) -> list[ChatReply]:
        import torch
        from transformers import StoppingCriteriaList

        inputs = self._inputs(requests)
        room = max(r.max_tokens for r in requests)
        if (needed := inputs["input_ids"].shape[1] + room) > self._context:
            raise ModelUnavailable(f"the model reads {self._context} tokens; this request needs {needed}. Shorten the material.")
        given = self.prefixed(inputs, requests)
        length = given["input_ids"].shape[1]

        def stop(ids: "torch.Tensor", _scores, **_) -> "torch.Tensor":
            if should_stop():
                raise Cancelled("the work was stopped")
            for row, tell in told.items():
                made = ids[row, length : length + requests[row].max_tokens]
                tell(self._tokenizer.decode(made, skip_special_tokens=True))
            return torch.zeros(ids.shape[0], dtype=torch.bool, device=ids.device)

        with torch.inference_mode():
            made = self.network.generate(
                **given,
                max_new_tokens=room,
                logits_processor=self._processors(requests),
                stopping_criteria=StoppingCriteriaList([stop]),
            )
        prompts = inputs["attention_mask"].sum(dim=1).tolist()
        return [self._reply(r, row[length:].tolist(), p) for r, row, p in zip(requests, made, prompts, strict=True)]

    def prefixed(self, inputs: dict, requests: Sequence[ChatRequest]) -> dict:
        """What `generate` is given: the inputs of these requests, with what is remembered of their beginnings."""
        if self.prefixes is None:
            return inputs
        return self.prefixes.shared(inputs, [[image.sha256 for turn in r.turns for image in turn.images] for r in requests])

    def _message(self, turns: Sequence[Turn]) -> list[dict]:
        return [
            {"role": turn.role, "content": [*self._pictures(turn), {"type": "text", "text": harmless(turn.text)}]} for turn in turns
        ]

    def _inputs(self, requests: list[ChatRequest]) -> dict:
        messages = [self._message(r.turns) for r in requests]
        inputs = self.processor.apply_chat_template(
            messages,
            tokenize=True,
            add_generation_prompt=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"padding": True},
        )
        return inputs.to(self.place.device, dtype=self.place.torch_dtype)

    def _pictures(self, turn: Turn) -> list[dict]:
        return [{"type": "image", "image": to_pil(image, self.max_pixels)} for image in turn.images]

    def _processors(self, requests: list[ChatRequest]) -> list:
        """Grammar first, then sampling: what the grammar forbids stays forbidden. Made anew for each call, as xgrammar demands."""
        import xgrammar

        steps = []
        if requests[0].schema is not None:
            steps.append(xgrammar.contrib.hf.LogitsProcessor([self._grammar(r.schema) for r in requests]))
        if requests[0].temperature > 0:
            steps.append(_SeededSampling([(r.temperature, r.seed) for r in requests], self.place.device))
        return steps

    def _prepare_grammars(self) -> None:
        """Here and not at the first question: a missing package is told when the model is loaded, and a large vocabulary takes a second."""
        import xgrammar

        size = self.network.config.get_text_config().vocab_size
        self._grammars = xgrammar.GrammarCompiler(
            xgrammar.TokenizerInfo.from_huggingface(self._tokenizer, vocab_size=size, stop_token_ids=self._ends)
        )

    def _grammar(self, schema: Mapping[str, object]):
        """Compiled once for each schema: the compiler keeps what it made."""
        try:
            return self._grammars.compile_json_schema(json.dumps(schema), any_whitespace=False)
        except (RuntimeError, ValueError) as error:
            raise EngineError("the model cannot be held to this JSON schema; simplify it.", code="schema") from error

    def _reply(self, request: ChatRequest, made: list[int], prompt_tokens: int) -> ChatReply:
        """Cut at the first end token; without one within the request's own limit the reply was cut for length."""
        end = next((k for k, token in enumerate(made) if token in self._ends), None)
        whole = end is not None and end < request.max_tokens
        tokens = made[: end if whole else request.max_tokens]
        text = self._tokenizer.decode(tokens, skip_special_tokens=True)
        return ChatReply(text, "stop" if whole else "length", {"prompt_tokens": prompt_tokens, "completion_tokens": len(tokens)})


class _SeededSampling:
    """Sampling by the Gumbel trick: noise from the row's own generator, then the largest value wins (greedy decoding does the rest)."""

    def __init__(self, rows: list[tuple[float, int]], device: str):
        import torch

        self._rows = [(t, torch.Generator(device).manual_seed(seed % 2**63)) for t, seed in rows]

    def __call__(self, ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        import torch

        noisy = scores.float()  # (rows, vocabulary)
        for k, (temperature, generator) in enumerate(self._rows):
            uniform = torch.rand(noisy.shape[1], generator=generator, device=noisy.device).clamp_(1e-20, 1 - 1e-7)
            noisy[k] = noisy[k] / temperature - torch.log(-torch.log(uniform))
        return noisy


def _batches(requests: Sequence[ChatRequest], most: int) -> Iterator[list[int]]:
    """Indices of requests that can share a batch: all held to a schema or none, all sampled or none."""
    kinds: dict[tuple[bool, bool], list[int]] = {}
    for k, request in enumerate(requests):
        kinds.setdefault((request.schema is not None, request.temperature > 0), []).append(k)
    for indices in kinds.values():
        for start in range(0, len(indices), most):
            yield indices[start : start + most]


def _end_ids(*ids: int | list[int] | None) -> list[int]:
    found: list[int] = []
    for given in ids:
        found += given if isinstance(given, list) else [given] if given is not None else []
    return sorted(set(found))
