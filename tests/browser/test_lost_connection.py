"""A network that breaks and a server that starts anew: what somebody wrote stays on the page and is stored once."""

import json
from contextlib import ExitStack, contextmanager
from urllib.parse import urlparse

import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.errors import StoreError
from tests.browser.conftest import running_workbench
from tests.browser.seeds import add_case, film, open_case, saved
from tests.browser.test_decisions import FIELD, edit

pytestmark = pytest.mark.browser
DRAFT = ".kb-candidate:not([hidden]) .kb-draft"
UNREACHED = "#kb-told:has-text('could not be reached')"


@contextmanager
def opened(chromium, origin, case_id):
    """A page on the case. Its console is not watched: a browser logs each request that is cut."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=origin)
    page = context.new_page()
    page.set_default_timeout(20_000)
    open_case(page, case_id)
    page.evaluate("window.kbSamePage = true")
    yield page
    context.close()


@pytest.fixture
def text_case(chromium, served):
    """(page, workbench, case): a film whose report is missing, open in the browser."""
    case_id = add_case(served[1], film(), origin="lost")
    with opened(chromium, served[0], case_id) as page:
        yield page, served[1], case_id


def drafts(workbench, case_id):
    return [d.text for d in workbench.drafts.of(LOCAL_OWNER, workbench.completions.latest(LOCAL_OWNER, case_id).id)]


def decisions(workbench, case_id):
    return workbench.decisions.history(LOCAL_OWNER, case_id=case_id)


def still_there(page, words):
    """Gradio's script asks after 2 s whether the server is back, and reloads then."""
    page.wait_for_timeout(2500)
    assert page.evaluate("window.kbSamePage") is True, "the page was loaded again"
    assert page.input_value(FIELD).startswith(words)


def test_a_cut_acceptance_keeps_the_words_and_a_second_press_stores_them_once(text_case):
    page, workbench, case_id = text_case
    edit(page, "Cut off. ")
    page.route("**/queue/join*", lambda route: route.abort())
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(UNREACHED)
    still_there(page, "Cut off. ")
    assert page.locator(".toast-body").count() == 0, "one sentence is enough"
    assert decisions(workbench, case_id) == []
    page.unroute("**/queue/join*")
    page.keyboard.press("Control+Enter")
    saved(page, "edited")
    assert len(decisions(workbench, case_id)) == 1
    assert workbench.decisions.accepted(LOCAL_OWNER, case_id).data.decode().startswith("Cut off. ")


def test_an_acceptance_whose_answer_is_lost_is_stored_once(text_case):
    page, workbench, case_id = text_case
    edit(page, "Answer lost. ")
    page.keyboard.press("Control+s")
    page.wait_for_selector(f"{DRAFT}:has-text('draft kept')")
    page.wait_for_timeout(300)  # the stream of that answer is closed by then
    page.route("**/queue/data*", lambda route: route.abort())
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#kb-told:has-text('before the answer came')")
    still_there(page, "Answer lost. ")
    page.unroute("**/queue/data*")
    page.keyboard.press("Control+Enter")
    saved(page, "edited")
    assert len(decisions(workbench, case_id)) == 1


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (500, "<h1>Bad gateway</h1>", "Something went wrong at the workbench"),
        (401, json.dumps({"code": "signed_out", "error": "You are signed out: reload the page."}), "You are signed out"),
        (429, json.dumps({"code": "too_many", "error": "Too many requests at once."}), "Too many requests at once."),
    ],
)
def test_a_refused_event_is_said_in_one_sentence_and_keeps_the_words(text_case, status, body, said):
    page, workbench, case_id = text_case
    edit(page, "Refused. ")
    page.route("**/queue/join*", lambda route: route.fulfill(status=status, body=body))
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(f"#kb-told:has-text('{said}'):has-text('still here')")
    assert page.locator(".toast-body").count() == 0
    assert page.input_value(FIELD).startswith("Refused. ")
    assert decisions(workbench, case_id) == []


def test_who_types_without_a_pause_has_a_draft_all_the_same(text_case):
    page, workbench, case_id = text_case
    edit(page, "")
    for _ in range(60):
        page.keyboard.type("a")
        page.wait_for_timeout(150)
        if drafts(workbench, case_id):
            break
    assert drafts(workbench, case_id)[0].startswith("a")


def test_a_draft_that_was_cut_is_sent_again_by_itself(text_case):
    page, workbench, case_id = text_case
    page.route("**/queue/join*", lambda route: route.abort())  # before the first word: a pause in typing is saved by itself
    edit(page, "Twice sent. ")
    page.keyboard.press("Control+s")
    page.wait_for_selector(f"{DRAFT}:has-text('cannot be reached')")
    page.unroute("**/queue/join*")
    page.wait_for_selector(f"{DRAFT}:has-text('draft kept')")
    assert drafts(workbench, case_id)[0].startswith("Twice sent. ")


