import pytest

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.core.decision import Action, Reason
from kbapp.errors import DecisionRefused, NotAllowed, NotFound, Stale
from kbapp.review.worklist import Order, View
from tests.review.fakes import completed_case
from tests.review.test_decisions import Desk

ANNA, BEN = Actor("anna", "Anna", Role.CLINICIAN), Actor("ben", "Ben", Role.ANNOTATOR)
EVE, ELI = Actor("eve", "Eve", Role.EXPERT), Actor("eli", "Eli", Role.ADMIN)


class TwoReaders(Desk):
    def second(self, action, actor=BEN, **given):
        self.count += 1
        shown = self.workbench.completions.latest(actor, self.case_id)
        defaults = {"revision": shown.revision, "idempotency_key": f"second-{self.case_id}-{self.count}"}
        return self.workbench.second_reads.read(actor, shown.id, action, **defaults | given)

    def give_back(self, actor=EVE, feedback="Look at the left side again."):
        self.count += 1
        revision = self.workbench.completions.latest(actor, self.case_id).revision
        key = f"back-{self.count}"
        return self.workbench.decisions.give_back(actor, self.case_id, feedback, revision=revision, idempotency_key=key)

    def seen_in(self, view, actor):
        rows = self.workbench.worklist.page(actor, view=view).rows
        assert self.workbench.worklist.counts(actor).views[view.value] == len(rows)
        return [row.id for row in rows] == [self.case_id]

    @property
    def done(self):
        return self.workbench.worklist.counts(ANNA).decided == 1


@pytest.fixture
def desk(workbench):
    workbench.reading.set_rules(LOCAL_OWNER, blind=False, reads_required=2)
    return TwoReaders(workbench, completed_case(workbench))


def test_the_second_reader_sees_nothing_of_the_first_decision(workbench, desk):
    first = desk.decide(Action.REJECT, actor=ANNA, reason="wrong side", note="left, not right")
    seen = workbench.completions.latest(BEN, desk.case_id)
    assert (
        (seen.status, seen.decision)
        == ("second_read", None)
        == (
            workbench.completions.get(BEN, seen.id).status,
            workbench.completions.get(BEN, seen.id).decision,
        )
    )
    assert workbench.decisions.history(BEN) == workbench.decisions.history(BEN, case_id=desk.case_id) == []
    assert workbench.audit.show(BEN) == []
    with pytest.raises(NotFound):
        workbench.audit.show(BEN, first.id)
    assert [row.status for row in workbench.cases.list(BEN)] == ["second_read"]
    assert workbench.cases.list(BEN, status="rejected") == []
    assert workbench.completions.latest(ANNA, desk.case_id).decision == first  # her own is no secret
    assert desk.seen_in(View.SECOND, BEN) and not desk.seen_in(View.SECOND, ANNA)
    assert workbench.worklist.next(BEN) == desk.case_id and workbench.worklist.next(ANNA) is None
    assert not desk.done
    desk.second(Action.REJECT, reason="wrong side")
    assert workbench.audit.show(BEN)[0].note == "left, not right"


def test_what_is_refused_tells_the_second_reader_nothing_either(workbench, desk):
    stale = workbench.completions.latest(BEN, desk.case_id)
    desk.accept(1, actor=ANNA, confirm=True)
    with pytest.raises(Stale) as refused:
        workbench.decisions.decide(
            BEN, stale.id, Action.REJECT, reason="other", note="n", revision=stale.revision, idempotency_key="k"
        )
    assert "Anna" not in str(refused.value) and "accept" not in str(refused.value)
    with pytest.raises(DecisionRefused) as refused:
        desk.decide(Action.UNDO, actor=BEN)
    assert refused.value.code == "second_read" and "accept" not in str(refused.value)
    with pytest.raises(DecisionRefused) as refused:
        workbench.jobs.submit(BEN, desk.case_id, 3, 1, "again")
    assert "accept" not in str(refused.value)
    with pytest.raises(NotFound):
        workbench.decisions.accepted(BEN, desk.case_id)


def test_two_readers_who_agree_settle_a_case(workbench, desk):
    desk.accept(1, actor=ANNA, confirm=True)
    read = desk.second(Action.ACCEPT, candidate=1, confirm=True, idempotency_key="one")
    assert read.agrees and desk.done and not desk.seen_in(View.SECOND, EVE)
    assert workbench.completions.latest(BEN, desk.case_id).status == "accepted"
    again = workbench.second_reads.read(
        BEN, desk.shown.id, Action.ACCEPT, candidate=1, confirm=True, revision=0, idempotency_key="one"
    )
    assert again == read
    assert (workbench.agreement.of(BEN).cases, workbench.agreement.of(BEN).share) == (1, 1.0)


