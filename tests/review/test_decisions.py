import threading

import pytest

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.core.content import TextContent
from kbapp.core.decision import Action, Reason
from kbapp.errors import DecisionRefused, NotFound, Stale
from kbapp.review.decisions import Decisions
from tests.formats.completions import drawn, small_completion
from tests.review.fakes import completed_case, finished, opened

ANNA = Actor("anna", "Anna", Role.CLINICIAN)


@pytest.fixture
def decided(workbench):
    return Desk(workbench, completed_case(workbench))


class Desk:
    """A reviewer in front of one case."""

    def __init__(self, workbench, case_id):
        self.workbench, self.case_id, self.count = workbench, case_id, 0

    @property
    def shown(self):
        return self.workbench.completions.latest(LOCAL_OWNER, self.case_id)

    def decide(self, action, actor=LOCAL_OWNER, **given):
        self.count += 1
        shown = self.shown
        defaults = {"revision": shown.revision, "idempotency_key": f"{self.case_id}-{self.count}"}
        return self.workbench.decisions.decide(actor, shown.id, action, **defaults | given)

    def accept(self, candidate=0, **given):
        return self.decide(Action.ACCEPT, candidate=candidate, **given)

    @property
    def status(self):
        return self.workbench.cases.list(LOCAL_OWNER)[0].status


def test_an_acceptance_is_kept_with_who_when_and_what(decided):
    made = decided.accept(1, actor=ANNA, note="fits", ms_visible=4200, order_shown=[1, 0, 2])
    assert (made.id, made.action, made.candidate, made.actor, made.role) == (1, Action.ACCEPT, 1, "Anna", "clinician")
    assert (made.note, made.ms_visible, made.supersedes) == ("fits", 4200, None)
    assert made.utc.endswith("+00:00")
    assert decided.shown.decision == made
    assert decided.status == "accepted"
    assert decided.workbench.decisions.history(LOCAL_OWNER)[0].decision == made


def test_the_accepted_content_can_be_exported(decided):
    with pytest.raises(NotFound, match="nothing is accepted"):
        decided.workbench.decisions.accepted(LOCAL_OWNER, decided.case_id)
    decided.accept(2)
    taken = decided.workbench.decisions.accepted(LOCAL_OWNER, decided.case_id)
    assert (taken.sha256, taken.media_type, taken.synthetic) == (decided.shown.candidate_artifacts[2], "image/png", True)


def test_an_edited_acceptance_keeps_both_texts_and_their_difference(workbench):
    case_id = workbench.cases.create(LOCAL_OWNER, [drawn()])
    finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case_id, 2, 0, "k"))
    desk = Desk(workbench, case_id)
    desk.decide(Action.ACCEPT_EDITED, candidate=0, edited_text="Fluid on the left,\r\nversion\x00 of Anna. ")
    taken = workbench.decisions.accepted(LOCAL_OWNER, case_id)
    assert taken.data.decode() == "Fluid on the left,\nversion of Anna."
    (row,) = workbench.audit.show(LOCAL_OWNER)
    assert (row.before_sha256, row.after_sha256) == (desk.shown.candidate_artifacts[0], taken.sha256)
    assert "-Fluid on the left, version 0 of seed 0. No air." in row.text_difference and "+version of Anna." in row.text_difference
    assert desk.status == "accepted_edited"


@pytest.mark.parametrize("text", ["", "  \n", "\x00\u200b", "x" * 300_000, None])
def test_an_edit_that_is_no_usable_text_is_refused(workbench, text):
    case_id = workbench.cases.create(LOCAL_OWNER, [drawn()])
    finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case_id, 1, 0, "k"))
    with pytest.raises(DecisionRefused):
        Desk(workbench, case_id).decide(Action.ACCEPT_EDITED, candidate=0, edited_text=text)
    assert workbench.decisions.history(LOCAL_OWNER) == []


def test_an_edit_without_a_change_or_of_a_picture_is_refused(workbench, decided):
    with pytest.raises(DecisionRefused, match="only a text"):
        decided.decide(Action.ACCEPT_EDITED, candidate=0, edited_text="Words for a picture.")
    case_id = workbench.cases.create(LOCAL_OWNER, [drawn()])
    finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case_id, 1, 0, "k"))
    desk = Desk(workbench, case_id)
    with pytest.raises(DecisionRefused, match="was not changed"):
        desk.decide(Action.ACCEPT_EDITED, candidate=0, edited_text=desk.shown.completion.candidates[0].content.text)


