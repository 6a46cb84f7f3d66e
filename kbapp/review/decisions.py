"""Decisions of people about completions: checked here, whatever the screen showed, and never altered afterwards."""

import difflib
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from sqlalchemy import Connection, Row, func, insert, select, update

from kbapp import __version__
from kbapp.core.actor import LOCAL_OWNER, Actor
from kbapp.core.content import Modality, TextContent
from kbapp.core.decision import FINAL, Action, Decision, Reason
from kbapp.errors import DecisionRefused, NotFound, Stale
from kbapp.review import decoys, second_reads
from kbapp.review.access import EVERYONE, EXPERTS, REVIEWERS, needs
from kbapp.review.artifacts import Artifact
from kbapp.review.drafts import end_drafts
from kbapp.review.leases import end_claim, refuse_if_claimed
from kbapp.review.reading import Sight, rules_of, sight_of
from kbapp.review.rows import case_row, completion_row, counting_decision, counts, decision_of
from kbapp.review.transitions import next_status
from kbapp.review.wish import MAX_NOTE, Wish, wished
from kbapp.store import tables
from kbapp.store.artifacts import ArtifactStore
from kbapp.store.clock import boot_id, utc_now
from kbapp.store.completion_rows import CompletionRows, StoredContent, fetch_completion, insert_artifact, store_content
from kbapp.store.database import Database


@dataclass(frozen=True)
class DecisionRow:
    """A line of the history. counts: see `kbapp.review.rows.counts`. origin: of the case. returned: it takes back what two readers differ
    on, for the first of them to decide anew."""

    decision: Decision
    case: str
    counts: bool
    origin: str = ""
    returned: bool = False


