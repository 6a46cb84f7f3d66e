import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.decision import Action
from kbapp.errors import InputError
from kbapp.review.audit import Choices
from kbapp.review.audit_filter import EVERYTHING, AuditFilter
from tests.review.fakes import completed_case
from tests.review.test_cases import STRANGER
from tests.review.test_decisions import ANNA, Desk
from tests.review.test_second_reads import BEN, EVE, TwoReaders


@pytest.fixture
def two_cases(workbench):
    """Anna accepts one (decision 1) and takes that back (2); Eve rejects another (3). Returns both desks."""
    left, heart = Desk(workbench, completed_case(workbench)), Desk(workbench, completed_case(workbench, "Large heart."))
    left.accept(0, actor=ANNA)
    left.decide(Action.UNDO, actor=ANNA)
    heart.decide(Action.REJECT, actor=EVE, reason="wrong side")
    return left, heart


def found(workbench, actor=LOCAL_OWNER, **given):
    asked = AuditFilter.of(given)
    rows = [row.id for row in workbench.audit.show(actor, asked=asked)]
    assert workbench.audit.count(actor, asked) == len(rows)
    assert [row.id for row in workbench.audit.every(actor, asked)] == rows
    return rows


def test_each_field_narrows_the_list_and_several_narrow_it_together(workbench, two_cases):
    left, heart = two_cases
    assert found(workbench) == [3, 2, 1]
    assert found(workbench, person="Anna") == [2, 1]
    assert found(workbench, action="reject") == found(workbench, reason="wrong side") == [3]
    assert found(workbench, case="heart") == found(workbench, case="lar hea") == found(workbench, case=heart.case_id) == [3]
    assert found(workbench, person="Anna", action="accept", case=left.case_id) == [1]
    assert found(workbench, person="Anna", action="reject") == found(workbench, case="no such words") == []


def test_both_days_are_included(workbench, two_cases):
    today = workbench.audit.show(LOCAL_OWNER, 1)[0].utc[:10]
    assert found(workbench, since=today, until=today) == [3, 2, 1]
    assert found(workbench, since="9000-01-01") == found(workbench, until="2001-01-01") == []


def test_what_can_be_asked_is_what_was_used(workbench, two_cases):
    assert workbench.audit.choices(LOCAL_OWNER) == Choices(("Anna", "Eve"), ("wrong side",))
    assert workbench.audit.choices(STRANGER) == Choices((), ())


def test_a_hidden_first_read_is_in_no_list_no_count_and_no_choice(workbench):
    workbench.reading.set_rules(LOCAL_OWNER, blind=True, reads_required=2)
    desk = TwoReaders(workbench, completed_case(workbench))
    desk.decide(Action.REJECT, actor=ANNA, reason="wrong side")
    assert found(workbench, BEN) == found(workbench, BEN, person="Anna") == found(workbench, BEN, case=desk.case_id) == []
    assert workbench.audit.choices(BEN) == Choices((), ())
    assert found(workbench, ANNA) == [1]
    desk.second(Action.REJECT, reason="wrong side")
    assert found(workbench, BEN) == [1]


def test_every_page_of_a_long_list_is_walked_through(workbench, monkeypatch):
    monkeypatch.setattr("kbapp.review.audit._PAGE", 2)
    desk = Desk(workbench, completed_case(workbench))
    for _ in range(3):
        desk.decide(Action.DEFER)
        desk.decide(Action.UNDO)
    assert found(workbench) == [6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize("given", [{"action": "approve"}, {"since": "yesterday"}, {"until": "2026-02-30"}, {"until": "20260101"}])
def test_an_action_or_a_day_that_is_none_is_refused_with_what_was_expected(given):
    with pytest.raises(InputError, match="expected a"):
        AuditFilter.of(given)


def test_what_is_no_field_or_no_text_is_left_out():
    assert AuditFilter.of({"case": 3, "person": None, "__theme": "dark", "after": "9"}) == EVERYTHING


words = st.text(st.characters(exclude_categories=("Cs",)), max_size=12).map(str.strip)


@given(st.builds(AuditFilter, words, st.sampled_from(["", *Action]), words, st.just("2026-01-31"), st.just(""), words))
def test_a_filter_comes_back_from_its_address(asked):
    from urllib.parse import parse_qsl

    assert AuditFilter.of(dict(parse_qsl(asked.query))) == asked
