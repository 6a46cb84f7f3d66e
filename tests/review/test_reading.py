import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.core.decision import Action
from kbapp.errors import DecisionRefused, UserError
from kbapp.review.reading import Sight, shuffled
from kbapp.store import tables
from tests.formats.completions import small_completion
from tests.review.fakes import completed_case, opened
from tests.review.test_decisions import Desk

ANNA, BEN = Actor("anna", "Anna", Role.CLINICIAN), Actor("ben", "Ben", Role.ANNOTATOR)
NAMES = st.text("abcdef0123", min_size=1, max_size=8)


@given(NAMES, NAMES, st.integers(1, 15))
def test_an_order_holds_every_candidate_once_and_stays_the_same(actor, completion, n):
    order = shuffled(actor, completion, n)
    assert sorted(order) == list(range(n)) and order == shuffled(actor, completion, n)


def test_no_place_is_favoured_over_many_readers():
    firsts = [shuffled(f"reader {k}", "c", 5)[0] for k in range(1000)]
    assert all(150 < firsts.count(k) < 250 for k in range(5))


@pytest.fixture
def blind(workbench):
    workbench.reading.set_rules(LOCAL_OWNER, blind=True, reads_required=1)
    return Desk(workbench, completed_case(workbench))


def _kept(workbench, decision):
    with workbench._database.read() as connection:
        wanted = select(tables.decision_readings).where(tables.decision_readings.c.decision_id == decision.id)
        return connection.execute(wanted).one()


def test_rules_are_off_at_first_and_every_change_is_kept(workbench):
    assert not workbench.reading.rules(BEN).blind and workbench.reading.rules(BEN).reads_required == 1
    workbench.reading.set_rules(LOCAL_OWNER, blind=True, reads_required=2)
    workbench.reading.set_rules(LOCAL_OWNER, blind=False, reads_required=2)
    assert [(r.blind, r.reads_required, r.actor) for r in workbench.reading.changes(BEN)] == [
        (False, 2, "local owner"),
        (True, 2, "local owner"),
    ]
    with pytest.raises(UserError, match="1 or 2 reads"):
        workbench.reading.set_rules(LOCAL_OWNER, blind=False, reads_required=3)


def test_scores_are_hidden_until_a_reader_asks_and_that_is_kept_once(workbench, blind):
    shown = blind.shown.id
    before = workbench.reading.sight(ANNA, shown)
    assert before == Sight(True, shuffled("anna", shown, 3))
    after = workbench.reading.reveal(ANNA, shown, 3100)
    assert after == Sight(False, before.order, 3100) == workbench.reading.reveal(ANNA, shown, 9)
    assert workbench.reading.sight(BEN, shown).hidden
    assert not workbench.reading.sight(Actor("v", "V", Role.VIEWER), shown).hidden


def test_a_decision_keeps_whether_it_was_blind_and_in_which_order_it_was_made(workbench, blind):
    made = blind.decide(Action.REJECT, actor=ANNA, reason="wrong side")
    assert (_kept(workbench, made).blind, _kept(workbench, made).ms_to_reveal) == (1, None)
    assert workbench.audit.show(ANNA)[0].order_shown == shuffled("anna", blind.shown.id, 3)
    assert not workbench.reading.sight(ANNA, blind.shown.id).hidden  # a decided case shows everything
    blind.decide(Action.UNDO, actor=ANNA)
    assert _kept(workbench, blind.accept(0, actor=ANNA, confirm=True)).blind == 0
    other = Desk(workbench, completed_case(workbench))
    workbench.reading.reveal(BEN, other.shown.id, 800)
    made = other.accept(1, actor=BEN, confirm=True)
    assert (_kept(workbench, made).blind, _kept(workbench, made).ms_to_reveal) == (0, 800)


def test_before_the_reveal_a_contradicting_candidate_is_asked_for_again_without_saying_why(tmp_path):
    def contradicting(case, prior, engines, *, n, seed, **_):
        return small_completion(case, n, seed, contradicted=(1,))

    with opened(tmp_path / "storage", contradicting) as workbench:
        workbench.reading.set_rules(LOCAL_OWNER, blind=True, reads_required=1)
        desk = Desk(workbench, completed_case(workbench))
        with pytest.raises(DecisionRefused) as refused:
            desk.accept(1, actor=ANNA)
        assert refused.value.code == "needs_confirmation" and "contradict" not in str(refused.value)
        workbench.reading.reveal(ANNA, desk.shown.id)
        with pytest.raises(DecisionRefused, match="contradicts"):
            desk.accept(1, actor=ANNA)
        assert desk.accept(1, actor=ANNA, confirm=True).candidate == 1
