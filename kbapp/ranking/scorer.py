"""Step 3's encoder parts, as a role (paper section 2.4, the bracket of Eq. 2)."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from kbapp.core.content import Content
from kbapp.core.score import PartScore
from kbapp.engines.encoder import Encoder
from kbapp.priors.version import PriorVersion


class Scorer(Protocol):
    name: str  # of the part: "clip", "blip", or a builtin one's own
    id: str

    def similarity(self, source: Sequence[Content], candidates: Sequence[Content], prior: PriorVersion) -> list[PartScore]:
        """Likeness of each candidate to the source contents, 0-100. Several source contents: the mean over them.

        prior: for scorers whose words come from it; learned encoders do not look at it.
        """
        ...


class EncoderScorer:
    """cos(a, b) of the two contents' embeddings, floored at 0, times 100. Everything is embedded once, in one call."""

    def __init__(self, name: str, encoder: Encoder):
        self.name, self.encoder, self.id = name, encoder, encoder.id

    def similarity(self, source: Sequence[Content], candidates: Sequence[Content], prior: PriorVersion) -> list[PartScore]:
        vectors, notes = self.encoder.embed([*source, *candidates])
        given, made = vectors[: len(source)], vectors[len(source) :]
        cosines = np.clip(made @ given.T, 0.0, 1.0).mean(axis=1) * 100.0
        empty_source = not np.any(given)
        scores = []
        for k, value in enumerate(cosines):
            note = "; ".join(n for n in (*notes[: len(source)], notes[len(source) + k]) if n)
            if empty_source or not np.any(made[k]):
                side = "source" if empty_source else "candidate"
                scores.append(PartScore(None, f"the {side} holds nothing that {self.name} can compare", note))
            else:
                scores.append(PartScore(round(float(value), 4), "", note))
        return scores