def test_a_lost_draft_does_not_come_back_over_newer_words(text_case):
    page, workbench, case_id = text_case
    completion = workbench.completions.latest(LOCAL_OWNER, case_id).id
    page.route("**/queue/join*", lambda route: route.abort())
    edit(page, "First. ")
    page.keyboard.press("Control+s")
    page.wait_for_selector(f"{DRAFT}:has-text('cannot be reached')")
    page.unroute("**/queue/join*")
    page.keyboard.type("Second. ")
    page.keyboard.press("Control+s")
    page.wait_for_selector(f"{DRAFT}:has-text('draft kept')")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.wait_for_function(f"KB.data.completion !== '{completion}'")
    page.wait_for_timeout(5500)  # the lost one would be sent again after 5 s
    assert [d.text[:15] for d in workbench.drafts.of(LOCAL_OWNER, completion)] == ["First. Second. "]


def test_words_taken_back_after_their_draft_was_lost_are_not_sent(text_case):
    page, workbench, case_id = text_case
    page.route("**/queue/join*", lambda route: route.abort())
    before = page.evaluate("KB.article().querySelector('.kb-original').value")
    edit(page, "X")
    page.keyboard.press("Control+s")
    page.wait_for_selector(f"{DRAFT}:has-text('cannot be reached')")
    page.keyboard.press("Backspace")
    page.unroute("**/queue/join*")
    page.wait_for_selector(f"{DRAFT}:has-text('draft kept')")
    assert drafts(workbench, case_id) in ([], [before])


def test_a_draft_that_a_busy_store_refused_is_sent_again_by_itself(text_case, monkeypatch):
    page, workbench, case_id = text_case
    save, refused = workbench.drafts.save, []

    def busy_once(*given):
        if not refused:
            refused.append(given)
            raise StoreError("The database is busy.")
        return save(*given)

    monkeypatch.setattr(workbench.drafts, "save", busy_once)
    edit(page, "Busy. ")
    page.wait_for_selector(f"{DRAFT}:has-text('The database is busy.')")
    page.wait_for_selector(f"{DRAFT}:has-text('draft kept')")
    assert drafts(workbench, case_id)[0].startswith("Busy. ")


def test_a_correction_waits_for_words_that_could_not_be_saved(text_case):
    page, workbench, case_id = text_case
    page.route("**/queue/join*", lambda route: route.abort())
    edit(page, "Not there yet. ")
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    page.wait_for_selector("#kb-correct-dialog[open]")
    status = page.locator("#kb-correct-dialog tr[data-correct] [data-field=status]").first
    status.select_option(next(v for v in ("absent", "uncertain", "present") if v != status.input_value()))
    page.fill("#kb-correct-why", "seen otherwise")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#kb-correct-told:has-text('could not be saved yet')")
    assert len(workbench.completions.list(LOCAL_OWNER, case_id)) == 1


def test_a_comment_that_was_cut_waits_in_its_dialog(text_case):
    page, workbench, case_id = text_case
    page.route("**/queue/join*", lambda route: route.abort())
    page.keyboard.press("c")
    page.wait_for_selector("#kb-note-dialog[open]")
    page.keyboard.type("compare with the earlier film")
    page.keyboard.press("Enter")
    page.wait_for_selector(UNREACHED)
    page.unroute("**/queue/join*")
    page.keyboard.press("c")
    page.wait_for_selector("#kb-note-dialog[open]")
    assert page.input_value("#kb-words") == "compare with the earlier film"
    page.keyboard.press("Enter")
    page.wait_for_selector(".kb-comment:has-text('compare with the earlier film')")
    assert len(workbench.comments.of(LOCAL_OWNER, case_id)) == 1


def test_a_server_that_starts_anew_in_the_middle_of_an_edit_ends_with_the_draft_on_the_page(tmp_path, chromium):
    with ExitStack() as browser:
        with running_workbench(tmp_path) as (origin, workbench):
            case_id = add_case(workbench, film())
            page = browser.enter_context(opened(chromium, origin, case_id))
            edit(page, "Before the restart. ")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector(UNREACHED)
        with running_workbench(tmp_path, port=urlparse(origin).port) as (_, workbench):
            page.wait_for_selector(f"{DRAFT}:has-text('draft kept')")
            assert drafts(workbench, case_id)[0].startswith("Before the restart. ")
            page.reload()
            page.wait_for_selector(FIELD)
            assert page.input_value(FIELD).startswith("Before the restart. ")
            page.keyboard.press("e")
            page.keyboard.press("Control+Enter")
            saved(page, "edited")
            assert len(decisions(workbench, case_id)) == 1
