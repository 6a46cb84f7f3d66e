"""The prompts of a batch, row by row without their padding, and where the beginning of each may be cut off and remembered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

LEAST_TOKENS = 64  # a shorter piece is not worth a pass of its own


@dataclass(frozen=True)
class RowPicture:
    """end: index behind its last token. patches: (patches, values) for the vision tower. grid: (1, 3)."""

    end: int
    patches: "torch.Tensor"
    grid: "torch.Tensor"


@dataclass(frozen=True)
class PromptRow:
    """ids: (tokens,). places: (3, tokens), Qwen2-VL's positions: time, height, width; the same three for words.

    marks: what stands at each token: the token, or the name of the picture it belongs to. Rows with equal marks have equal keys and values.
    cuts: rising; where a beginning ends that may be computed alone. Never within a picture, never at the end.
    """

    ids: "torch.Tensor"
    places: "torch.Tensor"
    marks: tuple[int | str, ...]
    pictures: tuple[RowPicture, ...]
    cuts: tuple[int, ...] = ()

    def pictures_of(self, begin: int, end: int) -> list[RowPicture]:
        return [picture for picture in self.pictures if begin < picture.end <= end]


def rows_of(
    inputs: Mapping[str, "torch.Tensor"], names: Sequence[Sequence[str]], network, turn_start: int, least: int = LEAST_TOKENS
) -> list[PromptRow]:
    """inputs: of the processor, left-padded. names: per row its pictures by content, in order. turn_start: the token that begins a turn.

    least: tokens between two cuts. A beginning is cut where a turn begins whose role is that of the last one, behind the pictures of a turn, and where rows of this batch
    stop being alike.
    """
    config, mask = network.config, inputs["attention_mask"].bool()
    places, _ = network.model.get_rope_index(**{name: value for name, value in inputs.items() if name != "pixel_values"})
    pictures = iter(_pictures(inputs))
    rows = []
    for k, real in enumerate(mask):
        ids = inputs["input_ids"][k][real]
        tokens = ids.tolist()
        ends = [end for end in range(1, len(tokens)) if tokens[end - 1] == config.image_token_id != tokens[end]]
        shown = tuple(RowPicture(end, *next(pictures)) for end in ends)
        row = PromptRow(ids, places[:, k, real], _marks(tokens, config.image_token_id, names[k]), shown)
        rows.append(replace(row, cuts=_far_apart(_seams(tokens, turn_start, config.vision_start_token_id, ends), least)))
    return _cut_where_alike(rows, least)


def _pictures(inputs: Mapping[str, "torch.Tensor"]) -> list[tuple["torch.Tensor", "torch.Tensor"]]:
    if "pixel_values" not in inputs:
        return []
    grids = inputs["image_grid_thw"]
    return list(zip(inputs["pixel_values"].split(grids.prod(-1).tolist()), grids.split(1), strict=True))


def _marks(tokens: Sequence[int], picture: int, names: Sequence[str]) -> tuple[int | str, ...]:
    marks: list[int | str] = []
    left, name = iter(names), ""
    for k, token in enumerate(tokens):
        if token == picture and (not k or tokens[k - 1] != picture):
            name = next(left)
        marks.append(name if token == picture else token)
    return tuple(marks)


def _seams(tokens: Sequence[int], turn_start: int, vision_start: int, picture_ends: Sequence[int]) -> list[int]:
    """The last two turns are a question and the beginning of its answer; a template that marks no turns has seams at its pictures only."""
    turns = [k for k, token in enumerate(tokens) if token == turn_start]
    asked = tokens[turns[-2] + 1] if len(turns) > 1 else None
    behind = [end + 1 for end in picture_ends if tokens[end + 1] != vision_start]
    return sorted({*(k for k in turns[1:-1] if tokens[k + 1] == asked), *behind})


def _far_apart(seams: Sequence[int], least: int) -> tuple[int, ...]:
    found = [0]
    for seam in seams:
        if seam - found[-1] >= least:
            found.append(seam)
    return tuple(found[1:])


def _cut_where_alike(rows: Sequence[PromptRow], least: int) -> list[PromptRow]:
    """Each row cut once more, where the rows that go on like it behind its last cut part from it; the last token is left to be computed."""
    parted = []
    for row in rows:
        last = row.cuts[-1] if row.cuts else 0
        alike = [_alike(row.marks, other.marks, last) for other in rows if other is not row]
        far = [min(end, len(row.marks) - 1) for end in alike if end - last >= least]
        parted.append(replace(row, cuts=_far_apart([*row.cuts, min(far)], least)) if far else row)
    return parted


def _alike(a: Sequence[int | str], b: Sequence[int | str], known: int) -> int:
    """Marks at the start that are the same; 0 when the first `known` are not."""
    if a[:known] != b[:known]:
        return 0
    most = min(len(a), len(b))
    return next((k for k in range(known, most) if a[k] != b[k]), most)
