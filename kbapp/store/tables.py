"""The tables, as SQLAlchemy Core sees them. What a model proposed and what a person decided are separate rows.

`cases` and `jobs`, `leases`, `drafts`, `case_texts`, `people` and `login_sessions` change; all others are append-only (see `kbapp.store.append_only`), so a score,
a candidate, a version of a prior, a decision or a comment is never altered. JSON columns hold what is only ever read as a whole, in the shapes of `kbapp.formats.completion_json`.
"""

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _one_of(column: str, *words: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(w) for w in words)})", name=column)


meta = Table("meta", metadata, Column("key", String, primary_key=True), Column("value", String, nullable=False))

artifacts = Table(
    "artifacts",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("media_type", String, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("utc", String, nullable=False),
)

prior_versions = Table(
    "prior_versions",
    metadata,
    Column("domain", String, primary_key=True),
    Column("number", Integer, primary_key=True),  # from 1, without a gap
    Column("yaml", Text, nullable=False),
    Column("yaml_sha256", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),  # of the meaning, as it was understood when it was saved
    Column("origin", String, nullable=False),
    Column("author_id", String, nullable=False),
    Column("author", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("utc", String, nullable=False),
    _one_of("origin", "shipped", "expert"),
    CheckConstraint("number >= 1", name="number"),
)

cases = Table(
    "cases",
    metadata,
    Column("id", String, primary_key=True),
    Column("project", String, nullable=False),
    Column("domain", String, nullable=False),
    Column("missing", String, nullable=False),
    Column("origin", Text, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("utc", String, nullable=False),
    # What follows is derived from the rows below, for the list and for the check "has anybody been faster".
    Column("status", String, nullable=False),
    Column("revision", Integer, nullable=False),  # +1 with each completion and each decision
    Column("completion_id", ForeignKey("completions.id", use_alter=True)),  # the latest
    Column("decision_id", ForeignKey("decisions.id", use_alter=True)),  # the one that counts, if any
    Column("job_id", ForeignKey("jobs.id", use_alter=True)),  # the latest
    Column("updated", String, nullable=False),
    # Where the latest completion puts the case on the worklist: the smallest first. -1: nothing was recommended; else the lead.
    Column("priority", Float, nullable=False, server_default="1000"),
    Column("unsure", Integer, nullable=False, server_default="0"),  # no recommendation, or a lead that is close or a tie
    Column("contradicted", Integer, nullable=False, server_default="0"),  # how many candidates contradict the source
    Column(
        "reading", String, nullable=False, server_default=""
    ),  # what the rows of second reads say: second_read, adjudication, returned
    _one_of("missing", "image", "text"),
    _one_of("status", "new", "ready", "accepted", "accepted_edited", "rejected", "deferred", "flagged"),
    Index("ix_cases_project_id", "project", "id"),
    Index("ix_cases_project_status_id", "project", "status", "id"),
    Index("ix_cases_project_priority_id", "project", "priority", "id"),
    Index("ix_cases_project_status_priority_id", "project", "status", "priority", "id"),
    Index("ix_cases_project_reading_id", "project", "reading", "id"),
)

contents = Table(
    "contents",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("modality", String, nullable=False),
    Column("artifact", ForeignKey("artifacts.sha256"), nullable=False),
    Column("meta", JSON, nullable=False),
    Index("ix_contents_artifact", "artifact"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("project", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("n", Integer, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("step", String, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor_name", String, nullable=False),
    Column("idempotency_key", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claimed_by", String, nullable=False),
    Column("heartbeat", String),
    Column("cancel_requested", Integer, nullable=False),
    Column("error_code", String, nullable=False),
    Column("error", Text, nullable=False),
    Column("completion_id", ForeignKey("completions.id", use_alter=True)),
    Column("created", String, nullable=False),
    Column("started", String),
    Column("finished", String),
    Column("from_completion", ForeignKey("completions.id", use_alter=True)),  # whose source graph is taken as it is
    UniqueConstraint("idempotency_key"),
    _one_of("state", "queued", "running", "done", "failed_retryable", "failed", "cancelled"),
    Index("ix_jobs_state_id", "state", "id"),
    Index("ix_jobs_case_id_id", "case_id", "id"),
)

completions = Table(
    "completions",
    metadata,
    Column("id", String, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("job_id", ForeignKey("jobs.id")),
    Column("utc", String, nullable=False),
    Column("app_version", String, nullable=False),
    Column("profile", String, nullable=False),
    Column("engines", JSON, nullable=False),
    Column("prior", String, nullable=False),
    Column("prior_sha256", String, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("n_requested", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("switches", JSON, nullable=False),
    Column("times", JSON, nullable=False),
    Column("reading", JSON, nullable=False),  # with the graph of the source
    Column("ranking", JSON, nullable=False),
    Column("notes", JSON, nullable=False),
    Column("top_qs", Float),
    Column("margin", Float),
    Column("margin_kind", String, nullable=False),
    Column("contradicted", Integer, nullable=False),  # how many candidates contradict the source
    Index("ix_completions_case_id_id", "case_id", "id"),
)

candidates = Table(
    "candidates",
    metadata,
    Column("completion_id", ForeignKey("completions.id"), primary_key=True),
    Column("idx", Integer, primary_key=True),  # 0-based, in order of generation
    Column("candidate", JSON, nullable=False),  # description, seed, model, prompt, notes
    Column("artifact", ForeignKey("artifacts.sha256"), nullable=False),
    Column("meta", JSON, nullable=False),
    Column("reading", JSON, nullable=False),
    Column("difference", JSON, nullable=False),
    Column("contradicted", Integer, nullable=False),  # facts of the source that it contradicts
    Column("qs", Float),
    Column("weights", JSON, nullable=False),
    Column("left_out", JSON, nullable=False),
    Index("ix_candidates_artifact", "artifact"),
)

scores = Table(
    "scores",
    metadata,
    Column("completion_id", String, primary_key=True),
    Column("idx", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),  # of the part; `graph` is first
    Column("part", String, nullable=False),
    Column("value", Float),  # 0-100 with full precision; null when not computed
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    ForeignKeyConstraint(["completion_id", "idx"], ["candidates.completion_id", "candidates.idx"]),
    UniqueConstraint("completion_id", "idx", "part"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),  # from 1, without a gap: a missing number is a missing row
    Column("event", String, nullable=False),
    Column("idempotency_key", String, nullable=False),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("completion_id", ForeignKey("completions.id"), nullable=False),
    Column("revision", Integer, nullable=False),  # of the case, as the person saw it
    Column("action", String, nullable=False),
    Column("candidate", Integer),
    Column("reason", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("confirmed", Integer, nullable=False),  # a contradicted candidate was accepted knowingly
    Column("supersedes", ForeignKey("decisions.id")),
    Column("project", String, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("role", String, nullable=False),
    Column("utc", String, nullable=False),
    Column("mono_ns", Integer, nullable=False),
    Column("boot_id", String, nullable=False),
    Column("ms_visible", Integer),
    Column("order_shown", JSON, nullable=False),
    Column("scores", JSON, nullable=False),  # snapshot of what was shown
    Column("engines", JSON, nullable=False),
    Column("prior", String, nullable=False),
    Column("prior_sha256", String, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("app_version", String, nullable=False),
    Column("before_sha256", ForeignKey("artifacts.sha256")),
    Column("after_sha256", ForeignKey("artifacts.sha256")),
    Column("text_difference", Text, nullable=False),
    UniqueConstraint("event"),
    UniqueConstraint("idempotency_key"),
    UniqueConstraint("case_id", "revision"),
    UniqueConstraint("supersedes"),
    _one_of("action", "accept", "accept_edited", "reject", "defer", "flag", "undo"),
    CheckConstraint("(action IN ('accept', 'accept_edited')) = (candidate IS NOT NULL)", name="candidate"),
    CheckConstraint("action != 'reject' OR reason != ''", name="reason"),
    CheckConstraint("action != 'undo' OR supersedes IS NOT NULL", name="undo"),
    Index("ix_decisions_project_id", "project", "id"),
    Index("ix_decisions_project_actor_id_id", "project", "actor_id", "id"),
    Index("ix_decisions_case_id_id", "case_id", "id"),
    Index("ix_decisions_completion_id", "completion_id"),
    Index("ix_decisions_after_sha256", "after_sha256"),
)

leases = Table(
    "leases",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("project", String, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("taken", String, nullable=False),
    Column("until", String, nullable=False),
    Index("ix_leases_actor_id", "actor_id"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("actor_id", String, primary_key=True),
    Column("completion_id", ForeignKey("completions.id"), primary_key=True),
    Column("candidate", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("utc", String, nullable=False),
    Index("ix_drafts_case_id", "case_id"),
)

comments = Table(
    "comments",
    metadata,
    Column("id", Integer, primary_key=True),  # from 1, without a gap
    Column("idempotency_key", String, nullable=False),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("project", String, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("role", String, nullable=False),
    Column("utc", String, nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("idempotency_key"),
    Index("ix_comments_case_id_id", "case_id", "id"),
)

case_texts = Table(  # what a search looks into; made from the files, and made again where it is missing
    "case_texts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("text", Text, nullable=False),
    UniqueConstraint("case_id"),
)

people = Table(
    "people",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),  # as it is typed at the login, in small letters
    Column("role", String, nullable=False),
    Column("password", String, nullable=False),  # argon2id, with its salt and costs
    Column("disabled", Integer, nullable=False),
    Column("utc", String, nullable=False),
    UniqueConstraint("name"),
    _one_of("role", "viewer", "annotator", "clinician", "expert", "admin"),
)

login_sessions = Table(
    "login_sessions",
    metadata,
    Column("token_sha256", String(64), primary_key=True),  # the token itself is in the browser only
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("boot_id", String, nullable=False),
    Column("started_ns", Integer, nullable=False),  # on the machine's clock since boot, which nobody sets
    Column("seen_ns", Integer, nullable=False),
    Index("ix_login_sessions_person_id", "person_id"),
)

events = Table(  # who came and went, and what was changed about people
    "events",
    metadata,
    Column("id", Integer, primary_key=True),  # from 1, without a gap
    Column("utc", String, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("what", String, nullable=False),
    Column("about", String, nullable=False),
)

reading_rules = Table(  # how a project reads; the newest row counts
    "reading_rules",
    metadata,
    Column("id", Integer, primary_key=True),  # from 1, without a gap
    Column("project", String, nullable=False),
    Column("blind", Integer, nullable=False),
    Column("reads_required", Integer, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("utc", String, nullable=False),
    CheckConstraint("reads_required IN (1, 2)", name="reads_required"),
    Column("decoys", Integer, nullable=False, server_default="0"),  # in how many of 100 cases one is shown
)

reveals = Table(  # who asked for the scores of a completion in blind reading, and when
    "reveals",
    metadata,
    Column("actor_id", String, primary_key=True),
    Column("completion_id", ForeignKey("completions.id"), primary_key=True),
    Column("utc", String, nullable=False),
    Column("ms", Integer),  # since the case appeared, as the page says
)

decision_readings = Table(  # under which rules a decision was made
    "decision_readings",
    metadata,
    Column("decision_id", ForeignKey("decisions.id"), primary_key=True),
    Column("blind", Integer, nullable=False),  # the scores had not been shown to this reader
    Column("ms_to_reveal", Integer),
    Column("reads_required", Integer, nullable=False),
)

second_reads = Table(
    "second_reads",
    metadata,
    Column("id", Integer, primary_key=True),  # from 1, without a gap
    Column("decision_id", ForeignKey("decisions.id"), nullable=False),  # the first reader's
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("project", String, nullable=False),
    Column("idempotency_key", String, nullable=False),
    Column("action", String, nullable=False),
    Column("candidate", Integer),
    Column("reason", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("agrees", Integer, nullable=False),  # same action and same candidate
    Column("actor_id", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("role", String, nullable=False),
    Column("utc", String, nullable=False),
    Column("ms_visible", Integer),
    Column("blind", Integer, nullable=False),
    Column("ms_to_reveal", Integer),
    Column("order_shown", JSON, nullable=False),
    UniqueConstraint("decision_id"),
    UniqueConstraint("idempotency_key"),
    _one_of("action", "accept", "reject"),
    Index("ix_second_reads_project_id", "project", "id"),
    Index("ix_second_reads_project_actor_id", "project", "actor_id"),
)

adjudications = Table(
    "adjudications",
    metadata,
    Column("id", Integer, primary_key=True),  # from 1, without a gap
    Column("second_read_id", ForeignKey("second_reads.id"), nullable=False),
    Column(
        "decision_id", ForeignKey("decisions.id"), nullable=False
    ),  # that replaced the first reader's: the final one, or an undo
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("project", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("feedback", Text, nullable=False),
    Column("first_reader", String, nullable=False),  # the actor's id, to whom it returns
    Column("actor_id", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("utc", String, nullable=False),
    UniqueConstraint("decision_id"),
    _one_of("outcome", "decided", "returned"),
    Index("ix_adjudications_second_read_id", "second_read_id", "id"),  # the newest one of a second read holds
)

decoys = Table(  # a candidate with a known error, shown in the place of the one at `idx` until a reader has decided
    "decoys",
    metadata,
    Column("completion_id", String, primary_key=True),
    Column("idx", Integer, nullable=False),
    Column("what", Text, nullable=False),  # is wrong about it, as words after "it says"
    Column("candidate", JSON, nullable=False),
    Column("artifact", ForeignKey("artifacts.sha256"), nullable=False),
    Column("meta", JSON, nullable=False),
    Column("reading", JSON, nullable=False),
    Column("difference", JSON, nullable=False),
    Column("contradicted", Integer, nullable=False),
    Column("scores", JSON, nullable=False),  # of all candidates as they are shown with it, in their order
    Column("ranking", JSON, nullable=False),  # likewise
    Column("utc", String, nullable=False),
    ForeignKeyConstraint(["completion_id", "idx"], ["candidates.completion_id", "candidates.idx"]),
    Index("ix_decoys_artifact", "artifact"),
)

decoy_views = Table(  # on whose screen a decoy has stood; from then on it stands there until that reader decides
    "decoy_views",
    metadata,
    Column("actor_id", String, primary_key=True),
    Column("completion_id", ForeignKey("decoys.completion_id"), primary_key=True),
    Column("utc", String, nullable=False),
)

decoy_reads = Table(  # what came of it, once for each reader
    "decoy_reads",
    metadata,
    Column("actor_id", String, primary_key=True),
    Column("completion_id", ForeignKey("decoys.completion_id"), primary_key=True),
    Column("project", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("decision_id", ForeignKey("decisions.id")),  # the one that did not take it
    Column("idempotency_key", String, nullable=False),  # of the decision that would have taken it, else empty
    Column("utc", String, nullable=False),
    _one_of("outcome", "taken", "taken_edited", "not_taken", "corrected"),
    Index("ix_decoy_reads_project", "project"),
)

truths = Table(  # the true content of the missing modality, where a case came with it
    "truths",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("artifact", ForeignKey("artifacts.sha256"), nullable=False),
    Column("meta", JSON, nullable=False),
    Column("utc", String, nullable=False),
    Index("ix_truths_artifact", "artifact"),
)

READING = (reading_rules, reveals, decision_readings, second_reads, adjudications)
KEPT_BACK = (decoys, decoy_views, decoy_reads, truths)
APPEND_ONLY = (artifacts, prior_versions, contents, completions, candidates, scores, decisions, comments, events)
APPEND_ONLY += (*READING, *KEPT_BACK)
# Tables whose integer key counts up without a gap, within the other key columns.
GAP_FREE = {"decisions": "id", "prior_versions": "number", "comments": "id", "events": "id"}
GAP_FREE |= {"reading_rules": "id", "second_reads": "id", "adjudications": "id"}
