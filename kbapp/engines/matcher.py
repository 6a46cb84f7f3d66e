"""Models that look at a picture and a text together and say how well they match: no vectors, a value per pair."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np

from kbapp.core.content import Content, ImageContent, TextContent
from kbapp.engines.checkpoint import Placement, loaded, model_folder, room_on_card
from kbapp.engines.picture import to_pil
from kbapp.engines.text_windows import split_all
from kbapp.errors import InputError, ModelUnavailable

if TYPE_CHECKING:
    import torch

MAX_BATCH = 32
Pair = tuple[Content, Content]


class PairScores(Protocol):
    id: str

    def score(self, pairs: Sequence[Pair]) -> tuple[np.ndarray, tuple[str, ...]]:
        """(n,) float32, and per pair a note such as "read as 2 windows" or "". A pair is a picture and a text, in either order.

        Scale: a cosine (-1 to 1) or the matching head's softmax (0 to 1), as the engine says. Raises InputError for other pairs.
        """
        ...


class Matcher(ABC):
    """PairScores over a network: each different picture goes through the vision tower once. A long text's value is the mean of its windows'.

    room: tokens of a text that one pass reads, start and end marks aside.
    """

    def __init__(self, place: Placement, id: str, room: int):
        self.place, self.id, self.room = place, id, room
        self._one_at_a_time = Lock()

    @abstractmethod
    def _seen(self, pictures: list) -> "torch.Tensor":
        """PIL pictures (RGB) -> what the pairing needs of them, a row each."""

    @abstractmethod
    def _values(self, seen: "torch.Tensor", texts: list[str]) -> "torch.Tensor":
        """Row k of `seen` with texts[k] (at most `room` tokens) -> (n,)."""

    @abstractmethod
    def _tokens_in(self, word: str) -> int: ...

    def score(self, pairs: Sequence[Pair]) -> tuple[np.ndarray, tuple[str, ...]]:
        """See `PairScores.score`."""
        import torch

        if not pairs:
            return np.zeros(0, np.float32), ()
        split = [_picture_and_text(pair) for pair in pairs]
        pictures = {picture.sha256: picture for picture, _ in split}
        rows = {sha256: k for k, sha256 in enumerate(pictures)}
        with self._one_at_a_time, torch.inference_mode(), room_on_card("these pairs"):
            shown = [to_pil(picture) for picture in pictures.values()]
            seen = torch.cat([self._seen(shown[k : k + MAX_BATCH]) for k in range(0, len(shown), MAX_BATCH)])
            parts, counts, notes = split_all([text.text for _, text in split], self._tokens_in, self.room)
            places = np.repeat([rows[picture.sha256] for picture, _ in split], counts)
            made = [
                self._values(seen[places[k : k + MAX_BATCH]], parts[k : k + MAX_BATCH]).float().cpu().numpy()
                for k in range(0, len(parts), MAX_BATCH)
            ]
        starts = np.cumsum([0, *counts[:-1]])
        return (np.add.reduceat(np.concatenate(made), starts) / counts).astype(np.float32), notes


def _picture_and_text(pair: Pair) -> tuple[ImageContent, TextContent]:
    first, second = pair
    if isinstance(first, TextContent):
        first, second = second, first
    if not isinstance(first, ImageContent) or not isinstance(second, TextContent):
        raise InputError("this model compares a picture with a text; choose an embedding model for two of a kind")
    return first, second


def loaded_with_processor(path: str | Path, what: str, network_class, processor_class, place: Placement) -> tuple:
    """(folder, network, processor) of a folder in the hub's layout. Raises ModelUnavailable."""
    folder = model_folder(path, what, "config.json")
    network = loaded(network_class.from_pretrained, folder, what, place, dtype=place.torch_dtype)
    try:
        return folder, network, processor_class.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise ModelUnavailable(f"the folder {folder} holds no usable tokenizer and image processor.") from error
