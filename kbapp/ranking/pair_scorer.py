"""A scorer over a model that reads picture and text together (BLIP's matching head, BLIP-2)."""

from collections.abc import Sequence

import numpy as np

from kbapp.core.content import Content, TextContent
from kbapp.core.score import PartScore
from kbapp.engines.matcher import PairScores
from kbapp.priors.version import PriorVersion


class PairScorer:
    """The model's value of each candidate with each source content, floored at 0, times 100, averaged over the sources; one call for all."""

    def __init__(self, name: str, pairs: PairScores):
        self.name, self.pairs, self.id = name, pairs, pairs.id

    def similarity(self, source: Sequence[Content], candidates: Sequence[Content], prior: PriorVersion) -> list[PartScore]:
        """See `Scorer.similarity`."""
        given = [content for content in source if not _is_empty(content)]
        told = [k for k, content in enumerate(candidates) if not _is_empty(content)] if given else []
        asked = [(content, candidates[k]) for k in told for content in given]
        values, notes = self.pairs.score(asked) if asked else (np.zeros(0), ())
        values = np.clip(values, 0.0, 1.0).reshape(len(told), len(given)).mean(axis=1) * 100.0 if told else values
        side = "candidate" if given else "source"
        scores = [PartScore(None, f"the {side} holds nothing that {self.name} can compare")] * len(candidates)
        for row, k in enumerate(told):
            note = "; ".join(dict.fromkeys(n for n in notes[row * len(given) : (row + 1) * len(given)] if n))
            scores[k] = PartScore(round(float(values[row]), 4), "", note)
        return scores


def _is_empty(content: Content) -> bool:
    return isinstance(content, TextContent) and not content.text.strip()
