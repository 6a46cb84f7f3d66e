import pytest

from kbapp.ui.listing import FIRST, asked_for


def test_a_new_filter_keeps_the_others_and_starts_at_the_first_page():
    state = asked_for({"view": "unsure"}, {**FIRST, "asked": "effusion", "after": "somewhere"})
    assert state == {"view": "unsure", "order": "newest", "asked": "effusion", "after": ""}


def test_the_next_page_keeps_the_filter():
    assert asked_for({"after": "key"}, {**FIRST, "view": "mine"}) == {**FIRST, "view": "mine", "after": "key"}


@pytest.mark.parametrize("sent", [{"view": "other"}, {"view": ["all"]}, {"order": None}, {"asked": 3}, {"after": {"a": 1}}, {}])
def test_what_no_page_sends_changes_nothing(sent):
    assert asked_for(sent, FIRST) == FIRST


def test_an_endless_search_is_cut():
    assert len(asked_for({"asked": "x" * 10_000}, FIRST)["asked"]) == 200
