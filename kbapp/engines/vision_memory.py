"""Pictures go through the vision tower once, however many questions are asked about them: remembered by their content."""

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

MOST_PICTURES = 64  # about 2.4 MB each for Qwen2-VL-7B with pictures of 512 x 512
MOST_BYTES = 256 * 2**20  # of all of them: larger pictures are fewer


class VisionMemory:
    """Stands before the vision tower of a Qwen2-VL network and computes only what it has not seen lately.

    computed: number of pictures that went through the tower; plain: the tower without a memory; both for tests and measurements.
    most: pictures that are kept; most_bytes: of all of them together.
    """

    def __init__(self, tower, most: int = MOST_PICTURES, most_bytes: int = MOST_BYTES):
        self.plain, self._merge, self._most, self._most_bytes = tower.forward, tower.spatial_merge_size**2, most, most_bytes
        self._known: OrderedDict[bytes, torch.Tensor] = OrderedDict()
        self.computed = 0
        tower.forward = self._forward

    def _forward(self, hidden_states: "torch.Tensor", grid_thw: "torch.Tensor", **more):
        """hidden_states: (patches of all pictures, values). grid_thw: (pictures, 3). As the tower: `pooler_output` (tokens, width)."""
        import torch
        from transformers.modeling_outputs import BaseModelOutputWithPooling

        rows = grid_thw.prod(-1).tolist()
        pieces = hidden_states.split(rows)
        keys = [_key(piece, grid) for piece, grid in zip(pieces, grid_thw, strict=True)]
        new = {key: k for k, key in enumerate(keys) if key not in self._known}
        found = {key: self._known[key] for key in keys if key in self._known}
        if new:
            made = self.plain(
                torch.cat([pieces[k] for k in new.values()]), grid_thw=grid_thw[list(new.values())], **more
            ).pooler_output
            parts = made.split([rows[k] // self._merge for k in new.values()])
            found |= {key: part.detach().clone() for key, part in zip(new, parts, strict=True)}
            self.computed += len(new)
        self._keep(found)
        return BaseModelOutputWithPooling(pooler_output=torch.cat([found[key] for key in keys]))

    def forget(self) -> None:
        self._known.clear()

    def _keep(self, found: dict[bytes, "torch.Tensor"]) -> None:
        for key, part in found.items():
            self._known[key] = part
            self._known.move_to_end(key)
        while len(self._known) > self._most or self.kept_bytes > self._most_bytes:
            self._known.popitem(last=False)

    @property
    def kept_bytes(self) -> int:
        return sum(part.nbytes for part in self._known.values())


def _key(piece: "torch.Tensor", grid: "torch.Tensor") -> bytes:
    import torch

    seen = piece.contiguous().view(torch.uint8).cpu().numpy().tobytes()
    return hashlib.sha256(seen + str(grid.tolist()).encode()).digest()
