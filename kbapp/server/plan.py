"""What the models will take on the card, computed from their files before anything is loaded.

Weights, cache and what is kept between requests are counted. What a run takes besides is estimated from the widest layer; the card's own
part is a round figure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kbapp.engines import prefix_memory, vision_memory
from kbapp.engines.catalog import Recipe
from kbapp.server.lanes import LANES
from kbapp.server.turns import IN_TURNS
from kbapp.server.weights import weight_bytes
from kbapp.server.work import config_of, work_bytes

_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
_CONTEXT_TOKENS = 4096  # of one sequence in a completion: prompts of up to 2,500 tokens, answers of up to 1,536
_SEQUENCES = 15  # candidates at most; fewer where the batch is smaller
_PROMPT_TOKENS = 512  # words of a prompt that is prefilled with its picture
_CELL_PIXELS = 28 * 28  # of a picture, for one visual token
_MAX_PIXELS, _MAX_BATCH = 512 * 512, 16  # the engines' own defaults
_WIDE_COPIES = 3  # of the widest activations at one time: gate, up and their product
_CONTEXT_BYTES = 500_000_000  # CUDA's own, and the allocator's rounding
CARDS_GB = (24, 80)


@dataclass(frozen=True)
class Need:
    """Bytes. role: of the model. weights: as they are loaded; 0: not all of their files are there. work: activations; 0: not estimated.

    cache: keys and values of a full batch of 4,096 tokens each, for a chat model. kept: what it remembers between requests, at most.
    """

    name: str
    role: str
    weights: int
    cache: int = 0
    work: int = 0
    kept: int = 0

    @property
    def in_turns(self) -> bool:
        """Whether it leaves the card for others where models take turns."""
        return self.role in IN_TURNS


def needs(recipes: Sequence[Recipe], dtype: str) -> list[Need]:
    return [_need(recipe, _BYTES[dtype]) for recipe in recipes]


def together(found: Sequence[Need]) -> int:
    """Bytes with every model on the card; one model of each lane works at a time."""
    return sum(n.weights + n.cache + n.kept for n in found) + _work(found) + _CONTEXT_BYTES


def by_turns(found: Sequence[Need]) -> int:
    """Bytes when the chat and image models are on the card one after the other; encoders and memories stay there."""
    stay = [n for n in found if not n.in_turns]
    one = max((n.weights + n.cache + n.work for n in found if n.in_turns), default=0)
    return one + sum(n.weights for n in stay) + sum(n.kept for n in found) + _work(stay) + _CONTEXT_BYTES


def _work(found: Sequence[Need]) -> int:
    return sum(max((n.work for n in found if LANES[n.role] == lane), default=0) for lane in set(LANES.values()))


def plan_lines(found: Sequence[Need], room: int | None, *, in_turns: bool = False) -> list[str]:
    """A table for the terminal. room: free bytes on the card, None without one. in_turns: as models.toml says."""
    lines = [
        f"{n.name:<24} {f'weights {_gb(n.weights)}' if n.weights else 'unknown: no weights are there, or not all'}{_more(n)}"
        for n in found
    ]
    total = by_turns(found) if in_turns else together(found)
    missing = [n.name for n in found if not n.weights]
    lines.append(
        f"{'in turns' if in_turns else 'together':<24} {'unknown' if missing else _gb(total)}"
        + (f" of {_gb(room)} free on the card" if room is not None else "")
    )
    if missing:
        return [*lines, f"Whether it fits cannot be said before these are fetched: {', '.join(missing)}."]
    if in_turns:
        lines.append(
            f"The host keeps {_gb(sum(n.weights for n in found if n.in_turns))} of weights that come to the card in turns."
        )
    return [*lines, *_verdict(found, total, room, in_turns)]


def _verdict(found: Sequence[Need], total: int, room: int | None, in_turns: bool) -> list[str]:
    other = total if in_turns else by_turns(found)
    if room is None:
        cards = {gb: gb * 2**30 for gb in CARDS_GB}
        return ["; ".join(f"a card of {gb} GB: {_fits(total, other, room)}" for gb, room in cards.items())]
    if total <= room:
        return []
    if other <= room:
        return [f"This does not fit; in turns it does, with {_gb(other)}: write in_turns = true into the file of models."]
    return ["This does not fit: serve fewer models, smaller or quantised ones, smaller batches, or use a larger card."]


def _fits(total: int, other: int, room: int) -> str:
    return "fits" if total <= room else "fits in turns (in_turns = true)" if other <= room else "does not fit"


def _more(need: Need) -> str:
    said = {"keys and values": need.cache, "at work": need.work, "remembered": need.kept}
    told = "".join(f", {what} up to {_gb(count)}" for what, count in said.items() if count)
    return told + (", at work not estimated" if need.weights and not need.work else "")


def _need(recipe: Recipe, width: int) -> Need:
    """width: bytes of a number."""
    weights = weight_bytes(recipe, width)
    batch = min(recipe.options.get("max_batch", _MAX_BATCH), _SEQUENCES)
    if recipe.role != "chat":
        return Need(recipe.name, recipe.role, weights, 0, work_bytes(recipe, batch, width))
    if chat := config_of(recipe.paths[0] / "config.json", "num_key_value_heads"):
        return _chat_need(recipe, chat, weights, batch, width)
    return Need(recipe.name, recipe.role, weights)


def _chat_need(recipe: Recipe, chat: Mapping[str, Any], weights: int, batch: int, width: int) -> Need:
    head = chat["hidden_size"] // chat["num_attention_heads"]
    token = 2 * chat["num_hidden_layers"] * chat["num_key_value_heads"] * head * width
    seen = recipe.options.get("max_pixels", _MAX_PIXELS) // _CELL_PIXELS
    work = _WIDE_COPIES * chat.get("intermediate_size", 0) * (_PROMPT_TOKENS + seen) * batch * width
    prefixes = min(prefix_memory.MOST_PREFIXES * _CONTEXT_TOKENS * token, prefix_memory.MOST_BYTES)
    pictures = min(vision_memory.MOST_PICTURES * seen * chat["hidden_size"] * width, vision_memory.MOST_BYTES)
    return Need(recipe.name, recipe.role, weights, token * _CONTEXT_TOKENS * batch, work, prefixes + pictures)


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 5e7 else f"{count / 1e6:.1f} MB"
