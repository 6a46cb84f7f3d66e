"""What the encoders of pictures and texts share: mixed contents in, one batch per modality, rows back in their order."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from threading import Lock

import numpy as np

from kbapp.core.content import Content, ImageContent, TextContent
from kbapp.engines.checkpoint import Placement, room_on_card
from kbapp.engines.picture import to_pil
from kbapp.engines.text_windows import pooled, split_all, unit

MAX_BATCH = 32


class JointEncoder(ABC):
    """An Encoder over a network with an image tower and a text tower that end in the same space.

    width: of the vectors. room: tokens of a text that one pass reads, start and end marks aside.
    """

    def __init__(self, place: Placement, id: str, width: int, room: int):
        self.place, self.id, self.width, self.room = place, id, width, room
        self._one_at_a_time = Lock()

    @abstractmethod
    def _image_rows(self, pictures: list) -> np.ndarray:
        """PIL pictures (RGB) -> (n, width)."""

    @abstractmethod
    def _text_rows(self, texts: list[str]) -> np.ndarray:
        """Texts of at most `room` tokens -> (n, width)."""

    @abstractmethod
    def _tokens_in(self, word: str) -> int: ...

    def embed(self, contents: Sequence[Content]) -> tuple[np.ndarray, tuple[str, ...]]:
        """See `Encoder.embed`. A long text is the mean of its windows, and its note says so; an empty text is a zero row."""
        import torch

        rows = np.zeros((len(contents), self.width), np.float32)
        notes = [""] * len(contents)
        images = [k for k, c in enumerate(contents) if isinstance(c, ImageContent)]
        texts = [k for k, c in enumerate(contents) if isinstance(c, TextContent) and c.text.strip()]
        with self._one_at_a_time, torch.inference_mode(), room_on_card("these contents"):
            if images:
                rows[images] = unit(_in_batches(self._image_rows, [to_pil(contents[k]) for k in images]))
            if texts:
                parts, counts, said = split_all([contents[k].text for k in texts], self._tokens_in, self.room)
                rows[texts] = pooled(unit(_in_batches(self._text_rows, parts)), counts)
                for k, note in zip(texts, said, strict=True):
                    notes[k] = note
        return rows, tuple(notes)


def _in_batches(run, items: list) -> np.ndarray:
    return np.concatenate([run(items[k : k + MAX_BATCH]) for k in range(0, len(items), MAX_BATCH)])
