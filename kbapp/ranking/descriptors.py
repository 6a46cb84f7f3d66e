"""The two builtin scorers: encoders of texts and pictures into small vectors that mean the same on both sides.

regions    where a picture departs from a usual film, against where a text says it should
concepts   what of the vocabulary is there and what is denied: read from words in a text, guessed from the regions in a picture

Neither asks the readers of step 1: a score that compared their graph with itself would always agree.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from kbapp.core.content import Content, ImageContent, TextContent
from kbapp.core.score import PartScore
from kbapp.engines.encoder import Encoder
from kbapp.in_order import in_order
from kbapp.priors.version import PriorVersion
from kbapp.ranking.expected_regions import EFFECTS, effect, expected
from kbapp.ranking.picture_regions import SIDES, WIDTH, ZONES, deviations
from kbapp.ranking.scorer import EncoderScorer
from kbapp.ranking.words import Lexicon, Lexicons, Mention

# "Nothing unusual" is a statement too: the share of it in every vector, on the scale of steps.
_USUAL = 0.7
_DENIED = -0.3  # a report denies many things to find one: a denial weighs less than a finding
_BROADER = 0.5  # of what a narrower entry says about the broader one
_SEEN_FROM = 0.45  # share of a shape's expected effect from which a picture is taken to show it


def builtin_scorers() -> tuple["DescriptorScorer", ...]:
    words = Lexicons()
    return DescriptorScorer("concepts", words, ConceptEncoder), DescriptorScorer("regions", words, RegionEncoder)


class DescriptorScorer:
    """Implements Scorer with an encoder over the prior's words."""

    def __init__(self, name: str, words: Lexicons, encoder: Callable[[Lexicon], Encoder]):
        self.name, self._words, self._encoder = name, words, encoder
        self.id = f"{name}-descriptor 1"

    def similarity(self, source: Sequence[Content], candidates: Sequence[Content], prior: PriorVersion) -> list[PartScore]:
        if why := prior.prior.why_not_builtin():
            return [PartScore(None, why)] * len(candidates)
        encoder = self._encoder(self._words.of(prior.prior))
        return EncoderScorer(self.name, encoder).similarity(source, candidates, prior)


class RegionEncoder:
    """(n, WIDTH + 1): one constant number for the usual film, then the steps away from it."""

    id = "regions-descriptor 1"

    def __init__(self, lexicon: Lexicon):
        self.lexicon = lexicon

    def embed(self, contents: Sequence[Content]) -> tuple[np.ndarray, tuple[str, ...]]:
        rows = np.stack(in_order(self._row, contents)) if contents else np.zeros((0, WIDTH + 1), np.float32)
        return _unit(rows), ("",) * len(contents)

    def _row(self, content: Content) -> np.ndarray:
        if isinstance(content, TextContent):
            said = self.lexicon.mentions(content.text)
            return _with_usual(expected(said, self.lexicon.prior)) if said else np.zeros(WIDTH + 1, np.float32)
        return _with_usual(deviations(content))


class ConceptEncoder:
    """(n, 1 + entries): how far nothing unusual is there, then one number per finding of the vocabulary, 1 there, 0 not spoken of, below
    0 denied. A picture denies nothing singly: that it shows nothing unusual says it."""

    id = "concepts-descriptor 1"

    def __init__(self, lexicon: Lexicon):
        self.lexicon = lexicon
        self.entries = [entry for entry in lexicon.prior.vocabulary if entry.kind != "anatomy"]
        self.place = {entry.name: k for k, entry in enumerate(self.entries, 1)}

    def embed(self, contents: Sequence[Content]) -> tuple[np.ndarray, tuple[str, ...]]:
        rows = np.zeros((len(contents), 1 + len(self.entries)), np.float32)
        in_order(self._fill, rows, contents)
        return _unit(rows), ("",) * len(contents)

    def _fill(self, row: np.ndarray, content: Content) -> None:
        if isinstance(content, TextContent):
            self._tell(row, self.lexicon.mentions(content.text))
        else:
            self._show(row, deviations(content))
        if isinstance(content, ImageContent) or row.any():
            row[0] = max(0.0, 1.0 - row.clip(0).sum())

    def _tell(self, row: np.ndarray, said: Sequence[Mention]) -> None:
        """What is there outweighs a denial of the same entry; it counts in part for what it is a kind of."""
        for mention in sorted(said, key=lambda m: m.polarity):
            value = mention.polarity if mention.polarity > 0 else _DENIED
            k = self.place.get(mention.entry)
            if k is None:
                continue
            row[k] = max(row[k], value) if row[k] > 0 else value
            for broader in self.entries[k - 1].is_a if value > 0 else ():
                if broader in self.place:
                    row[self.place[broader]] = max(row[self.place[broader]], _BROADER * value)

    def _show(self, row: np.ndarray, steps: np.ndarray) -> None:
        """An entry is taken to be shown as far as the steps hold the effect of its shape, at the place where they hold it best."""
        shown = {drawing: _shown(drawing, steps) for drawing in EFFECTS}
        for k, entry in enumerate(self.entries, 1):
            if shown.get(entry.drawing, 0.0) >= _SEEN_FROM:
                row[k] = shown[entry.drawing]


def _shown(drawing: str, steps: np.ndarray) -> float:
    """0-1: projection of the steps on the shape's effect, the best over its places."""
    return float(np.clip(max(steps @ t / (t @ t) for t in _templates(drawing)), 0, 1))


@lru_cache
def _templates(drawing: str) -> tuple[np.ndarray, ...]:
    places = [({side}, {zone}) for side in SIDES for zone in ZONES] if "zone" in EFFECTS[drawing] else [(set(SIDES), set())]
    return tuple(effect(drawing, sides, zones, 0.3) for sides, zones in places)


def _with_usual(steps: np.ndarray) -> np.ndarray:
    return np.concatenate([np.float32([_USUAL]), steps]).astype(np.float32)


def _unit(rows: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)