class Decisions:
    def __init__(self, database: Database, artifacts: ArtifactStore):
        self._database, self._artifacts = database, artifacts

    @needs(REVIEWERS)
    def decide(
        self,
        actor: Actor,
        completion_id: str,
        action: Action,
        *,
        revision: int,
        idempotency_key: str,
        candidate: int | None = None,
        reason: Reason | str = "",
        note: str = "",
        edited_text: str | None = None,
        ms_visible: int | None = None,
        order_shown: Sequence[int] = (),
        confirm: bool = False,
    ) -> Decision:
        """Store a decision, on disk when this returns.

        revision: of the case, as the person saw it. idempotency_key: the same key again gives the same decision and no second
        row. order_shown: candidate indices as they stood on the screen; the ranking's when empty.

        Ends the claim on the case, and with a final decision one's own drafts of it.

        Where a decoy stood in the place of a candidate, that candidate is neither in the order nor among the scores that are kept.

        Raises Stale (somebody decided meanwhile, or the case was completed again), DecisionRefused ("needs_confirmation" for
        a candidate that contradicts the source, until `confirm`; "claimed" while somebody else reads the case; "decoy" for one, which
        is kept as taken, with what was wrong about it as the sentence), NotFound, ArtifactTampered, StoreError.
        """
        wish = wished(
            action,
            revision=revision,
            idempotency_key=idempotency_key,
            candidate=candidate,
            reason=reason,
            note=note,
            edited_text=edited_text,
            ms_visible=ms_visible,
            order_shown=order_shown,
            confirm=confirm,
        )
        with self._database.read() as connection:
            row, case = completion_row(connection, actor, completion_id)
            if known := _repeated(connection, actor, completion_id, wish):
                return known
            decoys.refuse_repeated(connection, actor, row.id, wish.idempotency_key)
            rows = fetch_completion(connection, row, case)
            sight, decoy = sight_of(connection, actor, row), decoys.on_screen(connection, actor, case, row.id)
        facts = _checked(rows, wish, sight, decoy)
        if decoy and wish.candidate == decoy.idx:
            self._take(actor, rows.row, wish, decoy)
        if facts["before_sha256"]:
            before = self._artifacts.get(facts["before_sha256"])  # nobody accepts a file that was changed on disk
        edited = None
        if wish.action is Action.ACCEPT_EDITED:
            edited, facts["text_difference"] = self._store_edit(before.decode(), wish.edited_text)
            facts["after_sha256"] = edited.sha256
        with self._database.write() as connection:
            return _decide(connection, actor, rows.row, wish, facts, edited)

    @needs(EXPERTS)
    def give_back(self, actor: Actor, case_id: str, feedback: str, *, revision: int, idempotency_key: str) -> Decision:
        """Return a case that two readers differ on to the first of them: his decision is taken back, and the feedback stands on the
        case. Raises Stale, DecisionRefused, NotFound."""
        feedback = feedback.strip()
        if not 0 < len(feedback) <= MAX_NOTE:
            raise DecisionRefused(f"say in 1 to {MAX_NOTE} characters what the first reader should look at", code="needs_note")
        wish = wished(Action.UNDO, note=feedback, revision=revision, idempotency_key=idempotency_key)
        with self._database.write() as connection:
            case = case_row(connection, actor, case_id)
            made, _ = completion_row(connection, actor, case.completion_id or "")
            if known := _repeated(connection, actor, made.id, wish):
                return known
            facts = _checked(fetch_completion(connection, made, case), wish, sight_of(connection, actor, made))
            return _decide(connection, actor, made, wish, facts, None, returns=True)

    @needs(EVERYONE)
    def history(
        self, actor: Actor, *, case_id: str = "", before: int = 0, limit: int = 20, mine: bool = False
    ) -> list[DecisionRow]:
        """Newest first, of one case or of the project; `mine`: only the actor's own. The next page: `before` = the last id."""
        done = tables.decisions
        later = done.alias("later")
        returned = second_reads.returned(done.c.id).label("returned")
        case = tables.cases.c
        wanted = select(done, later.c.id.label("superseded_by"), case.origin, case.decision_id.label("held"), returned)
        wanted = wanted.outerjoin(later, later.c.supersedes == done.c.id).join(tables.cases, tables.cases.c.id == done.c.case_id)
        wanted = wanted.where(done.c.project == actor.project)
        if actor.id != LOCAL_OWNER.id:
            wanted = wanted.where(second_reads.not_hidden(done.c.case_id, done.c.actor_id, actor))
        if case_id:
            wanted = wanted.where(done.c.case_id == case_id)
        if before:
            wanted = wanted.where(done.c.id < before)
        if mine:
            wanted = wanted.where(done.c.actor_id == actor.id)
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(done.c.id.desc()).limit(min(limit, 500))).all()
        return [DecisionRow(decision_of(r), r.case_id, counts(r), r.origin, bool(r.returned)) for r in rows]

    @needs(EVERYONE)
    def accepted(self, actor: Actor, case_id: str) -> Artifact:
        """The accepted content of a case, edits included, for export. Raises NotFound when nothing is accepted."""
        with self._database.read() as connection:
            case = case_row(connection, actor, case_id)
            decision = counting_decision(connection, case.completion_id) if case.completion_id else None
            if decision is None or decision.after_sha256 is None or second_reads.hidden(case, decision, actor):
                raise NotFound(f'nothing is accepted for the case "{case_id}" yet')
            row = connection.execute(select(tables.artifacts).where(tables.artifacts.c.sha256 == decision.after_sha256)).one()
        return Artifact(row.sha256, row.media_type, self._artifacts.get(row.sha256), synthetic=True)

    def _take(self, actor: Actor, made: Row, wish: Wish, decoy: Row) -> NoReturn:
        """A reader accepts a decoy: that is kept instead of the decision, and he is told. Raises DecisionRefused, Stale."""
        with self._database.write() as connection:
            case = case_row(connection, actor, made.case_id)
            current = counting_decision(connection, made.id)
            _refuse_stale(actor, case, made, wish, None if second_reads.hidden(case, current, actor) else current)
            refuse_if_claimed(connection, actor, case.id)
            decoys.note_taken(connection, actor, case, decoy, wish.action, wish.idempotency_key)
        raise decoys.refusal(decoy)

    def _store_edit(self, before: str, text: str) -> tuple[StoredContent, str]:
        """The edited text as a file of its own, and how it differs from the candidate's."""
        if text == before:
            raise DecisionRefused("the text was not changed; accept the candidate as it is", code="unchanged")
        changes = difflib.unified_diff(before.splitlines(), text.splitlines(), "candidate", "edited", lineterm="")
        return store_content(self._artifacts, TextContent(text)), "\n".join(changes)