@pytest.mark.parametrize("who", [ANNA, LOCAL_OWNER])
def test_nobody_is_a_second_reader_of_himself(desk, who):
    desk.accept(0, actor=who, confirm=True)
    with pytest.raises(DecisionRefused, match="second person") as refused:
        desk.second(Action.ACCEPT, candidate=0, actor=who, confirm=True)
    assert refused.value.code == "same_reader"
    desk.decide(Action.UNDO, actor=who)
    assert desk.status == "ready"


@pytest.mark.parametrize(
    ("action", "given", "code"),
    [
        (Action.ACCEPT_EDITED, {"candidate": 0}, "no_edit"),
        (Action.DEFER, {}, "illegal_transition"),
        (Action.REJECT, {}, "needs_reason"),
        (Action.REJECT, {"reason": "because"}, DecisionRefused.code),
        (Action.REJECT, {"reason": Reason.WRONG_SIDE, "note": "x" * 4_001}, DecisionRefused.code),
        (Action.REJECT, {"reason": Reason.OTHER}, "needs_note"),
    ],
)
def test_a_second_read_is_checked_like_a_first_one(desk, action, given, code):
    desk.accept(0, actor=ANNA, confirm=True)
    with pytest.raises(DecisionRefused) as refused:
        desk.second(action, **given)
    assert refused.value.code == code


@pytest.fixture
def differing(desk):
    desk.accept(1, actor=ANNA, note="fits best", confirm=True)
    desk.second(Action.REJECT, reason="wrong side", note="turned round")
    return desk


def test_an_adjudicator_sees_both_sides_and_decides(workbench, differing):
    assert differing.seen_in(View.ADJUDICATION, EVE) and not differing.done
    both = workbench.second_reads.both(EVE, differing.case_id)
    assert (both.first.note, both.second.note, both.second.agrees) == ("fits best", "turned round", False)
    with pytest.raises(NotAllowed):
        differing.give_back(actor=BEN)
    with pytest.raises(DecisionRefused, match="two readers differ"):
        differing.decide(Action.UNDO, actor=ANNA)
    final = differing.decide(Action.REJECT, actor=EVE, reason="wrong side")
    assert final.supersedes == both.first.id and differing.shown.decision == final
    assert differing.status == "rejected" and differing.done  # and no third person is asked
    assert workbench.second_reads.both(EVE, differing.case_id) is None


def test_who_has_read_a_case_does_not_settle_it(workbench, desk):
    desk.accept(1, actor=EVE, confirm=True)
    desk.second(Action.REJECT, actor=ELI, reason="wrong side")
    for reader in (EVE, ELI):
        with pytest.raises(DecisionRefused, match="read this case yourself"):
            desk.decide(Action.REJECT, actor=reader, reason="wrong side")


def test_a_case_that_comes_back_stands_first_with_its_feedback(workbench, differing):
    newer = completed_case(workbench)
    with pytest.raises(DecisionRefused, match="say in 1 to"):
        differing.give_back(feedback=" ")
    differing.give_back()
    assert differing.seen_in(View.RETURNED, ANNA)
    assert workbench.second_reads.feedback(ANNA, differing.case_id).text == "Look at the left side again."
    rows = workbench.worklist.page(ANNA, order=Order.UNCERTAIN).rows
    assert [row.id for row in rows] == [differing.case_id, newer] and rows[0].status == "returned"
    assert workbench.worklist.next(ANNA) == differing.case_id
    differing.decide(Action.REJECT, actor=ANNA, reason="wrong side")
    assert workbench.second_reads.feedback(ANNA, differing.case_id) is None
    assert workbench.completions.latest(BEN, differing.case_id).status == "second_read"  # anew
    assert workbench.cases.list(ANNA)[1].priority == pytest.approx(rows[1].priority)


def test_a_flagged_case_waits_for_somebody_else(desk):
    desk.decide(Action.FLAG, actor=ANNA, note="please look")
    assert desk.seen_in(View.SECOND, BEN) and not desk.seen_in(View.SECOND, ANNA)
    desk.accept(0, actor=BEN, confirm=True)
    assert desk.seen_in(View.SECOND, ANNA) and not desk.seen_in(View.SECOND, BEN)


@pytest.fixture
def settled(differing):
    """Eve has rejected what Anna accepted and Ben rejected."""
    differing.decide(Action.REJECT, actor=EVE, reason="wrong side")
    return differing


def test_a_settlement_that_is_taken_back_leaves_both_reads_standing_for_every_adjudicator(workbench, settled):
    truly = workbench.decisions.history(LOCAL_OWNER)
    settled.decide(Action.UNDO, actor=EVE)
    both = workbench.second_reads.both(ELI, settled.case_id)
    assert (both.first.note, both.second.note, both.readers) == ("fits best", "turned round", ("anna", "ben"))
    assert settled.seen_in(View.ADJUDICATION, EVE) and settled.seen_in(View.ADJUDICATION, ELI) and not settled.done
    assert not settled.seen_in(View.UNREVIEWED, ANNA)
    assert settled.shown.decision == both.first == truly[-1].decision and settled.shown.status == "accepted"
    history = workbench.decisions.history(LOCAL_OWNER)
    assert [(row.decision.id, row.counts) for row in history] == [(3, False), (2, False), (1, True)]
    assert workbench.decisions.accepted(LOCAL_OWNER, settled.case_id).sha256 == settled.shown.candidate_artifacts[1]
    waits = workbench.insights.of(LOCAL_OWNER, "chest-xray@1", {})
    assert (waits.decided, waits.waiting) == (0, 1)  # the first decision is no figure until it is settled
    with pytest.raises(DecisionRefused, match="two readers differ"):
        settled.decide(Action.UNDO, actor=ANNA)


