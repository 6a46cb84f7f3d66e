"""Uncertain and borderline facts, told one way in one candidate and another way in the next.

A picture cannot say "possible", and a report that says it leaves the question to its reader: candidates that differ in such facts differ
in substance. What may be chosen, and how often, follows from the reader's own uncertainty and is recorded with the candidate.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import erf, sqrt

from kbapp.core.candidate import Resolution
from kbapp.core.content import Modality
from kbapp.core.evidence import ImageRegion, Measurement
from kbapp.core.graph import KnowledgeGraph, graph_of
from kbapp.core.occurrence import Occurrence, occurrences
from kbapp.core.triple import LOCATED_IN, ON_SIDE, Status, Triple
from kbapp.priors.schema import DomainPrior, FilmRule

# Of the doubtful mentions in development reports, human annotators coded about two in three as present.
PRESENT_WHEN_DOUBTED = 2 / 3
# How often a text goes on saying that it is not sure, where it could.
STAYS_DOUBTED = 0.5
# A degree is borderline when at least this much of the measurement's spread lies on the other side of the threshold (one sd).
BORDERLINE = 0.16


@dataclass(frozen=True)
class OpenFact:
    """options: what can be told, with its probability, the one that was read first where it can be told at all."""

    node: str
    kind: str  # "status" or "degree", see Resolution
    before: str
    options: tuple[tuple[str, float], ...]

    def choice(self, after: str) -> Resolution:
        return Resolution(self.node, self.kind, self.before, after)


def open_facts(graph: KnowledgeGraph, prior: DomainPrior, target: Modality) -> tuple[OpenFact, ...]:
    """The facts that may be told in more than one way in the target modality, in name order."""
    found = (fact for seen in occurrences(graph) for fact in _open(seen, prior, target))
    return tuple(fact for fact in found if len(fact.options) > 1)


def most_likely(facts: Iterable[OpenFact]) -> tuple[Resolution, ...]:
    """Every fact as its likeliest option; ties go to the first."""
    return tuple(fact.choice(max(fact.options, key=lambda o: o[1])[0]) for fact in facts)


def sampled(facts: Iterable[OpenFact], rng: random.Random) -> tuple[Resolution, ...]:
    """Each fact drawn by its probabilities."""
    return tuple(fact.choice(rng.choices([o[0] for o in fact.options], [o[1] for o in fact.options])[0]) for fact in facts)


def resolved(graph: KnowledgeGraph, resolutions: Iterable[Resolution]) -> KnowledgeGraph:
    """The graph with the resolutions applied. What becomes absent keeps its place and loses its degree: there is nothing to have one."""
    by_node = {(r.node, r.kind): r for r in resolutions if r.before != r.after}
    if not by_node:
        return graph
    told = [new for t in graph.triples if (new := _told(t, by_node)) is not None]
    return graph_of(told, graph.nodes, graph.prior)


def _told(triple: Triple, by_node: dict[tuple[str, str], Resolution]) -> Triple | None:
    status, degree = by_node.get((triple.head, "status")), by_node.get((triple.head, "degree"))
    if degree and triple.tail == degree.before:
        triple = replace(triple, tail=degree.after)
    if status and triple.status.value == status.before:
        if status.after == Status.ABSENT and triple.relation not in (LOCATED_IN, ON_SIDE):
            return None
        triple = replace(triple, status=Status(status.after))
    return triple


def _open(seen: Occurrence, prior: DomainPrior, target: Modality) -> list[OpenFact]:
    measured = _measured(seen, prior)
    if seen.status is Status.UNCERTAIN:
        above = _share_beyond(measured[1], measured[0].present, measured[0].below) if measured else PRESENT_WHEN_DOUBTED
        return [_status_fact(seen, above, target)]
    if seen.status is Status.PRESENT and measured:
        rule, measurement = measured
        facts = [_status_fact(seen, _share_beyond(measurement, rule.present, rule.below), target)]
        return facts + [_degree_fact(seen, t, rule, measurement) for t in seen.said if t.tail in rule.degrees]
    return []


def _status_fact(seen: Occurrence, present: float, target: Modality) -> OpenFact:
    """present: probability that the finding is there. Options that are all but ruled out are not offered."""
    if target is Modality.IMAGE:
        options = {Status.PRESENT: present, Status.ABSENT: 1 - present}
    elif seen.status is Status.UNCERTAIN:
        rest = 1 - STAYS_DOUBTED
        options = {Status.UNCERTAIN: STAYS_DOUBTED, Status.PRESENT: rest * present, Status.ABSENT: rest * (1 - present)}
    else:
        options = {Status.PRESENT: present, Status.UNCERTAIN: 1 - present}
    kept = tuple((status.value, p) for status, p in options.items() if p >= BORDERLINE / 2 or status is seen.status)
    return OpenFact(seen.name, "status", seen.status.value, kept)


def _degree_fact(seen: Occurrence, told: Triple, rule: FilmRule, measurement: Measurement) -> OpenFact:
    """The degree read, and its neighbours where the measurement lies within its uncertainty of the threshold between them."""
    names = sorted(rule.degrees, key=rule.degrees.__getitem__, reverse=rule.below)
    k = names.index(told.tail)
    up = _share_beyond(measurement, rule.degrees[names[k + 1]], rule.below) if k + 1 < len(names) else 0.0
    down = 1 - _share_beyond(measurement, rule.degrees[names[k]], rule.below) if k else 0.0
    options = [(told.tail, 1 - up - down)]
    options += [(names[k + 1], up)] if up >= BORDERLINE else []
    options += [(names[k - 1], down)] if down >= BORDERLINE else []
    return OpenFact(seen.name, "degree", told.tail, tuple(options))


def _measured(seen: Occurrence, prior: DomainPrior) -> tuple[FilmRule, Measurement] | None:
    """The measurement that the finding was read from, with its rule."""
    rules = [rule for rule in prior.film_rules if rule.finding == seen.label]
    for triple in seen.triples:
        for evidence in triple.evidence:
            if isinstance(evidence, ImageRegion) and evidence.measurement:
                for rule in rules:
                    if evidence.measurement.name.startswith(rule.measure):
                        return rule, evidence.measurement
    return None


def _share_beyond(measurement: Measurement, threshold: float, below: bool) -> float:
    """Probability that the true value lies at or beyond the threshold, the error taken as normal."""
    distance = (measurement.value - threshold) / max(measurement.uncertainty, 1e-9)
    share = 0.5 * (1 + erf(max(-9.0, min(9.0, distance)) / sqrt(2)))
    return 1 - share if below else share
