import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.content import TextContent
from kbapp.core.decision import Action
from kbapp.errors import EngineError
from kbapp.pipeline import complete
from kbapp.profiles import engines_for
from kbapp.resources import DOMAINS
from kbapp.settings import Settings
from kbapp.ui import case_page
from tests.review.fakes import finished, opened

REPORT = TextContent("Small left pleural effusion. No pneumothorax.")


class Moody:
    """The three steps, failing as long as `broken` is set."""

    broken = False

    def __call__(self, *given, **named):
        if self.broken:
            raise EngineError("The model did not answer.")
        return complete(*given, **named)


@pytest.fixture
def moody(tmp_path):
    """(workbench, pipeline, case): a completed case whose candidates could not be made again."""
    pipeline, engines = Moody(), engines_for(Settings(storage=tmp_path))
    with opened(tmp_path / "storage", pipeline, DOMAINS, lambda profile: engines) as workbench:
        case_id = workbench.cases.create(LOCAL_OWNER, [REPORT])
        assert made(workbench, case_id, "first").state == "done"
        pipeline.broken = True
        made(workbench, case_id, "again")
        yield workbench, pipeline, case_id


def made(workbench, case_id, key):
    return finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case_id, 2, 5, key), seconds=60)


def page_of(workbench, case_id):
    stored = workbench.completions.latest(LOCAL_OWNER, case_id)
    return case_page.review(workbench, LOCAL_OWNER, case_id, stored, None)["html"]


def test_candidates_that_could_not_be_made_again_leave_a_notice_with_the_reason_and_a_way_to_try_again(moody):
    workbench, _, case_id = moody
    html = page_of(workbench, case_id)
    assert "The model did not answer." in html and 'data-do="retry"' in html


def test_the_notice_is_gone_when_new_candidates_are_there(moody):
    workbench, pipeline, case_id = moody
    pipeline.broken = False
    made(workbench, case_id, "once more")
    assert 'data-do="retry"' not in page_of(workbench, case_id)


def test_a_decided_case_has_no_notice_about_candidates_that_nobody_waits_for_any_more(moody):
    workbench, _, case_id = moody
    stored = workbench.completions.latest(LOCAL_OWNER, case_id)
    workbench.decisions.decide(
        LOCAL_OWNER, stored.id, Action.ACCEPT, candidate=0, revision=stored.revision, idempotency_key="accept", confirm=True
    )
    assert 'data-do="retry"' not in page_of(workbench, case_id)


def test_a_case_without_candidates_says_why(moody):
    workbench, _, _ = moody
    case_id = workbench.cases.create(LOCAL_OWNER, [REPORT])
    made(workbench, case_id, "another case")
    assert "The model did not answer." in case_page.failure(workbench, LOCAL_OWNER, case_id)["html"]
