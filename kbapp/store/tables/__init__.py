"""The tables, as SQLAlchemy Core sees them. What a model proposed and what a person decided are separate rows.

`cases` and `jobs`, `leases`, `drafts`, `case_texts`, `people` and `login_sessions` change; all others are append-only (see `kbapp.store.append_only`), so a score,
a candidate, a version of a prior, a decision or a comment is never altered. JSON columns hold what is only ever read as a whole, in the shapes of `kbapp.formats.completion_json`.
"""

from kbapp.store.tables.artifact import artifacts
from kbapp.store.tables.base import meta, metadata
from kbapp.store.tables.case import case_texts, cases, contents, truths
from kbapp.store.tables.completion import candidates, completions, scores
from kbapp.store.tables.decision import decisions
from kbapp.store.tables.decoy import decoy_reads, decoy_views, decoys
from kbapp.store.tables.job import jobs
from kbapp.store.tables.person import events, login_sessions, people
from kbapp.store.tables.prior import prior_versions
from kbapp.store.tables.reading import adjudications, decision_readings, reading_rules, reveals, second_reads
from kbapp.store.tables.review import comments, drafts, leases

READING = (reading_rules, reveals, decision_readings, second_reads, adjudications)
KEPT_BACK = (decoys, decoy_views, decoy_reads, truths)
APPEND_ONLY = (artifacts, prior_versions, contents, completions, candidates, scores, decisions, comments, events)
APPEND_ONLY += (*READING, *KEPT_BACK)
# Tables whose integer key counts up without a gap, within the other key columns.
GAP_FREE = {"decisions": "id", "prior_versions": "number", "comments": "id", "events": "id"}
GAP_FREE |= {"reading_rules": "id", "second_reads": "id", "adjudications": "id"}

__all__ = [
    "metadata",
    "meta",
    "artifacts",
    "prior_versions",
    "cases",
    "contents",
    "jobs",
    "completions",
    "candidates",
    "scores",
    "decisions",
    "leases",
    "drafts",
    "comments",
    "case_texts",
    "people",
    "login_sessions",
    "events",
    "reading_rules",
    "reveals",
    "decision_readings",
    "second_reads",
    "adjudications",
    "decoys",
    "decoy_views",
    "decoy_reads",
    "truths",
    "READING",
    "KEPT_BACK",
    "APPEND_ONLY",
    "GAP_FREE",
]
