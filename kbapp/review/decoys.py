"""Decoys: in a small share of cases, switched on by an expert, one candidate is made with a known error, so that a project learns whether
its readers look, and each reader is told at once.

A decoy is no part of the completion: it has rows of its own and stands, on the screen of a reader who has not met it, in the place and
under the number of the candidate that ranks last. So nothing tells that it is there, numbers mean the same before and after, and the
audit, exports and figures know the real candidates alone. What was on whose screen is a row (`decoy_views`): a decision is held against
what its reader saw, whatever the rules say by then.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from sqlalchemy import Connection, Row, func, insert, select, update

from kbapp.core.actor import Actor
from kbapp.core.completion import Completion
from kbapp.core.decision import Action, Decision
from kbapp.core.difference import FactClass
from kbapp.core.graph import KnowledgeGraph
from kbapp.errors import DecisionRefused
from kbapp.formats import completion_json as as_json
from kbapp.knowledge.decoy import wrong
from kbapp.pipeline import Engines, substituted
from kbapp.priors.version import PriorVersion
from kbapp.review.access import EVERYONE, EXPERTS, REVIEWERS, may_review, needs
from kbapp.review.completions import StoredCompletion
from kbapp.review.drafts import end_drafts
from kbapp.review.reading import rules_of
from kbapp.review.rows import completion_row
from kbapp.store.artifacts import ArtifactStore
from kbapp.store.clock import utc_now
from kbapp.store.completion_rows import StoredContent, insert_artifact
from kbapp.store.database import Database
from kbapp.store.tables import cases, decoy_reads, decoy_views, decoys

FEWEST = 3  # candidates: with the decoy among them there is still something to choose from
_TRIES = 3  # errors that are tried before a case stays without a decoy: each costs the making of one candidate
_WAITING = ("ready", "deferred", "flagged")


@dataclass(frozen=True)
class Decoy:
    """index: of the candidate in whose place it stands. what: is wrong about it, as words after "it says that". completion: as it is
    shown with the decoy in it."""

    index: int
    what: str
    completion: Completion


@dataclass(frozen=True)
class ReaderRecord:
    """met: decoys that this reader has decided upon. taken: of these, accepted as they were; edited: accepted with edits, which may have
    mended them."""

    actor: str
    met: int
    taken: int
    edited: int


class Decoys:
    def __init__(self, database: Database, artifacts: ArtifactStore):
        self._database, self._artifacts = database, artifacts

    @needs(EVERYONE)
    def shown(self, actor: Actor, stored: StoredCompletion) -> StoredCompletion:
        """The completion as this reader gets to see it: with its decoy, where there is one that he has not met, else as it is. A decoy
        that has stood on his screen stays there until he decides, also when the rules change. Raises NotFound."""
        with self._database.read() as connection:
            decoy = self._to_show(connection, actor, stored.id)
            known = decoy is None or _has_seen(connection, actor, stored.id)
        if not known:
            with self._database.write() as connection:
                if not _has_seen(connection, actor, stored.id):
                    connection.execute(insert(decoy_views).values(actor_id=actor.id, completion_id=stored.id, utc=utc_now()))
        return self._in_place(stored, decoy) if decoy else stored

    @needs(EVERYONE)
    def passed(self, actor: Actor, decision: Decision) -> str:
        """What a reader is told after a decision that did not take a decoy, as sentences; empty where there was none."""
        wanted = select(decoys.c.idx, decoys.c.what).join(decoy_reads, decoy_reads.c.completion_id == decoys.c.completion_id)
        with self._database.read() as connection:
            row = connection.execute(wanted.where(decoy_reads.c.decision_id == decision.id, *_of(actor))).first()
        if row is None:
            return ""
        unseen = " Take this back to see the candidate in whose place it stood." if decision.action is Action.REJECT else ""
        return f"Candidate {row.idx + 1} was a decoy, and you did not take it: it says that {row.what}.{unseen}"

    @needs(REVIEWERS)
    def end(self, actor: Actor, completion_id: str) -> str:
        """The graph was corrected, so the case goes on with newer candidates: what a reader is told of the decoy among the older ones, or
        an empty text. Raises NotFound."""
        with self._database.write() as connection:
            completion_row(connection, actor, completion_id)
            decoy = _unmet(connection, actor, completion_id)
            if decoy is None or not _has_seen(connection, actor, completion_id):
                return ""
            _note(connection, actor, completion_id, "corrected")
            end_drafts(connection, actor, completion_id, decoy.idx)
        return f"Candidate {decoy.idx + 1} was a decoy and is gone: it said that {decoy.what}."

    @needs(EXPERTS)
    def readers(self, actor: Actor) -> list[ReaderRecord]:
        """Of the project, by name. A decoy that a correction ended was not decided upon."""
        row = decoy_reads.c
        counts = [func.count().filter(row.outcome == outcome) for outcome in ("taken", "taken_edited")]
        wanted = select(func.max(row.actor).label("name"), func.count(), *counts).where(row.project == actor.project)
        wanted = wanted.where(row.outcome != "corrected").group_by(row.actor_id).order_by("name")
        with self._database.read() as connection:
            return [ReaderRecord(*found) for found in connection.execute(wanted)]

    def _to_show(self, connection: Connection, actor: Actor, completion_id: str) -> Row | None:
        _, case = completion_row(connection, actor, completion_id)
        decoy = _unmet(connection, actor, completion_id) if may_review(actor) and _waits(case, completion_id) else None
        shows = decoy and (rules_of(connection, actor.project).decoys or _has_seen(connection, actor, completion_id))
        return decoy if shows else None

    def _in_place(self, stored: StoredCompletion, decoy: Row) -> StoredCompletion:
        put = partial(_with, index=decoy.idx)
        content = as_json.content_read_later(partial(self._artifacts.get, decoy.artifact), decoy.meta)
        shown = replace(
            stored.completion,
            candidates=put(stored.completion.candidates, as_json.candidate_from_json(decoy.candidate, content)),
            candidate_readings=put(stored.completion.candidate_readings, as_json.reading_from_json(decoy.reading)),
            differences=put(stored.completion.differences, as_json.difference_from_json(decoy.difference)),
            scores=tuple(map(as_json.score_from_json, decoy.scores)),
            ranking=as_json.ranking_from_json(decoy.ranking),
        )
        return replace(stored, completion=shown, candidate_artifacts=put(stored.candidate_artifacts, decoy.artifact))


# -- making ---------------------------------------------------------------------------------------------------------------------------


def drawn(completion_id: str, share: int) -> bool:
    """Whether this completion gets a decoy; the same for all its readers. share: of 100."""
    return _number(completion_id) % 100 < share


def made(
    completion: Completion, completion_id: str, prior: PriorVersion, engines: Engines, cancelled: Callable[[], bool]
) -> Decoy | None:
    """By the engines that made the candidates, on their seed. None where the graph offers no error, too few candidates were made, or the
    error cannot be told from the decoy afterwards. Raises Cancelled, UserError, EngineError."""
    if len(completion.candidates) < FEWEST or prior.prior.sha256 != completion.provenance.prior_sha256:
        return None
    source, index = completion.reading.graph, completion.ranking.order[-1]
    errors = wrong(source, prior.prior, completion.case.missing, _number(completion_id))
    for graph, what in islice(errors, _TRIES):
        shown = substituted(completion, index, graph, prior, engines, cancelled=cancelled)
        if _tells(shown, index, graph):
            return Decoy(index, what, shown)
    return None


def put_decoy(connection: Connection, completion_id: str, decoy: Decoy, file: StoredContent) -> None:
    """After the rows of the completion. file: the decoy's content, stored before."""
    insert_artifact(connection, file)
    shown, k = decoy.completion, decoy.index
    row = {
        "completion_id": completion_id,
        "idx": k,
        "what": decoy.what,
        "candidate": as_json.candidate_to_json(shown.candidates[k]),
        "artifact": file.sha256,
        "meta": dict(file.meta),
        "reading": as_json.reading_to_json(shown.candidate_readings[k]),
        "difference": as_json.difference_to_json(shown.differences[k]),
        "contradicted": shown.differences[k].count(FactClass.CONTRADICTED),
        "scores": [as_json.score_to_json(score) for score in shown.scores],
        "ranking": as_json.ranking_to_json(shown.ranking),
        "utc": utc_now(),
    }
    connection.execute(insert(decoys).values(row))


