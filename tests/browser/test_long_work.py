"""Long work is a job: it shows its progress, survives a reload, and can be stopped."""

import threading
from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import urlparse

import pytest

from kbapp import profiles
from kbapp.core.actor import LOCAL_OWNER
from kbapp.errors import EngineError
from tests.browser.conftest import Watch, running_workbench
from tests.browser.seeds import add_case, film, open_case, reader

pytestmark = pytest.mark.browser


class HeldScorer:
    """A builtin scorer that waits for the test before it answers."""

    def __init__(self, scorer, go: threading.Event):
        self.name, self.id, self._scorer, self._go = scorer.name, scorer.id, scorer, go

    def similarity(self, *given):
        assert self._go.wait(60), "the test never let the scorer go on"
        return self._scorer.similarity(*given)


@pytest.fixture
def held(tmp_path, chromium):
    """(page, go, workbench): a workbench whose last step waits until `go` is set."""
    go = threading.Event()

    def engines_for(settings):
        engines = profiles.engines_for(settings)
        return replace(engines, scorers=tuple(HeldScorer(s, go) for s in engines.scorers))

    with running_workbench(tmp_path, engines_for) as (origin, workbench):
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=origin)
        page = context.new_page()
        page.set_default_timeout(20_000)
        watch = Watch(page, origin)
        page.goto("/")
        page.click(".kb-sample:has-text('Film: normal')")
        page.wait_for_selector(".kb-progress")
        yield page, go, workbench
        go.set()
        context.close()
        said = [
            words for words in watch.errors if "net::ERR_FAILED" not in words
        ]  # what a browser logs of a request that a test cut
        assert not said and not watch.foreign


def test_progress_is_shown_and_survives_a_reload_and_the_review_opens_by_itself(held):
    page, go, _ = held
    assert page.locator(".kb-progress [role=progressbar]").get_attribute("aria-valuenow") is not None
    page.reload()
    page.wait_for_selector(".kb-progress")
    go.set()
    page.wait_for_selector(".kb-candidate:not([hidden])")


def test_a_cut_connection_during_the_work_keeps_the_form_and_who_is_at_the_list_stays_there(held):
    page, go, _ = held
    page.evaluate("window.kbSamePage = true")
    page.click("#kb_tabs [role=tab]:has-text('Cases')")
    page.fill("#kb_text textarea", "Findings: the next report")
    page.route("**/queue/join*", lambda route: route.abort())
    page.wait_for_timeout(2500)  # the page asks how far the work is every 1.5 s
    page.unroute("**/queue/join*")
    go.set()
    page.wait_for_selector(".kb-candidate:not([hidden])", state="attached")
    page.wait_for_timeout(2500)
    assert page.evaluate("window.kbSamePage") is True, "the page was loaded again"
    assert page.input_value("#kb_text textarea") == "Findings: the next report"
    page.click("#kb_tabs [role=tab]:has-text('Review')")
    page.wait_for_selector(".kb-candidate:not([hidden])")


def test_the_page_goes_on_asking_after_the_workbench_was_started_anew(tmp_path, chromium):
    go = threading.Event()

    def engines_for(settings):
        engines = profiles.engines_for(settings)
        return replace(engines, scorers=tuple(HeldScorer(s, go) for s in engines.scorers))

    with ExitStack() as browser:
        with running_workbench(tmp_path, engines_for) as (origin, _):
            page = browser.enter_context(chromium.new_context(base_url=origin)).new_page()
            page.goto("/")
            page.click(".kb-sample:has-text('Film: normal')")
            page.wait_for_selector(".kb-progress")
            threading.Timer(1, go.set).start()
        with running_workbench(tmp_path, port=urlparse(origin).port):
            page.wait_for_selector(".kb-candidate:not([hidden]), .kb-trouble [data-do=retry]")


def test_a_closed_tab_stops_nothing(held):
    page, go, workbench = held
    page.goto("about:blank")
    go.set()
    case_id = workbench.cases.list(LOCAL_OWNER)[0].id
    for _ in range(100):
        if workbench.completions.latest(LOCAL_OWNER, case_id):
            break
        page.wait_for_timeout(100)
    assert workbench.completions.latest(LOCAL_OWNER, case_id) is not None


def test_stopped_work_leaves_the_case_and_offers_to_try_again(held):
    page, go, _ = held
    page.click(".kb-progress [data-do=cancel]")
    go.set()
    page.wait_for_selector(".kb-trouble [data-do=retry]")
    page.click(".kb-trouble [data-do=retry]")
    page.wait_for_selector(".kb-candidate:not([hidden])")


class MoodyScorer:
    """A builtin scorer that fails as long as `broken` is set."""

    def __init__(self, scorer, broken: threading.Event):
        self.name, self.id, self._scorer, self._broken = scorer.name, scorer.id, scorer, broken

    def similarity(self, *given):
        if self._broken.is_set():
            raise EngineError("The scorer did not answer.")
        return self._scorer.similarity(*given)


def test_candidates_that_cannot_be_made_again_leave_a_notice_until_they_can(tmp_path, chromium):
    broken = threading.Event()

    def engines_for(settings):
        engines = profiles.engines_for(settings)
        return replace(engines, scorers=tuple(MoodyScorer(s, broken) for s in engines.scorers))

    with running_workbench(tmp_path, engines_for) as (origin, workbench):
        case_id = add_case(workbench, film())
        with reader(chromium, origin) as page:
            open_case(page, case_id)
            broken.set()
            page.keyboard.press("Shift+R")
            page.click("#kb-again-dialog[open] [type=submit]")
            page.wait_for_selector(".kb-review [role=alert]:has-text('The scorer did not answer.')")
            assert page.is_visible(".kb-candidate:not([hidden])"), "the earlier candidates are there"
            broken.clear()
            page.click(".kb-review [data-do=retry]")
            page.wait_for_function("document.querySelectorAll('[data-version] option').length === 2")
            assert page.locator(".kb-review [role=alert]").count() == 0
        assert len(workbench.completions.list(LOCAL_OWNER, case_id)) == 2
