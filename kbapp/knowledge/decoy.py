"""A graph with one known error: what a decoy is made from. Pure: the same seed gives the same error."""

import random
from collections.abc import Iterator

from kbapp.core.content import Modality
from kbapp.core.difference import FactClass
from kbapp.core.graph import KnowledgeGraph, graph_of
from kbapp.core.occurrence import Occurrence, occurrences
from kbapp.core.triple import LOCATED_IN, ON_SIDE, Status
from kbapp.knowledge.graph_corrections import Correction, corrected, may_have_side
from kbapp.priors.schema import DomainPrior
from kbapp.ranking.assessable import is_assessable
from kbapp.ranking.difference import difference

_OPPOSITE = {Status.PRESENT: Status.ABSENT, Status.ABSENT: Status.PRESENT}
_OTHER_SIDE = {"left": "right", "right": "left"}


def wrong(graph: KnowledgeGraph, prior: DomainPrior, target: Modality, seed: int) -> Iterator[tuple[KnowledgeGraph, str]]:
    """The graph with one finding told as its opposite, or on the other side, and what was changed, as words that go on "it says that ...".
    Each error that there is comes once, in an order that follows from the seed; none where the graph has no such finding.

    target: the modality that the decoy is made in: a finding that it cannot show is no known error. All else is as it was; a finding
    that is denied loses its degree, because nobody grades what is not there.
    """
    errors = [
        (error, what) for seen in occurrences(graph) if _can_be_wrong(seen, prior, target) for error, what in _errors(seen, prior)
    ]
    random.Random(seed).shuffle(errors)
    for error, what in errors:
        made = _without_degrees(corrected(graph, [error], prior), error)
        told = difference(graph, made, prior, target=target)
        if told.count(FactClass.CONTRADICTED):  # not where a side is told that the same finding is on as well
            yield made, what


def _can_be_wrong(seen: Occurrence, prior: DomainPrior, target: Modality) -> bool:
    entry = prior.entry_by_name.get(seen.label)
    named = entry is not None and entry.kind != "anatomy"
    return named and seen.status in _OPPOSITE and is_assessable(seen.label, prior, target, None)


def _errors(seen: Occurrence, prior: DomainPrior) -> Iterator[tuple[Correction, str]]:
    opposite = _OPPOSITE[seen.status]
    yield Correction(opposite, seen.name), f'"{seen.name}" is {opposite}; the source says it is {seen.status}'
    if seen.status is Status.PRESENT and len(seen.sides) == 1 and may_have_side(seen, prior):
        side = _OTHER_SIDE[seen.sides[0]]
        yield Correction(Status.PRESENT, seen.name, side=side), f'"{seen.name}" is on the {side}'


def _without_degrees(graph: KnowledgeGraph, error: Correction) -> KnowledgeGraph:
    if error.status is not Status.ABSENT:
        return graph
    placing = (LOCATED_IN, ON_SIDE)
    return graph_of((t for t in graph.triples if t.head != error.node or t.relation in placing), graph.nodes, graph.prior)