def _tells(shown: Completion, index: int, graph: KnowledgeGraph) -> bool:
    """Whether the error was found again in what the decoy says."""
    told = set(graph.triples)
    changed = {t.head for t in shown.reading.graph.triples if t not in told}
    facts = shown.differences[index].facts
    return any(f.fact_class is FactClass.CONTRADICTED and f.source and f.source.head in changed for f in facts)


def _number(completion_id: str) -> int:
    return int.from_bytes(hashlib.sha256(f"decoy\0{completion_id}".encode()).digest()[:6], "big")


# -- inside a decision's transaction --------------------------------------------------------------------------------------------------


def on_screen(connection: Connection, actor: Actor, case: Row, completion_id: str) -> Row | None:
    """The decoy that stands among the candidates before this reader. case: as it is now."""
    decoy = _unmet(connection, actor, completion_id) if _waits(case, completion_id) else None
    return decoy if decoy and _has_seen(connection, actor, completion_id) else None


def on_screens(connection: Connection, completion_id: str) -> list[tuple[str, int]]:
    """(actor id, candidate) of the readers before whom the decoy of a completion stands, and of its place."""
    met = select(decoy_reads.c.actor_id).where(decoy_reads.c.completion_id == completion_id)
    placed = select(decoy_views.c.actor_id, decoys.c.idx).join(decoys, decoys.c.completion_id == decoy_views.c.completion_id)
    rows = connection.execute(placed.where(decoys.c.completion_id == completion_id, decoy_views.c.actor_id.not_in(met)))
    return [(row.actor_id, row.idx) for row in rows]


