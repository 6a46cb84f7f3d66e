import pytest

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.core.decision import Action
from kbapp.errors import DecisionRefused, InputError, NotFound
from tests.formats.completions import drawn
from tests.review.fakes import completed_case, finished
from tests.review.test_decisions import Desk

ANNA = Actor("anna", "Anna", Role.CLINICIAN)


@pytest.fixture
def desk(workbench):
    case_id = workbench.cases.create(LOCAL_OWNER, [drawn()])
    finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case_id, 2, 0, "k"))
    return Desk(workbench, case_id)


def test_a_draft_is_kept_word_for_word_and_replaced_by_the_next(workbench, desk):
    completion = desk.shown.id
    workbench.drafts.save(ANNA, completion, 1, "first \n")
    workbench.drafts.save(ANNA, completion, 1, "  second, unfinished ")
    (kept,) = workbench.drafts.of(ANNA, completion)
    assert (kept.candidate, kept.text) == (1, "  second, unfinished ")


def test_drafts_are_their_writers_alone(workbench, desk):
    workbench.drafts.save(ANNA, desk.shown.id, 0, "hers")
    assert workbench.drafts.of(LOCAL_OWNER, desk.shown.id) == []
    workbench.drafts.discard(LOCAL_OWNER, desk.shown.id, 0)
    assert len(workbench.drafts.of(ANNA, desk.shown.id)) == 1


def test_a_final_decision_ends_the_drafts_and_putting_aside_keeps_them(workbench, desk):
    workbench.drafts.save(LOCAL_OWNER, desk.shown.id, 0, "mine")
    workbench.drafts.save(ANNA, desk.shown.id, 0, "hers")
    desk.decide(Action.DEFER)
    assert len(workbench.drafts.of(LOCAL_OWNER, desk.shown.id)) == 1
    desk.decide(Action.ACCEPT_EDITED, candidate=0, edited_text="mine")
    assert workbench.drafts.of(LOCAL_OWNER, desk.shown.id) == []
    assert len(workbench.drafts.of(ANNA, desk.shown.id)) == 1


def test_a_draft_of_a_picture_or_of_no_candidate_is_refused(workbench, desk):
    with pytest.raises(DecisionRefused, match="only a candidate text"):
        workbench.drafts.save(LOCAL_OWNER, desk.shown.id, 9, "x")
    pictures = Desk(workbench, completed_case(workbench))
    with pytest.raises(DecisionRefused, match="only a candidate text"):
        workbench.drafts.save(LOCAL_OWNER, pictures.shown.id, 0, "x")


def test_a_draft_without_end_is_refused(workbench, desk):
    with pytest.raises(InputError, match="shorten"):
        workbench.drafts.save(LOCAL_OWNER, desk.shown.id, 0, "x" * 200_001)


def test_another_project_sees_no_draft(workbench, desk):
    with pytest.raises(NotFound):
        workbench.drafts.of(Actor("x", "X", Role.ADMIN, "elsewhere"), desk.shown.id)


def test_a_draft_that_comes_after_ones_own_decision_is_refused_and_after_an_undo_it_is_kept(workbench, desk):
    desk.decide(Action.ACCEPT_EDITED, candidate=0, edited_text="mine")
    with pytest.raises(DecisionRefused, match="decided this case by now"):
        workbench.drafts.save(LOCAL_OWNER, desk.shown.id, 0, "min")
    assert workbench.drafts.save(ANNA, desk.shown.id, 0, "hers").text == "hers"
    desk.decide(Action.UNDO)
    assert workbench.drafts.save(LOCAL_OWNER, desk.shown.id, 0, "mine again").text == "mine again"
