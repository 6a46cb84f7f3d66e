"""Keys and values of the turns with which every request of a prior begins: the system prompt and the worked examples."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kbapp.engines.language_model import Turn

if TYPE_CHECKING:
    import torch

LEAST_TOKENS = 64  # a system prompt alone is not worth the second pass
# The latest ones: of a prior the system prompt alone, and with rules and examples; of two priors, or of one whose rules differ for pictures.
# 57,344 bytes for a token of Qwen2-VL-7B, about 100 MB for rules and examples.
MOST_PREFIXES = 4
MOST_BYTES = 512 * 2**20  # of all that are kept; one that is larger by itself is computed for every batch


def leading_turns(conversations: Sequence[Sequence[Turn]]) -> int:
    """How many turns all conversations have in common from the start: before the last one, and before any picture."""
    count = 0
    for turns in zip(*(turns[:-1] for turns in conversations), strict=False):
        if turns[0].images or any(turn != turns[0] for turn in turns):
            break
        count += 1
    return count


class PrefixMemory:
    """Computes a prefix of words once, alone, and hands its keys and values to every row of a batch.

    computed: prefixes computed since the start. prefilled: prompt tokens that went through the network, padding left out.
    most_bytes: of the keys and values that are kept between calls.
    """

    def __init__(self, network, most_bytes: int = MOST_BYTES):
        self._network, self._most_bytes = network, most_bytes
        self._known: OrderedDict[tuple[int, ...], list[tuple[torch.Tensor, torch.Tensor]]] = OrderedDict()
        self.computed = self.prefilled = 0

    def shared(self, inputs: Mapping[str, "torch.Tensor"], begins: Sequence[int]) -> dict:
        """The inputs with the prefix in front and its cache, where the rows begin with these tokens; else as they are.

        inputs: left-padded, (rows, length) each but the pictures. In a row that is shorter than the longest the padding moves behind
        the prefix: attention leaves it out there as well, and positions count the real tokens only.
        """
        mask = inputs["attention_mask"].bool()
        rows = [ids[real].tolist() for ids, real in zip(inputs["input_ids"], mask, strict=True)]
        cut = _common(begins, rows)
        real = sum(map(len, rows))
        if cut < LEAST_TOKENS:
            self.prefilled += real
            return dict(inputs)
        known = self._keys_and_values(rows[0][:cut])
        self.prefilled += real - cut * len(rows)
        # The positions of an earlier call would be taken for those of the prefix.
        self._network.model.rope_deltas = None
        return {**_prefix_first(inputs, mask, cut), "past_key_values": _cache(known, len(rows))}

    def _keys_and_values(self, prefix: Sequence[int]) -> list[tuple["torch.Tensor", "torch.Tensor"]]:
        """One pair for each layer, (1, heads, tokens, width)."""
        import torch

        key = tuple(prefix)
        if (known := self._known.get(key)) is None:
            ids = torch.tensor([key], device=self._network.device)
            self._network.model.rope_deltas = None
            cache = self._network(input_ids=ids, use_cache=True, logits_to_keep=1).past_key_values
            known = [(layer.keys, layer.values) for layer in cache.layers]
            self.computed, self.prefilled = self.computed + 1, self.prefilled + len(key)
        self._known[key] = known
        self._known.move_to_end(key)
        while len(self._known) > MOST_PREFIXES or self.kept_bytes > self._most_bytes:
            self._known.popitem(last=False)
        return known

    @property
    def kept_bytes(self) -> int:
        return sum(part.nbytes for known in self._known.values() for layer in known for part in layer)


def _common(begins: Sequence[int], rows: Sequence[Sequence[int]]) -> int:
    """Tokens at the start that are the same everywhere; at least one of each row is left to be computed."""
    count = 0
    for tokens in zip(begins, *(row[:-1] for row in rows), strict=False):
        if any(token != tokens[0] for token in tokens):
            break
        count += 1
    return count


def _prefix_first(inputs: Mapping[str, "torch.Tensor"], mask: "torch.Tensor", cut: int) -> dict:
    """padding, prefix, rest -> prefix, padding, rest."""
    import torch

    length = mask.shape[1]
    padding = length - mask.sum(dim=1)
    places = torch.arange(length, device=mask.device).expand_as(mask)
    moved = torch.where(places < cut, places + padding[:, None], places - cut)
    order = torch.where(places < cut + padding[:, None], moved, places)
    return {name: value.gather(1, order) if value.shape[:2] == mask.shape else value for name, value in inputs.items()}


def _cache(known: Sequence[tuple["torch.Tensor", "torch.Tensor"]], rows: int):
    from transformers import DynamicCache

    cache = DynamicCache()
    for layer, (keys, values) in enumerate(known):
        cache.update(keys.expand(rows, -1, -1, -1), values.expand(rows, -1, -1, -1), layer)
    return cache