def note_taken(connection: Connection, actor: Actor, case: Row, decoy: Row, action: Action, key: str) -> None:
    """Instead of a decision. The case gets a new revision, so that no other window of this reader still shows the decoy in good faith."""
    outcome = "taken" if action is Action.ACCEPT else "taken_edited"
    _note(connection, actor, decoy.completion_id, outcome, key=key)
    end_drafts(connection, actor, decoy.completion_id, decoy.idx)
    changed = update(cases).where(cases.c.id == case.id).values(revision=case.revision + 1, updated=utc_now())
    connection.execute(changed)


def note_passed(connection: Connection, actor: Actor, decoy: Row, decision_id: int) -> None:
    _note(connection, actor, decoy.completion_id, "not_taken", decision_id=decision_id)


def refuse_repeated(connection: Connection, actor: Actor, completion_id: str, key: str) -> None:
    """The same request again gets the same answer. Raises DecisionRefused."""
    again = select(decoys).join(decoy_reads, decoy_reads.c.completion_id == decoys.c.completion_id)
    again = again.where(decoys.c.completion_id == completion_id, decoy_reads.c.idempotency_key == key, *_of(actor))
    if row := connection.execute(again).first():
        raise refusal(row)


def refusal(decoy: Row) -> DecisionRefused:
    said = f"candidate {decoy.idx + 1} was a decoy: it says that {decoy.what}. Nothing was saved; the case is open again without it"
    return DecisionRefused(said, code="decoy")


def _note(connection: Connection, actor: Actor, completion_id: str, outcome: str, *, key: str = "", decision_id: int | None = None):
    row = {"actor_id": actor.id, "completion_id": completion_id, "project": actor.project, "actor": actor.name}
    row |= {"outcome": outcome, "decision_id": decision_id, "idempotency_key": key, "utc": utc_now()}
    connection.execute(insert(decoy_reads).values(row))


def _unmet(connection: Connection, actor: Actor, completion_id: str) -> Row | None:
    decoy = connection.execute(select(decoys).where(decoys.c.completion_id == completion_id)).first()
    if decoy is None:
        return None
    met = select(decoy_reads.c.utc).where(decoy_reads.c.completion_id == completion_id, *_of(actor))
    return None if connection.execute(met).first() else decoy


def _has_seen(connection: Connection, actor: Actor, completion_id: str) -> bool:
    mine = (decoy_views.c.actor_id == actor.id, decoy_views.c.completion_id == completion_id)
    return connection.execute(select(decoy_views.c.utc).where(*mine)).first() is not None


def _of(actor: Actor) -> tuple:
    return (decoy_reads.c.actor_id == actor.id,)


def _waits(case: Row, completion_id: str) -> bool:
    """A case between two readers shows what the first of them decided upon, and no decoy."""
    return case.completion_id == completion_id and case.status in _WAITING and not case.reading


def _with(values: tuple, value: object, *, index: int) -> tuple:
    return (*values[:index], value, *values[index + 1 :])
