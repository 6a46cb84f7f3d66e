"""Completions of a set of reports, and how far their first candidates agree with what is known of each case.

From a report to a film: what is known is the report itself, which the ranking sees too. From a film to a report: the film is drawn from
the report, which the run never sees; that is the direction that measures something. Only findings that the reader of films can tell count.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from kbapp.core.case import Case
from kbapp.core.completion import Completion, Reading
from kbapp.core.content import Content, Modality
from kbapp.core.difference import FactClass
from kbapp.core.graph import KnowledgeGraph
from kbapp.errors import InputError
from kbapp.knowledge.findings import findings_of
from kbapp.lab.reports import Report
from kbapp.pipeline import Engines, Switches, complete
from kbapp.priors.version import PriorVersion

FIRST_SEED = 50_000  # of the drawn films that are given


@dataclass(frozen=True)
class Tally:
    """Findings, each with its side: there in both, in the candidate only, in what is known only. degrees: of the shared ones that have a
    degree, how many are told with the same; graded: how many have one."""

    hit: int = 0
    extra: int = 0
    missed: int = 0
    degrees: int = 0
    graded: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, name) + getattr(other, name) for name in ("hit", "extra", "missed", "degrees", "graded")))

    @property
    def f1(self) -> float:
        """0-1; 1 when there is nothing to find and nothing was told."""
        told = 2 * self.hit + self.extra + self.missed
        return 2 * self.hit / told if told else 1.0


@dataclass(frozen=True)
class Outcome:
    """Of one case. first: the candidate that ranks first; every: all candidates; best: the one that agrees most."""

    first: Tally
    every: Tally
    best: Tally
    distinct: int
    contradicts: bool  # the first one, by the difference shown to the reviewer
    abstained: bool
    seconds: float


def run_set(
    reports: Sequence[Report], engines: Engines, prior: PriorVersion, domain: str, missing: Modality, n: int, switches: Switches
) -> list[Outcome]:
    """One completion per report, each with its own seed. A case that the reader refuses is left out."""
    sources = _sources(reports, engines, prior, missing)
    known = engines.readers[Modality.TEXT].read([(report.findings,) for report in reports], prior)
    outcomes = []
    for seed, (source, truth) in enumerate(zip(sources, known, strict=True)):
        began = time.perf_counter()
        try:
            made = complete(Case((source,), domain), prior, engines, n=n, seed=seed, switches=switches)
        except InputError:
            continue
        outcomes.append(outcome(made, truth.graph, prior, time.perf_counter() - began))
    return outcomes


def _sources(reports: Sequence[Report], engines: Engines, prior: PriorVersion, missing: Modality) -> Sequence[Content]:
    texts = [report.findings for report in reports]
    if missing is Modality.IMAGE:
        return texts
    return engines.image_generator.generate([text.text for text in texts], range(FIRST_SEED, FIRST_SEED + len(texts)), prior)


def outcome(made: Completion, truth: KnowledgeGraph, prior: PriorVersion, seconds: float) -> Outcome:
    tallies = [_tally(truth, reading, _film_reading(made, k), prior) for k, reading in enumerate(made.candidate_readings)]
    first = made.ranking.order[0]
    return Outcome(
        first=tallies[first],
        every=sum(tallies, Tally()),
        best=max(tallies, key=lambda tally: tally.f1),
        distinct=len(made.candidates),
        contradicts=made.differences[first].count(FactClass.CONTRADICTED) > 0,
        abstained=made.ranking.preselected is None,
        seconds=seconds,
    )


def _film_reading(made: Completion, k: int) -> Reading:
    return made.reading if made.case.available is Modality.IMAGE else made.candidate_readings[k]


def _tally(truth: KnowledgeGraph, told: Reading, film: Reading, prior: PriorVersion) -> Tally:
    known, said = (_present(graph, film.assesses, prior) for graph in (truth, told.graph))
    shared = known.keys() & said.keys()
    graded = [key for key in shared if known[key]]
    return Tally(
        hit=len(shared),
        extra=len(said.keys() - known.keys()),
        missed=len(known.keys() - said.keys()),
        degrees=sum(known[key] == said[key] for key in graded),
        graded=len(graded),
    )


def _present(
    graph: KnowledgeGraph, assesses: frozenset[str] | None, prior: PriorVersion
) -> dict[tuple[str, str | None], str | None]:
    """(name, side) -> degree of what is present and can be told from a film."""
    found = [f for f in findings_of(graph, prior.prior) if f.status == "present"]
    return {(f.name, f.side): f.severity for f in found if assesses is None or f.name in assesses}