def _checked(rows: CompletionRows, wish: Wish, sight: Sight, decoy: Row | None = None) -> dict:
    """What the row of the decision says of the candidate. decoy: that stood in the place of one. Raises DecisionRefused."""
    facts = {"before_sha256": None, "after_sha256": None, "text_difference": ""}
    unseen = decoy.idx if decoy else None
    shown = sight.order or wish.order_shown or tuple((decoy or rows.row).ranking["order"])
    facts |= {"order_shown": [k for k in shown if k != unseen], "scores": _snapshot(rows, unseen)}
    if wish.candidate is None:
        return facts
    made = decoy if wish.candidate == unseen else next((c for c in rows.candidates if c.idx == wish.candidate), None)
    if made is None:
        raise DecisionRefused(f"there is no candidate {wish.candidate}; there are {len(rows.candidates)}")
    if wish.action is Action.ACCEPT_EDITED and rows.case.row.missing != Modality.TEXT.value:
        raise DecisionRefused("only a text can be accepted with edits")
    if wish.action is Action.ACCEPT and made.contradicted and not wish.confirm:
        raise DecisionRefused(second_reads.confirmation(made.contradicted, sight), code="needs_confirmation")
    return facts | {"before_sha256": made.artifact, "after_sha256": made.artifact}


def _snapshot(rows: CompletionRows, unseen: int | None) -> list[dict]:
    """The scores that the decision was made upon. unseen: the candidate in whose place a decoy stood."""
    return [
        {"index": c.idx, "qs": c.qs, "parts": {name: part.value for name, part in rows.parts.get(c.idx, {}).items()}}
        for c in rows.candidates
        if c.idx != unseen
    ]


def _decide(
    connection: Connection,
    actor: Actor,
    made: Row,
    wish: Wish,
    facts: dict,
    edited: StoredContent | None,
    *,
    returns: bool = False,
) -> Decision:
    """Inside the write transaction: once more whether it is new, timely and allowed, then the rows.

    returns: an adjudicator takes the first reader's decision back, for him to decide anew.
    """
    if known := _repeated(connection, actor, made.id, wish):
        return known
    case = case_row(connection, actor, made.case_id)
    current = counting_decision(connection, made.id)
    _refuse_stale(actor, case, made, wish, None if second_reads.hidden(case, current, actor) else current)
    refuse_if_claimed(connection, actor, case.id)
    second = _adjudicated(connection, actor, case, current, wish, returns)
    undoes = current if wish.action is Action.UNDO and not returns else None
    reopens = second_reads.settled_read(connection, actor, undoes) if undoes else None
    decoy = decoys.on_screen(connection, actor, case, made.id) if wish.action in FINAL else None
    status = next_status("ready" if second and not returns else case.status, wish.action)
    if edited:
        insert_artifact(connection, edited)
    reads = 1 if second else rules_of(connection, actor.project).reads_required
    row = _put_decision(connection, actor, made, wish, facts, current, reads)
    if decoy:
        decoys.note_passed(connection, actor, decoy, row["id"])
    if second:
        outcome, said = ("returned", wish.note) if returns else ("decided", "")
        second_reads.note_adjudication(connection, actor, case, second, row["id"], outcome, said)
    holds = None if wish.action is Action.UNDO else row["id"]
    after = _reopened(reopens) if reopens else (status, holds, _reading(wish.action, reads, returns))
    _put_case(connection, case, row, *after)
    end_claim(connection, case.id)
    if wish.action in FINAL:
        end_drafts(connection, actor, made.id)
    return decision_of(connection.execute(select(tables.decisions).where(tables.decisions.c.id == row["id"])).one())


def _put_decision(
    connection: Connection, actor: Actor, made: Row, wish: Wish, facts: dict, current: Row | None, reads: int
) -> dict:
    """The row of the decision, and beside it the rules it was made under. Returns the first. reads: how many the case asks for."""
    number = 1 + (connection.execute(select(func.max(tables.decisions.c.id))).scalar() or 0)
    row = _row(number, actor, made, wish, facts) | {"supersedes": _superseded(connection, current)}
    sight = sight_of(connection, actor, made)  # before there is a row that shows this reader everything
    read = {"decision_id": number, "reads_required": reads, "blind": int(sight.hidden), "ms_to_reveal": sight.ms_to_reveal}
    connection.execute(insert(tables.decisions).values(row))
    connection.execute(insert(tables.decision_readings).values(read))
    return row


