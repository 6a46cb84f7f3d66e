"""What the models will take on the card, computed from their files before anything is loaded.

Weights and cache are counted. What a run takes besides is estimated from the widest layer; the card's own part is a round figure.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kbapp.engines.catalog import Recipe
from kbapp.server.lanes import LANES

_WEIGHTS = (".safetensors", ".pt", ".ckpt", ".bin")
_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
_CONTEXT_TOKENS = 4096  # of one sequence in a completion: prompts of up to 2,500 tokens, answers of up to 1,536
_SEQUENCES = 15  # candidates at most; fewer where the batch is smaller
_PROMPT_TOKENS = 512  # words of a prompt that is prefilled with its picture
_CELL_PIXELS = 28 * 28  # of a picture, for one visual token
_MAX_PIXELS, _MAX_BATCH = 512 * 512, 16  # the engines' own defaults
_WIDE_COPIES = 3  # of the widest activations at one time: gate, up and their product
_UNET_COPIES = 12  # of the finest level's activations at one time, skips and attention included
_CONTEXT_BYTES = 500_000_000  # CUDA's own, and the allocator's rounding
CARDS_GB = (24, 80)


@dataclass(frozen=True)
class Need:
    """Bytes. role: of the model. weights: of the files. cache: keys and values of a full batch of 4,096 tokens each, for a chat model. work: activations."""

    name: str
    role: str
    weights: int
    cache: int = 0
    work: int = 0

    @property
    def resident(self) -> int:
        return self.weights + self.cache


def needs(recipes: list[Recipe], dtype: str) -> list[Need]:
    """Weights count as they lie in the files: a checkpoint in another number format than it is loaded in takes half or double."""
    return [_need(recipe, _BYTES[dtype]) for recipe in recipes]


def plan_lines(found: list[Need], room: int | None) -> list[str]:
    """A table for the terminal. room: free bytes on the card, None without one. One model of each lane works at a time."""
    lines = [f"{n.name:<24} {f'weights {_gb(n.weights)}' if n.weights else 'no weights are there'}{_more(n)}" for n in found]
    work = {LANES[n.role]: 0 for n in found}
    for need in found:
        work[LANES[need.role]] = max(work[LANES[need.role]], need.work)
    total = sum(n.resident for n in found) + sum(work.values()) + _CONTEXT_BYTES
    lines.append(f"{'together':<24} {_gb(total)}" + (f" of {_gb(room)} free on the card" if room is not None else ""))
    if room is None:
        lines.append("; ".join(f"a card of {gb} GB: {'fits' if total <= gb * 2**30 else 'does not fit'}" for gb in CARDS_GB))
    elif total > room:
        lines.append("This does not fit: serve fewer models, smaller or quantised ones, smaller batches, or use a larger card.")
    return lines


def _more(need: Need) -> str:
    said = {"keys and values": need.cache, "at work": need.work}
    return "".join(f", {what} up to {_gb(count)}" for what, count in said.items() if count)


def _need(recipe: Recipe, width: int) -> Need:
    """width: bytes of a number."""
    weights = sum(map(_weight_bytes, recipe.paths))
    batch = min(recipe.options.get("max_batch", _MAX_BATCH), _SEQUENCES)
    if chat := _config(recipe.paths[0] / "config.json", "num_key_value_heads"):
        head = chat["hidden_size"] // chat["num_attention_heads"]
        cache = 2 * chat["num_hidden_layers"] * chat["num_key_value_heads"] * head * width * _CONTEXT_TOKENS * batch
        tokens = _PROMPT_TOKENS + recipe.options.get("max_pixels", _MAX_PIXELS) // _CELL_PIXELS
        return Need(
            recipe.name, recipe.role, weights, cache, _WIDE_COPIES * chat.get("intermediate_size", 0) * tokens * batch * width
        )
    if unet := _config(recipe.paths[0] / "unet" / "config.json", "sample_size"):
        pixels = unet["sample_size"] ** 2 * 2 * batch  # two of each: with and without the prompt
        return Need(recipe.name, recipe.role, weights, 0, _UNET_COPIES * unet["block_out_channels"][0] * pixels * width)
    return Need(recipe.name, recipe.role, weights)


def _weight_bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(f.stat().st_size for f in files if f.is_file() and f.suffix in _WEIGHTS)


def _config(file: Path, key: str) -> Mapping[str, Any]:
    """The settings in a file, those of its text part first; empty when there is no such file or it does not hold the key."""
    if not file.is_file():
        return {}
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}  # loading the model says what is the matter
    said = {**said, **said.get("text_config", {})}
    return said if key in said else {}


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 5e7 else f"{count / 1e6:.1f} MB"