@pytest.mark.parametrize(
    ("action", "given", "code"),
    [
        (Action.REJECT, {}, "needs_reason"),
        (Action.REJECT, {"reason": Reason.OTHER}, "needs_note"),
        (Action.REJECT, {"reason": Reason.OTHER, "note": "  "}, "needs_note"),
        (Action.REJECT, {"reason": "no such reason"}, "refused"),
        (Action.REJECT, {"reason": Reason.WRONG_SIDE, "candidate": 0}, "refused"),
        (Action.ACCEPT, {}, "refused"),
        (Action.ACCEPT, {"candidate": 3}, "refused"),
        (Action.ACCEPT, {"candidate": -1}, "refused"),
        (Action.ACCEPT, {"candidate": 0, "edited_text": "Mine."}, "refused"),
        (Action.DEFER, {"note": "x" * 4001}, "refused"),
        (Action.DEFER, {"idempotency_key": ""}, "refused"),
        (Action.UNDO, {}, "illegal_transition"),
        ("approve", {}, "refused"),
    ],
)
def test_a_decision_that_says_too_little_or_nonsense_is_refused_and_changes_nothing(decided, action, given, code):
    with pytest.raises(DecisionRefused) as refused:
        decided.decide(action, **given)
    assert refused.value.code == code
    assert decided.workbench.decisions.history(LOCAL_OWNER) == []
    assert (decided.status, decided.shown.revision) == ("ready", 1)


def test_a_rejection_keeps_its_reason(decided):
    decided.decide(Action.REJECT, reason=Reason.WRONG_SIDE)
    assert (decided.shown.decision.reason, decided.status) == ("wrong side", "rejected")


def test_a_decided_case_is_decided_anew_only_after_an_undo(decided):
    first = decided.accept(0)
    with pytest.raises(DecisionRefused, match="undo that first"):
        decided.decide(Action.REJECT, reason=Reason.WRONG_SIDE)
    undone = decided.decide(Action.UNDO)
    assert (undone.supersedes, decided.shown.decision, decided.status) == (first.id, None, "ready")
    last = decided.accept(1)
    assert (last.supersedes, decided.shown.decision) == (None, last)
    history = decided.workbench.decisions.history(LOCAL_OWNER, case_id=decided.case_id)
    assert [(row.decision.id, row.counts) for row in history] == [(3, True), (2, False), (1, False)]


def test_a_deferred_case_can_be_decided_and_the_deferral_no_longer_counts(decided):
    deferred = decided.decide(Action.DEFER, note="needs the earlier study")
    accepted = decided.accept(0)
    assert accepted.supersedes == deferred.id
    assert [row.counts for row in decided.workbench.decisions.history(LOCAL_OWNER)] == [True, False]
    decided.decide(Action.UNDO)
    assert decided.status == "ready"


def test_accepting_a_contradiction_asks_once_more(tmp_path):
    def contradicting(case, prior, engines, *, n, seed, **_):
        return small_completion(case, n, seed, contradicted=(1,))

    with opened(tmp_path / "storage", contradicting) as workbench:
        desk = Desk(workbench, completed_case(workbench))
        with pytest.raises(DecisionRefused, match="contradicts 1 fact of the source; accept once more") as refused:
            desk.accept(1)
        assert refused.value.code == "needs_confirmation"
        desk.accept(1, confirm=True)
        assert workbench.audit.show(LOCAL_OWNER)[0].confirmed
        assert workbench.cases.list(LOCAL_OWNER)[0].contradicted == 1


def test_who_comes_second_is_told_who_was_faster(decided):
    shown = decided.shown
    decided.accept(0, actor=ANNA)
    with pytest.raises(Stale, match=r"Anna decided \(accept\) at"):
        decided.decide(Action.REJECT, reason=Reason.WRONG_SIDE, revision=shown.revision)


def test_who_was_faster_oneself_is_told_so(decided):
    before = decided.shown.revision
    decided.accept(0)
    with pytest.raises(Stale, match=r"you decided \(accept\) at"):
        decided.decide(Action.REJECT, reason=Reason.WRONG_SIDE, revision=before)


def test_a_page_from_before_an_undo_is_stale_too(decided):
    before = decided.shown.revision
    decided.accept(0)
    decided.decide(Action.UNDO)
    with pytest.raises(Stale, match="reopened"):
        decided.accept(0, revision=before)


