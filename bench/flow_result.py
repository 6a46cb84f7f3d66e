"""What a flow is given and what comes of it: values for bench/flows.py and its test."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.flow_script import Lengths
from kbapp.core.content import Content, ImageContent
from kbapp.core.graph import KnowledgeGraph
from kbapp.core.score import PartScore
from kbapp.priors.schema import DomainPrior, Guidance
from kbapp.priors.version import PriorVersion
from kbapp.ranking.graph_similarity import typed_similarity
from kbapp.ranking.quality_score import quality_scores


@dataclass(frozen=True)
class Job:
    """source: a text, or the file of a picture. examples: the files of the two medical few-shot pictures. folder: for the official flow's files."""

    source: Content | Path
    makes_pictures: bool
    medical: bool
    n: int
    prior: PriorVersion
    lengths: Lengths
    examples: tuple[Path, ...]
    folder: Path

    @property
    def source_file(self) -> Path | None:
        return self.source if isinstance(self.source, Path) else None

    @property
    def seeds(self) -> list[int]:
        return [1000 + k for k in range(self.n)]


def prior_of(steps: int) -> PriorVersion:
    """A prior that says nothing but how many steps of denoising a picture takes."""
    guidance = {"image": Guidance(steps=steps, guidance_scale=5.0)}
    return PriorVersion(DomainPrior(domain="bench", title="bench", role="", names={}, root="-", guidance=guidance), 1, "")


@dataclass(frozen=True)
class Result:
    """qs: 0-100 per candidate. winner: index of the best."""

    graph: KnowledgeGraph
    contents: tuple[Content, ...]
    graphs: tuple[KnowledgeGraph, ...]
    qs: tuple[float, ...]
    counts: Counter

    @property
    def winner(self) -> int:
        return max(range(len(self.qs)), key=lambda k: (self.qs[k], -k))


def result_of(
    graph: KnowledgeGraph,
    contents: Sequence[Content],
    graphs: Sequence[KnowledgeGraph],
    parts: dict[str, list[float]],
    counts: Counter,
) -> Result:
    scores = [
        {"graph": PartScore(typed_similarity(graph, one)), **{name: PartScore(values[k]) for name, values in parts.items()}}
        for k, one in enumerate(graphs)
    ]
    return Result(graph, tuple(contents), tuple(graphs), tuple(s.qs for s in quality_scores(scores, {})), Counter(counts))


def differences(a: Result, b: Result) -> dict[str, float | None]:
    """graphs, texts: 0 when equal. pictures: the lowest peak signal-to-noise ratio in dB (None: equal). qs: the largest difference, 0-100 scale."""
    pairs = list(zip(a.contents, b.contents, strict=True))
    pictures = [(x, y) for x, y in pairs if isinstance(x, ImageContent)]
    texts = sum(x != y for x, y in pairs if not isinstance(x, ImageContent))
    return {
        "graphs": float(a.graph != b.graph or a.graphs != b.graphs),
        "texts": float(texts),
        "pictures": _lowest_psnr(pictures),
        "qs": max(abs(x - y) for x, y in zip(a.qs, b.qs, strict=True)),
        "winner": float(a.winner != b.winner),
    }


def _lowest_psnr(pictures: list[tuple[ImageContent, ImageContent]]) -> float | None:
    errors = [float(((_rgb(x) - _rgb(y)) ** 2).mean()) for x, y in pictures]
    return float(10 * np.log10(255**2 / max(errors))) if any(errors) else None


def _rgb(content: ImageContent) -> np.ndarray:
    """(height, width, 3); a grey picture comes back from a file with three channels."""
    pixels = content.pixels if content.pixels.ndim == 3 else content.pixels[..., None]
    return np.broadcast_to(pixels, (*pixels.shape[:2], 3)).astype(float)