def test_a_case_can_be_settled_taken_back_and_settled_again_as_often_as_experts_like(workbench, settled):
    for actor, candidate in ((ELI, 0), (EVE, 1)):
        settled.decide(Action.UNDO, actor=actor)
        settled.decide(Action.ACCEPT, candidate=candidate, confirm=True, actor=actor)
        assert (settled.status, settled.done, settled.shown.decision.candidate) == ("accepted", True, candidate)
        history = workbench.decisions.history(LOCAL_OWNER)
        assert [row.counts for row in history] == [True] + [False] * (len(history) - 1)
        assert [row.decision.supersedes for row in history] == [*range(len(history) - 1, 0, -1), None]  # one line
    settled.decide(Action.UNDO, actor=EVE)
    settled.give_back(actor=ELI)
    assert settled.seen_in(View.RETURNED, ANNA) and settled.shown.decision is None
    settled.decide(Action.REJECT, actor=ANNA, reason="wrong side")
    assert settled.seen_in(View.SECOND, BEN)


@pytest.mark.parametrize(("who", "error"), [(ANNA, NotAllowed), (Actor("ben", "Ben", Role.ADMIN), DecisionRefused)])
def test_a_settlement_is_taken_back_by_nobody_who_may_not_settle(workbench, settled, who, error):
    with pytest.raises(error):
        settled.decide(Action.UNDO, actor=who)
    assert settled.done


def test_each_reader_is_told_how_many_cases_he_has_read(workbench, desk):
    def reads(*people):
        return [workbench.worklist.counts(actor).read for actor in people]

    desk.decide(Action.DEFER, actor=ANNA)
    assert reads(ANNA, BEN, EVE) == [0, 0, 0]
    desk.accept(1, actor=ANNA, confirm=True)
    assert reads(ANNA, BEN, EVE) == [1, 0, 0] and not desk.done
    desk.second(Action.REJECT, reason="wrong side")
    assert reads(ANNA, BEN, EVE) == [1, 1, 0]
    for _ in range(2):
        desk.decide(Action.REJECT, actor=EVE, reason="wrong side")
        assert reads(ANNA, BEN, EVE) == [1, 1, 1]
        desk.decide(Action.UNDO, actor=EVE)
        assert reads(ANNA, BEN, EVE) == [1, 1, 0]
    desk.give_back()
    assert reads(ANNA, BEN, EVE) == [0, 0, 0]
    workbench.reading.set_rules(LOCAL_OWNER, blind=False, reads_required=1)
    assert reads(ANNA) == [None]


def test_next_brings_an_expert_first_what_he_may_settle_and_others_what_they_read(workbench, differing):
    ready = [completed_case(workbench, seed=k) for k in (1, 2)]
    following = workbench.worklist.next
    assert following(EVE) == differing.case_id
    assert [following(EVE, case) for case in (differing.case_id, *ready)] == [*ready, differing.case_id]  # round and round
    assert following(ANNA) == following(BEN) == following(Actor("ben", "Ben", Role.ADMIN)) == ready[0]
    workbench.leases.claim(ELI, differing.case_id)
    assert following(EVE) == ready[0]


def test_after_a_settlement_comes_the_next_one(workbench, desk):
    cases = [desk, *(TwoReaders(workbench, completed_case(workbench, seed=k)) for k in (1, 2))]
    for case in cases[:2]:
        case.accept(1, actor=ANNA, confirm=True)
        case.second(Action.REJECT, reason="wrong side")
    desk.decide(Action.REJECT, actor=EVE, reason="wrong side")
    assert workbench.worklist.next(EVE, desk.case_id) == cases[1].case_id
    cases[1].give_back()
    assert workbench.worklist.next(EVE, cases[1].case_id) == cases[2].case_id


def test_neither_reader_throws_away_what_both_agreed_on(workbench, desk):
    desk.accept(1, actor=ANNA, confirm=True)
    desk.second(Action.ACCEPT, candidate=1, confirm=True)
    for reader in (ANNA, BEN, Actor("cleo", "Cleo", Role.CLINICIAN)):
        with pytest.raises(NotAllowed, match="only an expert"):
            desk.decide(Action.UNDO, actor=reader)
    assert desk.done
    desk.decide(Action.UNDO, actor=EVE)
    assert (desk.status, desk.shown.decision) == ("ready", None)
