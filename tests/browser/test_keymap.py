"""A person gives an action another key, switches the single keys off, finds words in a report, and looks at what he decided."""

import pytest

from kbapp.core.actor import LOCAL_OWNER
from tests.browser.seeds import add_case, newest, open_case, report, saved

pytestmark = pytest.mark.browser


@pytest.fixture
def case(page, served):
    case_id = add_case(served[1], report(4))
    open_case(page, case_id)
    return page, served[1], case_id


def change(page, action, key):
    page.keyboard.press("?")
    page.click(f"#kb-help-dialog [data-key={action}]")
    page.keyboard.press(key)
    return page.inner_text("#kb-keys-told")


def test_an_action_gets_another_key_which_its_button_shows_and_a_reload_keeps(case):
    page, workbench, _ = case
    assert change(page, "defer", "f").startswith("F is taken: flag for a second reader")
    page.keyboard.press("1")
    assert "digits" in page.inner_text("#kb-keys-told")
    page.keyboard.press("z")
    assert page.inner_text("#kb-keys-told") == "Z is now: defer."
    page.keyboard.press("Escape")
    assert page.inner_text("[data-do=defer] kbd") == "Z"
    page.reload()
    page.wait_for_selector(".kb-candidate:not([hidden])")
    assert page.inner_text("[data-do=defer] kbd") == "Z"
    decided = len(workbench.decisions.history(LOCAL_OWNER, limit=500))
    page.keyboard.press("d")
    page.wait_for_timeout(400)
    assert len(workbench.decisions.history(LOCAL_OWNER, limit=500)) == decided
    page.keyboard.press("z")
    saved(page, "deferred")
    page.keyboard.press("?")
    page.click("#kb-keys-reset")
    assert page.inner_text("#kb-help-dialog [data-key=defer]") == "D"
    assert page.evaluate("localStorage.getItem('kb-keymap')") is None


def test_escape_leaves_a_key_as_it_is_and_the_dialog_open(case):
    page, _, _ = case
    change(page, "comment", "Escape")
    assert page.inner_text("#kb-help-dialog [data-key=comment]") == "C"
    assert page.locator("#kb-help-dialog[open]").count() == 1


def test_what_somebody_else_wrote_into_the_browsers_store_breaks_no_key(case):
    page, _, _ = case
    for kept in ('{"comment": 5, "reject": "xx", "edit": "1"}', "[1", "null"):
        page.evaluate("kept => localStorage.setItem('kb-keymap', kept)", kept)
        page.reload()
        page.wait_for_selector(".kb-candidate:not([hidden])")
        page.keyboard.press("c")
        page.wait_for_selector("#kb-note-dialog[open]")
    page.evaluate("localStorage.removeItem('kb-keymap')")


def test_with_single_keys_off_they_work_with_alt(case):
    page, workbench, _ = case
    page.evaluate("localStorage.setItem('kb-keys', 'off')")
    page.keyboard.press("x")
    assert page.locator("dialog[open]").count() == 0
    page.keyboard.press("Alt+x")
    page.wait_for_selector("#kb-reject-dialog[open]")
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+Shift+F")
    page.wait_for_selector("#kb-note-dialog[open]")
    page.evaluate("localStorage.removeItem('kb-keys')")


def test_find_goes_through_the_places_of_a_word_and_escape_gives_the_keys_back(case):
    page, workbench, case_id = case
    words = workbench.cases.get(LOCAL_OWNER, case_id).contents[0].text.lower()
    page.keyboard.press("/")
    page.keyboard.type("LE")
    many = words.count("le")
    assert many > 1 and page.inner_text(".kb-find output") == f"1 of {many}"
    page.keyboard.press("Enter")
    assert page.inner_text(".kb-find output") == f"2 of {many}"
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    assert page.inner_text(".kb-find output") == f"{many} of {many}"
    page.fill(".kb-find input", "no such word")
    assert page.inner_text(".kb-find output") == "not found"
    page.keyboard.press("Escape")
    assert page.locator(".kb-find").count() == 0
    page.keyboard.press("x")
    page.wait_for_selector("#kb-reject-dialog[open]")


def test_the_last_decisions_lead_back_to_their_cases(case):
    page, workbench, case_id = case
    page.keyboard.press("d")
    saved(page, "deferred")
    made = newest(workbench)
    page.keyboard.press("h")
    line = page.locator("#kb-history-dialog tr").first
    assert f"#{made.id} deferred" in line.inner_text()
    line.locator("a").click()
    page.wait_for_url(f"**case={case_id}*")
    assert page.locator("dialog[open]").count() == 0
    page.click(".kb-status [data-do=history]")
    page.wait_for_selector("#kb-history-dialog[open]")
