"""What the keys of the review do. Each takes (case, what the page sent, the list's state) and returns the updates of the page."""

import time
from collections.abc import Callable

from kbapp.core.decision import Action
from kbapp.core.triple import Status
from kbapp.errors import DecisionRefused, ModelUnavailable, Stale, StoreError, UserError
from kbapp.knowledge.graph_corrections import Correction
from kbapp.review.second_reads import SecondRead
from kbapp.ui import replies
from kbapp.ui.sentences import whole, word

_MINE = {
    Action.ACCEPT: "accept candidate {k}", Action.ACCEPT_EDITED: "accept candidate {k} with edits", Action.REJECT: "reject all: {reason}",
    Action.DEFER: "defer", Action.FLAG: "flag for a second reader", Action.UNDO: "take the decision back",
}  # fmt: skip


class Acts:
    def __init__(self, handlers):
        self._pages, self._workbench = handlers, handlers.workbench

    # -- decisions ----------------------------------------------------------------------------------------------------------------

    def decide(self, case_id: str, data: dict, state: dict) -> list:
        """Save a decision and go to the next case; when it is refused, the page keeps everything and says why."""
        action = Action(word(data, "do"))
        if data.get("second") is True:
            return self._second(case_id, action, data, state)
        candidate = whole(data.get("candidate")) if action in (Action.ACCEPT, Action.ACCEPT_EDITED) else None
        try:
            decision = self._workbench.decisions.decide(
                self._pages.actor(),
                word(data, "completion"),
                action,
                candidate=candidate,
                reason=word(data, "reason") if action is Action.REJECT else "",
                note=word(data, "note", 4_000),
                edited_text=word(data, "text", 200_001) if action is Action.ACCEPT_EDITED else None,
                revision=whole(data.get("revision")) or 0,
                idempotency_key=word(data, "key", 80),
                ms_visible=whole(data.get("ms")),
                confirm=data.get("confirm") is True,
            )
        except Stale as error:
            return self._stale(case_id, error, action, data)
        except UserError as error:
            if error.code == "decoy":  # the case again, without it
                return self._pages.case_page(case_id, reply=replies.decoy(str(error)))
            return self._pages.answer(replies.refused(error.code, str(error)))
        passed = self._workbench.decoys.passed(self._pages.actor(), decision)
        return self._pages.next_page(case_id, state, replies.saved(decision, passed))

    def _second(self, case_id: str, action: Action, data: dict, state: dict) -> list:
        """A second read: of a case that somebody else has decided."""
        try:
            read = self._workbench.second_reads.read(
                self._pages.actor(),
                word(data, "completion"),
                action,
                candidate=whole(data.get("candidate")) if action is not Action.REJECT else None,
                reason=word(data, "reason") if action is Action.REJECT else "",
                note=word(data, "note", 4_000),
                revision=whole(data.get("revision")) or 0,
                idempotency_key=word(data, "key", 80),
                ms_visible=whole(data.get("ms")),
                confirm=data.get("confirm") is True,
            )
        except Stale as error:
            return self._stale(case_id, error, action, data)
        except UserError as error:
            return self._pages.answer(replies.refused(error.code, str(error)))
        return self._pages.next_page(case_id, state, replies.second_read(read))

    def reveal(self, case_id: str, data: dict, state: dict) -> list:
        """Show the scores to a blind reader; what he has open stays open."""
        self._workbench.reading.reveal(self._pages.actor(), word(data, "completion"), whole(data.get("ms")))
        return self._pages.case_page(case_id, candidate=whole(data.get("candidate")))

    def give_back(self, case_id: str, data: dict, state: dict) -> list:
        """Two readers differ, and the first one looks again."""
        revision, key = whole(data.get("revision")) or 0, word(data, "key", 80)
        try:
            self._workbench.decisions.give_back(
                self._pages.actor(), case_id, word(data, "note", 4_000), revision=revision, idempotency_key=key
            )
        except Stale as error:
            return self._stale(case_id, error, Action.UNDO, data)
        except UserError as error:
            return self._pages.answer(replies.refused(error.code, str(error)))
        return self._pages.next_page(case_id, state, replies.told("The case is back with its first reader."))

    def undo(self, case_id: str, data: dict, state: dict) -> list:
        """Take back one's newest decision that still counts, whatever case it was on, and open that case again. Where a second read came
        after it, that is what the person means, and nothing is taken back."""
        mine = self._workbench.decisions.history(self._pages.actor(), limit=50, mine=True)
        last = next((row for row in mine if row.counts), None)
        read = self._workbench.second_reads.newest(self._pages.actor())
        if read and (last is None or last.decision.utc < read.utc):
            return self._pages.answer(replies.refused("second_read", _final(read)))
        if last is None:
            return self._pages.answer(replies.refused("nothing", "there is no decision of yours to take back"))
        return self._take_back(last.decision.completion, last.case, case_id, data)

    def revise(self, case_id: str, data: dict, state: dict) -> list:
        """Take back the decision on the open case, whoever made it."""
        return self._take_back(word(data, "completion"), case_id, case_id, data)

    def _take_back(self, completion_id: str, case_id: str, from_case: str, data: dict) -> list:
        """An undo keeps an edited text as a draft, so that nothing has to be written twice, and shows what had been accepted."""
        actor = self._pages.actor()
        try:
            stored = self._workbench.completions.get(actor, completion_id)
            was = stored.decision
            edited = self._workbench.decisions.accepted(actor, case_id) if was and was.action is Action.ACCEPT_EDITED else None
            revision = whole(data.get("revision")) if case_id == from_case and data.get("do") == "revise" else stored.revision
            undone = self._workbench.decisions.decide(
                actor, stored.id, Action.UNDO, revision=revision or 0, idempotency_key=word(data, "key", 80)
            )
        except Stale as error:
            return self._stale(case_id, error, Action.UNDO, data)
        except UserError as error:
            return self._pages.answer(replies.refused(error.code, str(error)))
        if edited:
            self._workbench.drafts.save(actor, stored.id, was.candidate, edited.data.decode())
        return self._pages.case_page(case_id, from_case, replies.saved(undone), candidate=was.candidate if was else None)

    def _stale(self, case_id: str, error: DecisionRefused, action: Action, data: dict) -> list:
        k = (whole(data.get("candidate")) or 0) + 1
        mine = _MINE[action].format(k=k, reason=word(data, "reason"))
        newest = self._workbench.decisions.history(self._pages.actor(), case_id=case_id, limit=1)
        return self._pages.answer(replies.stale(str(error), mine, newest[0] if newest else None))

    def history(self, case_id: str, data: dict, state: dict) -> list:
        return self._pages.answer(replies.history(self._workbench.decisions.history(self._pages.actor(), limit=20, mine=True)))

    # -- around them --------------------------------------------------------------------------------------------------------------

    def comment(self, case_id: str, data: dict, state: dict) -> list:
        try:
            self._workbench.comments.add(self._pages.actor(), case_id, word(data, "note", 4_001), word(data, "key", 80))
        except UserError as error:
            return self._pages.answer(replies.refused(error.code, str(error)))
        return self._pages.case_page(case_id, reply=replies.told("The comment is saved."))

    def correct(self, case_id: str, data: dict, state: dict) -> list:
        """The graph as the person put it right; the page shows the candidates as they compare with it."""
        try:
            edits = [_correction(edit) for edit in data.get("edits") or [] if isinstance(edit, dict)]
            self._workbench.corrections.correct(
                self._pages.actor(),
                word(data, "completion"),
                edits,
                word(data, "reason", 501),
                revision=whole(data.get("revision")) or 0,
            )
        except UserError as error:
            return self._pages.answer(replies.refused(error.code, str(error)))
        ended = self._workbench.decoys.end(self._pages.actor(), word(data, "completion"))
        said = "The graph is corrected; the candidates were scored again."
        return self._pages.case_page(case_id, reply=replies.told(f"{said} {ended}".strip()))

    def takeover(self, case_id: str, data: dict, state: dict) -> list:
        try:
            self._workbench.leases.claim(self._pages.actor(), case_id, take_over=True)
        except UserError as error:
            return self._pages.answer(replies.refused(error.code, str(error)))
        return self._pages.case_page(case_id, reply=replies.told("The case is yours now."))

    def discard(self, case_id: str, data: dict, state: dict) -> list:
        self._workbench.drafts.discard(self._pages.actor(), word(data, "completion"), whole(data.get("candidate")) or 0)
        return self._pages.case_page(case_id, reply=replies.told("The draft is gone; the text is the candidate's again."))

    def draft(self, data: dict) -> dict:
        answer = {
            "kind": "draft",
            "candidate": whole(data.get("candidate")),
            "of": whole(data.get("of")),
            "at": time.monotonic_ns(),
        }
        try:
            kept = self._workbench.drafts.save(
                self._pages.actor(), word(data, "completion"), whole(data.get("candidate")) or 0, word(data, "text", 200_001)
            )
        except UserError as error:
            return answer | {"why": str(error)}
        except StoreError as error:  # a busy or a full disk: the page tries again
            return answer | {"why": str(error), "again": True}
        return answer | {"utc": kept.utc}

    def next(self, case_id: str, data: dict, state: dict) -> list:
        return self._pages.next_page(case_id, state)

    def reload(self, case_id: str, data: dict, state: dict) -> list:
        return self._pages.case_page(case_id, word(data, "before"))

    def version(self, case_id: str, data: dict, state: dict) -> list:
        """An earlier completion of the case, to look at, or the newest again."""
        return self._pages.case_page(case_id, version=word(data, "completion"))

    def list(self, case_id: str, data: dict, state: dict) -> list:
        return self._pages.list_page(state)

    # -- work on a case -----------------------------------------------------------------------------------------------------------

    def cancel(self, case_id: str, data: dict, state: dict) -> list:
        self._workbench.jobs.cancel(self._pages.actor(), word(data, "job"))
        self._pages.wait_a_moment(case_id)
        return self._pages.case_page(case_id)

    def again(self, case_id: str, data: dict, state: dict) -> list:
        """New candidates of the case by a job; those that are there stay as an earlier version."""
        n, seed = whole(data.get("n")) or 0, whole(data.get("seed"))
        begun = word(data, "completion") if word(data, "from") == "graph" else None
        return self._begin(case_id, data, n, -1 if seed is None else seed, begun)

    def retry(self, case_id: str, data: dict, state: dict) -> list:
        """The work that failed last, once more."""
        actor = self._pages.actor()
        job = self._workbench.jobs.latest(actor, case_id)
        n, seed, begun = (job.n, job.seed, job.from_completion) if job else (5, 0, None)
        return self._begin(case_id, data, n, seed, begun)

    def _begin(self, case_id: str, data: dict, n: int, seed: int, begun: str | None) -> list:
        try:
            self._pages.refuse_unready()
            self._workbench.jobs.submit(self._pages.actor(), case_id, n, seed, word(data, "key", 80), from_completion=begun)
        except (UserError, ModelUnavailable) as error:
            return self._pages.answer(replies.refused(error.code, str(error)))
        self._pages.wait_a_moment(case_id)
        return self._pages.case_page(case_id)


def _final(read: SecondRead) -> str:
    """Why a second read is not taken back, and who goes on."""
    after = "the two of you decided the same" if read.agrees else "an expert who read the case neither time settles it"
    return f"second read #{read.id} is final, because both readers know by now what the other one said; {after}"


def _correction(edit: dict) -> Correction:
    status = word(edit, "status")
    if status and status not in list(Status):
        raise UserError("expected the status present, uncertain or absent; reload the page")
    side = word(edit, "side") if "side" in edit else None
    degrees = tuple((name.removeprefix("degree "), word(edit, name)) for name in edit if name.startswith("degree "))
    return Correction(
        Status(status) if status else None, word(edit, "node"), word(edit, "label"), side, word(edit, "site"), degrees
    )


ACTS: dict[str, Callable] = {
    **dict.fromkeys(("accept", "accept_edited", "reject", "defer", "flag"), Acts.decide),
    **{
        name: getattr(Acts, name)
        for name in ("undo", "revise", "history", "comment", "takeover", "correct", "discard", "next", "reload", "version", "list")
    },
    **{name: getattr(Acts, name) for name in ("cancel", "retry", "again", "reveal", "give_back")},
}
