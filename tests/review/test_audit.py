import pytest

from kbapp import __version__
from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.decision import Action
from kbapp.errors import NotFound
from tests.review.fakes import completed_case
from tests.review.test_cases import STRANGER
from tests.review.test_decisions import ANNA, Desk
from tests.review.test_second_reads import BEN, EVE, TwoReaders


def test_a_row_proves_what_was_shown_who_decided_and_how_to_make_it_again(workbench):
    desk = Desk(workbench, completed_case(workbench, seed=9))
    made = desk.accept(1, actor=ANNA, note="fits", ms_visible=1500, order_shown=[2, 1, 0])
    (row,) = workbench.audit.show(LOCAL_OWNER, made.id)
    shown = desk.shown
    assert (row.actor_id, row.actor, row.role, row.project, row.utc) == ("anna", "Anna", "clinician", "default", made.utc)
    assert (row.case, row.completion, row.revision, row.action, row.candidate) == (desk.case_id, shown.id, 1, "accept", 1)
    assert (row.order_shown, row.ms_visible, row.note) == ((2, 1, 0), 1500, "fits")
    assert row.scores[1] == {"index": 1, "qs": 84.33333333333333, "parts": {"graph": 90 - 1 / 3, "concepts": 79.0, "regions": None}}
    made_with = shown.completion.provenance
    assert (row.engines, row.prior, row.prior_sha256) == (made_with.engines, made_with.prior, made_with.prior_sha256)
    assert (row.seed, row.profile, row.app_version) == (9, "test", __version__)
    assert (row.source_sha256, row.candidate_sha256) == (shown.source_artifacts, shown.candidate_artifacts)
    assert row.before_sha256 == row.after_sha256 == shown.candidate_artifacts[1]
    assert row.counts


def test_what_was_shown_is_the_ranking_when_the_page_does_not_say(workbench):
    Desk(workbench, completed_case(workbench)).accept(0)
    assert workbench.audit.show(LOCAL_OWNER)[0].order_shown == (0, 1, 2)


def test_a_superseded_row_says_by_what(workbench):
    desk = Desk(workbench, completed_case(workbench))
    desk.accept(0)
    desk.decide(Action.UNDO)
    undo, accept = workbench.audit.show(LOCAL_OWNER)
    assert (accept.superseded_by, accept.counts, undo.supersedes, undo.counts) == (2, False, 1, False)
    assert [row.id for row in workbench.audit.show(LOCAL_OWNER, before=2)] == [1]


def test_no_row_of_another_project_is_shown(workbench):
    Desk(workbench, completed_case(workbench)).accept(0)
    assert workbench.audit.show(STRANGER) == []
    for actor, number in ((STRANGER, 1), (LOCAL_OWNER, 2)):
        with pytest.raises(NotFound, match="no decision"):
            workbench.audit.show(actor, number)


def test_a_row_says_how_it_was_read_and_what_came_of_the_second_read(workbench):
    workbench.reading.set_rules(LOCAL_OWNER, blind=True, reads_required=2)
    desk = TwoReaders(workbench, completed_case(workbench))
    first = desk.decide(Action.REJECT, actor=ANNA, reason="wrong side")
    workbench.reading.reveal(BEN, desk.shown.id, 2100)
    desk.second(Action.ACCEPT, candidate=1, confirm=True, note="fits")
    desk.give_back(feedback="Look at the left side again.")
    returned, decided = workbench.audit.show(LOCAL_OWNER)
    assert (decided.id, decided.blind, decided.ms_to_reveal, decided.reads_required) == (first.id, True, None, 2)
    second = decided.second_read
    assert (second["actor"], second["action"], second["candidate"], second["agrees"]) == ("Ben", "accept", 1, False)
    assert (second["blind"], second["ms_to_reveal"], second["note"]) == (False, 2100, "fits")
    assert (decided.adjudication, returned.second_read) == (None, None)
    settled = returned.adjudication
    assert (settled["outcome"], settled["feedback"]) == ("returned", "Look at the left side again.")
    assert (settled["first_reader"], settled["actor"]) == ("anna", "Eve")


def test_a_first_read_names_the_newest_adjudication_that_came_of_it(workbench):
    workbench.reading.set_rules(LOCAL_OWNER, blind=False, reads_required=2)
    desk = TwoReaders(workbench, completed_case(workbench))
    desk.accept(1, actor=ANNA, confirm=True)
    desk.second(Action.REJECT, reason="wrong side")

    def first_read():
        row = workbench.audit.show(LOCAL_OWNER, 1)[0]
        return row.counts, row.settled_by, row.settled_as

    assert first_read() == (True, None, "")
    desk.decide(Action.REJECT, actor=EVE, reason="wrong side")
    assert first_read() == (False, 2, "decided")
    desk.decide(Action.UNDO, actor=EVE)
    assert first_read()[0]
    desk.give_back()
    assert first_read() == (False, 4, "returned")
    assert workbench.audit.show(LOCAL_OWNER, 4)[0].settled_by is None
