"""Scores of pairs that belong together and of deliberate mismatches."""

from collections.abc import Sequence

import numpy as np

from kbapp.core.band import Band
from kbapp.core.completion import Reading
from kbapp.core.content import Content
from kbapp.core.graph import KnowledgeGraph
from kbapp.core.score import QualityScore
from kbapp.errors import InputError
from kbapp.knowledge.reader import Reader
from kbapp.pipeline import Engines
from kbapp.priors.version import PriorVersion
from kbapp.ranking.bands import QS, auc, reference, scorer_ids
from kbapp.ranking.graph_part import graph_parts
from kbapp.ranking.quality_score import GRAPH, quality_scores

MISMATCHES = 10  # other candidates that each source is compared with


def measured_bands(
    sources: Sequence[Content],
    made: Sequence[Content],
    engines: Engines,
    prior: PriorVersion,
    *,
    domain: str,
    pairs: str,
    seed: int = 0,
) -> list[Band]:
    """A band per part, and one of QS. sources[k] and made[k] belong together; each source is also scored against MISMATCHES others.

    Parts that could not be computed for enough pairs are left out.
    """
    true, mismatched = scores_of_pairs(sources, made, engines, prior, np.random.default_rng(seed))
    source, target = sources[0].modality, made[0].modality
    used = {"reader": engines.readers[source].id, "candidate reader": engines.readers[target].id}
    used |= {f"scorer {scorer.name}": scorer.id for scorer in engines.scorers}
    ids = scorer_ids(used, {name: prior.prior.weights.get(name, 1.0) for name in true if name != QS})
    return [
        Band(name, ids[name], domain, source, target, pairs, reference(true[name]), reference(mismatched[name]), auc(true[name], mismatched[name]))
        for name in true
        if true[name] and mismatched.get(name)
    ]  # fmt: skip


def scores_of_pairs(
    sources: Sequence[Content], made: Sequence[Content], engines: Engines, prior: PriorVersion, rng: np.random.Generator
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """(true, mismatched): part or QS -> its values, 0-100."""
    graphs = [reading.graph for reading in read_each(sources, engines, prior)]
    readings = read_each(made, engines, prior)
    true: dict[str, list[float]] = {}
    mismatched: dict[str, list[float]] = {}
    for k, (source, graph) in enumerate(zip(sources, graphs, strict=True)):
        others = [j for j in range(len(made)) if made[j] != made[k] and sources[j] != source]
        chosen = [k, *rng.permutation(others)[:MISMATCHES].tolist()]
        parts = [{GRAPH: part} for part in graph_parts(graph, [readings[j] for j in chosen], prior.prior, made[k].modality)]
        for scorer in engines.scorers:
            for of_one, part in zip(parts, scorer.similarity([source], [made[j] for j in chosen], prior), strict=True):
                of_one[scorer.name] = part
        scores = quality_scores(parts, prior.prior.weights)
        _add(true, scores[:1])
        _add(mismatched, scores[1:])
    return true, mismatched


def read_each(contents: Sequence[Content], engines: Engines, prior: PriorVersion) -> list[Reading]:
    """One reading per content; one that the reader refuses holds no fact, as in a completion."""
    reader = engines.readers[contents[0].modality]
    try:
        return reader.read([(content,) for content in contents], prior)
    except InputError:
        return [_read_or_nothing(reader, content, prior) for content in contents]


def _read_or_nothing(reader: Reader, content: Content, prior: PriorVersion) -> Reading:
    try:
        return reader.read([(content,)], prior)[0]
    except InputError:
        return Reading(KnowledgeGraph(), assesses=frozenset())


def _add(values: dict[str, list[float]], scores: Sequence[QualityScore]) -> None:
    for score in scores:
        for name, part in score.parts.items():
            if part.value is not None:
                values.setdefault(name, []).append(part.value)
        if score.qs is not None:
            values.setdefault(QS, []).append(score.qs)
