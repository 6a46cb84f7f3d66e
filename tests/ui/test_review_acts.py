import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.decision import Action
from kbapp.ui import case_page
from kbapp.ui.review_acts import Acts
from kbapp.ui.review_view import Standing, shown_first
from tests.review.conftest import workbench  # noqa: F401
from tests.review.fakes import completed_case
from tests.review.test_decisions import ANNA
from tests.review.test_second_reads import BEN, EVE, TwoReaders


class Pages:
    """What the acts ask of the page, answered with what they said: the reply, or the case that is opened and its candidate."""

    def __init__(self, workbench, actor):  # noqa: F811
        self.workbench, self._actor = workbench, actor

    def actor(self):
        return self._actor

    def answer(self, reply):
        return reply

    def case_page(self, case_id, before="", reply=None, candidate=None):
        stored = self.workbench.completions.latest(self._actor, case_id)
        reads = case_page._reads(self.workbench, self._actor, case_id, stored)
        standing = Standing(reads=reads, open=candidate)
        return case_id, shown_first(stored.completion, standing)


def undo(workbench, actor, key="undo"):  # noqa: F811
    return Acts(Pages(workbench, actor)).undo("", {"do": "undo", "key": key}, {})


@pytest.fixture
def desk(workbench):  # noqa: F811
    workbench.reading.set_rules(LOCAL_OWNER, blind=True, reads_required=2)
    return TwoReaders(workbench, completed_case(workbench))


def test_undo_after_a_second_read_says_that_it_is_final_and_who_goes_on(workbench, desk):  # noqa: F811
    other = TwoReaders(workbench, completed_case(workbench))
    other.accept(0, actor=BEN, confirm=True)
    desk.accept(1, actor=ANNA, confirm=True)
    desk.second(Action.REJECT, actor=BEN, reason="wrong side")
    said = undo(workbench, BEN)
    assert said["kind"] == "refused" and "Second read #1 is final" in said["html"] and "an expert" in said["html"]
    assert other.shown.decision.candidate == 0  # and the older decision on another case is not taken back instead
    last = TwoReaders(workbench, completed_case(workbench))
    last.accept(2, actor=BEN, confirm=True)
    assert undo(workbench, BEN) == (last.case_id, 2)


def test_undo_without_anything_to_take_back_says_so(workbench, desk):  # noqa: F811
    assert "no decision of yours" in undo(workbench, ANNA)["html"]


@pytest.mark.parametrize("candidate", [0, 1, 2])
def test_after_an_undo_the_candidate_that_had_been_accepted_is_open(workbench, desk, candidate):  # noqa: F811
    desk.accept(candidate, actor=ANNA, confirm=True)
    assert undo(workbench, ANNA) == (desk.case_id, candidate)


@pytest.mark.parametrize(("first", "second", "opened"), [(0, 2, 2), (2, 1, 1), (1, None, 1), (None, 2, 2), (None, 0, 0)])
def test_an_adjudication_opens_at_a_candidate_that_the_readers_differ_on(workbench, desk, first, second, opened):  # noqa: F811
    for read, actor, candidate in ((desk.decide, ANNA, first), (desk.second, BEN, second)):
        if candidate is None:
            read(Action.REJECT, actor=actor, reason="wrong side")
        else:
            read(Action.ACCEPT, actor=actor, candidate=candidate, confirm=True)
    assert Pages(workbench, EVE).case_page(desk.case_id) == (desk.case_id, opened)
