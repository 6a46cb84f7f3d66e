"""Keys and values of the beginnings that prompts have in common: the system prompt, worked examples, a picture, the turns before."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kbapp.engines.prompt_row import LEAST_TOKENS, PromptRow, rows_of

if TYPE_CHECKING:
    import torch

MOST_PREFIXES = 64  # pieces: the examples of a prior are one, a picture is one, a question with its answer is one
# 57,344 bytes for a token of Qwen2-VL-7B: 9,362 tokens, or five conversations about pictures of 512 x 512 with 1,500 tokens of words each.
MOST_BYTES = 512 * 2**20  # of all that are kept; what is beyond is computed anew
Piece = list[tuple["torch.Tensor", "torch.Tensor"]]  # keys and values of each layer, (heads, tokens, width)


class PrefixMemory:
    """Computes each beginning once, alone, piece by piece, and hands the keys and values to every row of a batch that begins so.

    A piece is always computed alone behind the same pieces: a reply does not depend on whether it was remembered.
    computed: pieces computed since the start. prefilled: prompt tokens that went through the network, padding left out, of which visual
    stand for pictures. turn_start: the token that begins a turn. most_bytes: of the keys and values that are kept between calls.
    least_tokens: of a piece.
    """

    def __init__(self, network, turn_start: int, most_bytes: int = MOST_BYTES):
        self._network, self.turn_start, self._most_bytes = network, turn_start, most_bytes
        self._known: OrderedDict[tuple[int | str, ...], Piece] = OrderedDict()
        self.computed = self.prefilled = self.visual = 0
        self.least_tokens = LEAST_TOKENS

    def shared(self, inputs: Mapping[str, "torch.Tensor"], names: Sequence[Sequence[str]]) -> dict:
        """What `generate` is given instead of these inputs: the beginnings as a cache, the rest to be computed.

        inputs: of the processor, left-padded, (rows, length) each but the pictures. names: see `rows_of`. What comes back may be longer:
        both the beginnings and the rests are padded on their left. Attention leaves padding out there as well, and positions count real
        tokens only.
        """
        import torch

        with torch.inference_mode():
            rows = rows_of(inputs, names, self._network, self.turn_start, self.least_tokens)
            begun = [self._pieces(row) for row in rows]
            cuts = [row.cuts[-1] if row.cuts else 0 for row in rows]
            for row, cut in zip(rows, cuts, strict=True):
                self._count(row, cut, len(row.ids))
            return _behind(rows, cuts, begun) if any(cuts) else dict(inputs)

    def forget(self) -> None:
        self._known.clear()

    def _pieces(self, row: PromptRow) -> list[Piece]:
        found: list[Piece] = []
        for begin, end in zip((0, *row.cuts), row.cuts, strict=False):
            piece = self._known.get(row.marks[:end])
            found.append(piece if piece is not None else self._computed(row, begin, end, found))
        # A piece is of no use without those before it: they are forgotten after it.
        for end, piece in zip(reversed(row.cuts), reversed(found), strict=True):
            self._known[row.marks[:end]] = piece
            self._known.move_to_end(row.marks[:end])
        while len(self._known) > MOST_PREFIXES or self.kept_bytes > self._most_bytes:
            self._known.popitem(last=False)
        return found

    def _computed(self, row: PromptRow, begin: int, end: int, before: Sequence[Piece]) -> Piece:
        import torch

        words = torch.arange(begin, end, device=row.ids.device).expand(1, 1, -1)
        cache = self._network(
            input_ids=row.ids[None, begin:end],
            position_ids=torch.cat([words, row.places[:, None, begin:end]]),
            attention_mask=row.ids.new_ones(1, end),
            past_key_values=_cache([before], [begin]) if before else None,
            use_cache=True,
            logits_to_keep=1,
            **_pixels(row, begin, end),
        ).past_key_values
        self.computed += 1
        self._count(row, begin, end)
        return [(layer.keys[0, :, begin:].clone(), layer.values[0, :, begin:].clone()) for layer in cache.layers]

    def _count(self, row: PromptRow, begin: int, end: int) -> None:
        self.prefilled += end - begin
        self.visual += sum(isinstance(mark, str) for mark in row.marks[begin:end])

    @property
    def kept_bytes(self) -> int:
        return sum(part.nbytes for piece in self._known.values() for layer in piece for part in layer)


def _behind(rows: Sequence[PromptRow], cuts: Sequence[int], begun: Sequence[Sequence[Piece]]) -> dict:
    """(padding, beginning, padding, rest) for each row; which token pads does not matter."""
    import torch

    first, second = max(cuts), max(len(row.ids) - cut for row, cut in zip(rows, cuts, strict=True))
    shape = len(rows), first + second
    ids, mask = rows[0].ids.new_zeros(shape), rows[0].ids.new_zeros(shape)
    places = rows[0].places.new_zeros((3, *shape))
    for k, (row, cut) in enumerate(zip(rows, cuts, strict=True)):
        rest = len(row.ids) - cut
        for begin, end, at in ((0, cut, first - cut), (cut, len(row.ids), first + second - rest)):
            ids[k, at : at + end - begin] = row.ids[begin:end]
            mask[k, at : at + end - begin] = 1
            places[:, k, at : at + end - begin] = row.places[:, begin:end]
    words = (mask.cumsum(-1) - 1).clamp(min=0)[None]
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "position_ids": torch.cat([words, places]),
        "past_key_values": _cache(begun, cuts),
        **_pixels_left(rows, cuts),
    }


def _cache(begun: Sequence[Sequence[Piece]], cuts: Sequence[int]):
    """Left-padded: (rows, heads, longest, width) for each layer. Some row has a piece."""
    import torch
    from transformers import DynamicCache

    cache, longest = DynamicCache(), max(cuts)
    some = next(pieces[0] for pieces in begun if pieces)
    for layer, pair in enumerate(some):
        both = [part.new_zeros(len(begun), part.shape[0], longest, part.shape[2]) for part in pair]
        for k, pieces in enumerate(begun):
            for side in range(2) if pieces else ():
                both[side][k, :, longest - cuts[k] :] = torch.cat([piece[layer][side] for piece in pieces], dim=1)
        cache.update(*both, layer)
    return cache


def _pixels(row: PromptRow, begin: int, end: int) -> dict:
    return _stacked(row.pictures_of(begin, end))


def _pixels_left(rows: Sequence[PromptRow], cuts: Sequence[int]) -> dict:
    return _stacked([p for row, cut in zip(rows, cuts, strict=True) for p in row.pictures_of(cut, len(row.ids))])


def _stacked(pictures: Sequence) -> dict:
    import torch

    if not pictures:
        return {}
    return {
        "pixel_values": torch.cat([picture.patches for picture in pictures]),
        "image_grid_thw": torch.cat([picture.grid for picture in pictures]),
    }
