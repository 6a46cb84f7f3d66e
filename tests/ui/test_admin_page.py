import pytest

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.engines.served import _asked
from kbapp.settings import Settings
from kbapp.ui.admin_page import AdminHandlers
from tests.review.conftest import workbench  # noqa: F401
from tests.review.fakes import completed_case
from tests.server.running import house, running

ANNA = Actor("anna", "Anna", Role.CLINICIAN)


@pytest.fixture
def handlers(workbench):  # noqa: F811
    return AdminHandlers(workbench, Settings(), lambda request: LOCAL_OWNER)


def test_a_claim_is_shown_with_its_reader_and_is_gone_when_given_back(workbench, handlers):  # noqa: F811
    assert "Nobody is reading" in handlers.claims()[0]
    case_id = completed_case(workbench)
    workbench.leases.claim(ANNA, case_id)
    shown, choices, _ = handlers.claims()
    assert "Anna" in shown and choices.choices == [("test · Anna", case_id)]
    assert "Choose the case" in handlers.end_claim(None)[-1]
    shown, *_, events, told = handlers.end_claim(case_id)
    assert "Nobody is reading" in shown and "claim given back" in events and "Anna reads the case no longer" in told
    assert "nobody is reading this case any more" in handlers.end_claim(case_id)[-1]


def test_who_is_no_admin_sees_no_claim(workbench):  # noqa: F811
    workbench.leases.claim(ANNA, completed_case(workbench))
    shown, _, chooser = AdminHandlers(workbench, Settings(), lambda request: ANNA).claims()
    assert shown == "" and not chooser.visible


def test_each_model_shows_its_role_its_queue_and_the_answer_to_a_test_call(workbench):  # noqa: F811
    _asked.cache_clear()
    made, *_ = house()
    with running(made) as url:
        settings = Settings(profile="server", model="echo", image_model="gone", model_url=url)
        handlers = AdminHandlers(workbench, settings, lambda request: LOCAL_OWNER)
        before, after = handlers.load()[1], handlers.call_models()
    assert before.count("not made") == 2 and "No job has had trouble with them" in before
    assert "answered in" in after and "does not know this model" in after and "images" in after and "not told" in after