def _adjudicated(connection: Connection, actor: Actor, case: Row, current: Row | None, wish: Wish, returns: bool) -> Row | None:
    """The second read that this decision settles, or None for a decision of a first reader. Raises DecisionRefused, NotAllowed."""
    if returns and case.reading != second_reads.ADJUDICATION:
        raise DecisionRefused("this case does not wait for adjudication; reload it", code="illegal_transition")
    if case.reading == second_reads.ADJUDICATION and actor.role in EXPERTS and (returns or wish.action in FINAL):
        return second_reads.refuse_readers(connection, case, actor)
    second_reads.refuse_first_readers(case, current, actor, wish.action)
    return None


def _reading(action: Action, reads: int, returns: bool) -> str:
    if returns:
        return second_reads.RETURNED
    return second_reads.SECOND_READ if reads == 2 and action in FINAL else ""


def _superseded(connection: Connection, current: Row | None) -> int | None:
    """What a decision comes in the place of. A first read that was settled before has its successor: then the undo of that settlement,
    so that the rows of a case stay one line."""
    if current is None:
        return None
    done = tables.decisions
    later = select(done.c.id).where(done.c.completion_id == current.completion_id, done.c.id > current.id)
    return connection.execute(later.order_by(done.c.id.desc()).limit(1)).scalar() or current.id


def _reopened(first: Row) -> tuple[str, int, str]:
    """How a case stands once its settlement is taken back: as it stood before."""
    return next_status("ready", Action(first.action)), first.id, second_reads.ADJUDICATION


def _put_case(connection: Connection, case: Row, row: dict, status: str, holds: int | None, reading: str) -> None:
    """holds: the decision that counts from now on."""
    values = {"status": status, "revision": case.revision + 1, "updated": row["utc"], "reading": reading, "decision_id": holds}
    was, now = case.reading == second_reads.RETURNED, reading == second_reads.RETURNED
    values |= {"priority": case.priority + second_reads.RETURNED_PRIORITY * (now - was)}
    of_it = (tables.cases.c.id == case.id) & (tables.cases.c.revision == row["revision"])
    connection.execute(update(tables.cases).where(of_it).values(values))


def _repeated(connection: Connection, actor: Actor, completion_id: str, wish: Wish) -> Decision | None:
    """The decision that was stored under this key before. Raises DecisionRefused when that was another one."""
    with_key = select(tables.decisions).where(tables.decisions.c.idempotency_key == wish.idempotency_key)
    row = connection.execute(with_key).first()
    if row is None:
        return None
    if (row.actor_id, row.completion_id, row.action, row.candidate) != (actor.id, completion_id, wish.action, wish.candidate):
        raise DecisionRefused("this idempotency key belongs to another decision; reload the page", code="key_reused")
    return decision_of(row)


def _refuse_stale(actor: Actor, case: Row, made: Row, wish: Wish, current: Row | None) -> None:
    if case.completion_id != made.id:
        raise Stale("the case was completed again, or its graph corrected, after the version shown here; decide on the newest one")
    if case.revision != wish.revision:
        who = (
            f"{'you' if current.actor_id == actor.id else current.actor} decided ({current.action.replace('_', ' ')}) at {current.utc}"
            if current
            else "it was decided or reopened"
        )
        raise Stale(f"this case changed since you opened it: {who}; reload it, then decide")


def _row(number: int, actor: Actor, made: Row, wish: Wish, facts: dict) -> dict:
    return {
        "id": number,
        "event": str(uuid.uuid4()),
        "idempotency_key": wish.idempotency_key,
        "case_id": made.case_id,
        "completion_id": made.id,
        "revision": wish.revision,
        "action": wish.action.value,
        "candidate": wish.candidate,
        "reason": wish.reason,
        "note": wish.note,
        "confirmed": int(wish.confirm),
        "project": actor.project,
        "actor_id": actor.id,
        "actor": actor.name,
        "role": actor.role.value,
        "utc": utc_now(),
        "mono_ns": time.monotonic_ns(),
        "boot_id": boot_id(),
        "ms_visible": wish.ms_visible,
        "engines": made.engines,
        "prior": made.prior,
        "prior_sha256": made.prior_sha256,
        "seed": made.seed,
        "app_version": __version__,
        **facts,
    }
