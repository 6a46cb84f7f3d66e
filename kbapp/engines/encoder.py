"""The interface of whatever turns contents into vectors that can be compared across modalities."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from kbapp.core.content import Content


class Encoder(Protocol):
    id: str

    def embed(self, contents: Sequence[Content]) -> tuple[np.ndarray, tuple[str, ...]]:
        """(n, d) float32 unit rows (a zero row: nothing to compare), and per content a note such as "read 77 of 140 tokens" or "".

        Texts and pictures may be mixed. All contents of one modality go through the model in one batch.
        """
        ...
