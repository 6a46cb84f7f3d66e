import pytest

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.errors import InputError
from tests.review.fakes import completed_case

ANNA = Actor("anna", "Anna", Role.CLINICIAN)


def test_comments_stand_in_order_with_their_writers(workbench):
    case_id = completed_case(workbench)
    workbench.comments.add(ANNA, case_id, "look at the left base ", "k1")
    workbench.comments.add(LOCAL_OWNER, case_id, "seen", "k2")
    assert [(c.actor, c.text) for c in workbench.comments.of(ANNA, case_id)] == [
        ("Anna", "look at the left base"),
        ("local owner", "seen"),
    ]


def test_the_same_click_twice_is_one_comment(workbench):
    case_id = completed_case(workbench)
    first = workbench.comments.add(ANNA, case_id, "once", "k")
    assert workbench.comments.add(ANNA, case_id, "once", "k") == first
    assert len(workbench.comments.of(ANNA, case_id)) == 1


@pytest.mark.parametrize("text", ["", "  \n", "x" * 4_001])
def test_an_empty_or_endless_comment_is_refused(workbench, text):
    with pytest.raises(InputError):
        workbench.comments.add(ANNA, completed_case(workbench), text, "k")
