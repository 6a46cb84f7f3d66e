"""One run of the three steps on a case: everything that was read, made and scored, and how to make it again."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kbapp.core.candidate import Candidate
from kbapp.core.case import Case
from kbapp.core.difference import Difference
from kbapp.core.graph import KnowledgeGraph
from kbapp.core.score import QualityScore, Ranking


@dataclass(frozen=True)
class Reading:
    """What a reader found in the contents of one case or candidate.

    not_assessed: canonical names (or measures) that the reader cannot speak about on this content, openly listed.
    assesses: labels whose presence or absence this reader can tell on this content; None means everything.
    dropped: triples refused for want of evidence. notes: what the person should know ("rotated film", "cut at 4096 tokens").
    """

    graph: KnowledgeGraph
    not_assessed: tuple[str, ...] = ()
    assesses: frozenset[str] | None = None
    dropped: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Provenance:
    """All it takes to make the completion again. Times are kept apart, in the store and in completion.json."""

    app_version: str
    profile: str
    engines: Mapping[str, str]  # role -> engine id with revision
    prior: str  # "chest-xray@3"
    prior_sha256: str
    seed: int
    n_requested: int
    switches: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Completion:
    """candidates, candidate_readings, scores and differences have the same length and order (by index)."""

    case: Case
    reading: Reading
    candidates: tuple[Candidate, ...]
    candidate_readings: tuple[Reading, ...]
    scores: tuple[QualityScore, ...]
    differences: tuple[Difference, ...]
    ranking: Ranking
    provenance: Provenance
    notes: tuple[str, ...] = ()  # e.g. "4 distinct candidates instead of 5: ..."
