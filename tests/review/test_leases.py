import pytest

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.core.decision import Action
from kbapp.errors import DecisionRefused, NotAllowed, NotFound
from kbapp.review.leases import Leases
from tests.review.fakes import completed_case
from tests.review.test_decisions import Desk

ANNA = Actor("anna", "Anna", Role.CLINICIAN)
BEN = Actor("ben", "Ben", Role.CLINICIAN)


@pytest.fixture
def case_id(workbench):
    return completed_case(workbench)


def test_who_claims_first_holds_the_case_and_the_second_sees_whose_it_is(workbench, case_id):
    mine = workbench.leases.claim(ANNA, case_id)
    theirs = workbench.leases.claim(BEN, case_id)
    assert (mine.actor, mine.mine) == ("Anna", True)
    assert (theirs.actor, theirs.until, theirs.mine) == ("Anna", mine.until, False)


def test_a_renewed_claim_ends_later(workbench, case_id):
    first = workbench.leases.claim(ANNA, case_id)
    workbench.leases._seconds += 60
    assert workbench.leases.claim(ANNA, case_id).until > first.until


def test_a_claim_that_ran_out_is_anybodys(workbench, case_id):
    Leases(workbench._database, seconds=-1).claim(ANNA, case_id)
    assert workbench.leases.of(BEN, case_id) is None
    assert workbench.leases.claim(BEN, case_id).mine


def test_only_an_admin_takes_over(workbench, case_id):
    workbench.leases.claim(ANNA, case_id)
    with pytest.raises(NotAllowed, match="admin"):
        workbench.leases.claim(BEN, case_id, take_over=True)
    assert workbench.leases.claim(LOCAL_OWNER, case_id, take_over=True).mine
    assert not workbench.leases.claim(ANNA, case_id).mine


def test_a_claimed_case_is_decided_by_its_reader_alone(workbench, case_id):
    desk = Desk(workbench, case_id)
    workbench.leases.claim(ANNA, case_id)
    with pytest.raises(DecisionRefused, match="Anna is reading") as refused:
        desk.decide(Action.DEFER, actor=BEN)
    assert refused.value.code == "claimed"
    desk.decide(Action.DEFER, actor=ANNA)
    assert workbench.leases.of(ANNA, case_id) is None, "a decision ends the claim"


def test_only_ones_own_claim_is_released(workbench, case_id):
    workbench.leases.claim(ANNA, case_id)
    workbench.leases.release(BEN, case_id)
    assert workbench.leases.of(BEN, case_id).actor == "Anna"
    workbench.leases.release(ANNA, case_id)
    assert workbench.leases.of(BEN, case_id) is None


def test_another_projects_case_cannot_be_claimed(workbench, case_id):
    with pytest.raises(NotFound):
        workbench.leases.claim(Actor("x", "X", Role.ADMIN, "elsewhere"), case_id)


def test_an_admin_sees_who_reads_what_and_gives_a_claim_back_which_is_kept(workbench, case_id):
    other = completed_case(workbench)
    Leases(workbench._database, seconds=-1).claim(BEN, other)  # ran out
    taken = workbench.leases.claim(ANNA, case_id)
    claims = workbench.leases.live(LOCAL_OWNER)
    assert [(c.case, c.origin, c.actor, c.until) for c in claims] == [(case_id, "test", "Anna", taken.until)]
    assert workbench.leases.end(LOCAL_OWNER, case_id) == "Anna"
    assert workbench.leases.live(LOCAL_OWNER) == [] and workbench.leases.claim(BEN, case_id).mine
    event = workbench.events.newest(LOCAL_OWNER)[0]
    assert (event.actor, event.what, event.about) == ("local owner", "claim given back", f"Anna, test {case_id}")


def test_giving_back_what_nobody_holds_is_refused_and_no_event(workbench, case_id):
    with pytest.raises(NotFound, match="nobody is reading"):
        workbench.leases.end(LOCAL_OWNER, case_id)
    assert workbench.events.newest(LOCAL_OWNER) == []


def test_claims_of_another_project_are_neither_shown_nor_ended(workbench, case_id):
    workbench.leases.claim(ANNA, case_id)
    elsewhere = Actor("x", "X", Role.ADMIN, project="another")
    assert workbench.leases.live(elsewhere) == []
    with pytest.raises(NotFound):
        workbench.leases.end(elsewhere, case_id)