def test_a_decision_on_candidates_that_were_replaced_is_stale(decided):
    old = decided.shown
    finished(decided.workbench, decided.workbench.jobs.submit(LOCAL_OWNER, decided.case_id, 3, 5, "again"))
    with pytest.raises(Stale, match="completed again"):
        decided.workbench.decisions.decide(
            LOCAL_OWNER, old.id, Action.ACCEPT, candidate=0, revision=decided.shown.revision, idempotency_key="old"
        )


def test_an_accepted_case_is_not_completed_again_and_a_rejected_one_is(decided):
    decided.accept(0)
    with pytest.raises(DecisionRefused, match="accepted"):
        decided.workbench.jobs.submit(LOCAL_OWNER, decided.case_id, 3, 5, "again")
    decided.decide(Action.UNDO)
    rejected = decided.decide(Action.REJECT, reason=Reason.TEXT_UNUSABLE)
    old = decided.shown
    finished(decided.workbench, decided.workbench.jobs.submit(LOCAL_OWNER, decided.case_id, 3, 5, "again"))
    assert (decided.status, decided.shown.decision) == ("ready", None)
    assert decided.workbench.completions.get(LOCAL_OWNER, old.id).decision == rejected  # it still counts for the old one


def test_the_same_key_again_is_the_same_decision_and_one_row(decided):
    first = decided.accept(0, idempotency_key="click", revision=1)
    assert [decided.accept(0, idempotency_key="click", revision=1) for _ in range(10)] == [first] * 10
    assert len(decided.workbench.decisions.history(LOCAL_OWNER)) == 1


@pytest.mark.parametrize(
    "other", [{"candidate": 1}, {"actor": ANNA}, {"action": Action.ACCEPT_EDITED, "candidate": 0, "edited_text": "Mine."}]
)
def test_a_key_that_was_used_for_another_decision_is_refused(decided, other):
    decided.accept(0, idempotency_key="click", revision=1)
    with pytest.raises(DecisionRefused) as refused:
        decided.decide(**{"action": Action.ACCEPT, "candidate": 0, "idempotency_key": "click", "revision": 1} | other)
    assert refused.value.code == "key_reused"


def test_the_history_pages_by_the_last_id(workbench):
    desks = [Desk(workbench, completed_case(workbench, seed=k)) for k in range(3)]
    for desk in desks:
        desk.accept(0)
    assert [row.decision.id for row in workbench.decisions.history(LOCAL_OWNER, limit=2)] == [3, 2]
    assert [row.decision.id for row in workbench.decisions.history(LOCAL_OWNER, before=2)] == [1]
    assert [row.case for row in workbench.decisions.history(LOCAL_OWNER, case_id=desks[1].case_id)] == [desks[1].case_id]


def test_of_many_reviewers_one_wins_each_revision_and_nothing_is_lost(decided):
    """8 reviewers, 50 rounds, all on one case: each round starts from the same revision and takes exactly one of them."""
    rounds, reviewers = 50, 8
    service: Decisions = decided.workbench.decisions
    completion, barrier = decided.shown.id, threading.Barrier(reviewers)
    outcomes = [[None] * reviewers for _ in range(rounds)]

    def review(number):
        me = Actor(f"r{number}", f"Reviewer {number}", Role.CLINICIAN)
        for k in range(rounds):
            barrier.wait()
            given = {"candidate": number % 3} if k % 2 == 0 else {}
            action = Action.ACCEPT if k % 2 == 0 else Action.UNDO
            try:
                outcomes[k][number] = service.decide(
                    me, completion, action, revision=k + 1, idempotency_key=f"{k}-{number}", **given
                )
            except Stale as stale:
                outcomes[k][number] = stale

    threads = [threading.Thread(target=review, args=(number,)) for number in range(reviewers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [[o for o in row if not isinstance(o, Stale)] for row in outcomes]
    assert [len(row) for row in winners] == [1] * rounds
    assert all(isinstance(o, Stale) for row in outcomes for o in row if o not in winners[outcomes.index(row)])
    stored = service.history(LOCAL_OWNER, limit=500)
    assert [row.decision for row in stored] == [row[0] for row in reversed(winners)]
    assert [row.decision.id for row in reversed(stored)] == list(range(1, rounds + 1))
    assert decided.shown.revision == rounds + 1


def test_a_case_that_nobody_completed_has_nothing_to_decide(workbench):
    case_id = workbench.cases.create(LOCAL_OWNER, [TextContent("x")])
    assert workbench.completions.latest(LOCAL_OWNER, case_id) is None
    with pytest.raises(NotFound):
        workbench.decisions.decide(LOCAL_OWNER, "nothing", Action.DEFER, revision=0, idempotency_key="k")
