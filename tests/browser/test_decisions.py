"""Each way to decide, as a person does it: by keys, with drafts, notes and second thoughts."""

import pytest

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.core.decision import Action
from tests.browser.conftest import go
from tests.browser.seeds import add_case, film, newest, open_case, reader, report, saved

pytestmark = pytest.mark.browser
ANNA = Actor("anna", "Anna", Role.ADMIN)
FIELD = ".kb-candidate:not([hidden]) .kb-editor textarea:not(.kb-original)"


@pytest.fixture
def text_case(page, served):
    """(page, workbench, case): a film whose report is missing, open in the browser."""
    case_id = add_case(served[1], film())
    open_case(page, case_id)
    return page, served[1], case_id


@pytest.fixture
def picture_case(page, served):
    case_id = add_case(served[1], report())
    open_case(page, case_id)
    return page, served[1], case_id


def edit(page, words):
    page.keyboard.press("e")
    page.wait_for_selector(FIELD)
    page.keyboard.press("Control+Home")
    page.keyboard.type(words)


def test_an_edited_report_is_accepted_with_its_difference(text_case):
    page, workbench, case_id = text_case
    edit(page, "Portable film. ")
    page.keyboard.press("Control+Enter")
    saved(page, "edited")
    decision = newest(workbench)
    assert decision.action is Action.ACCEPT_EDITED
    (row,) = workbench.audit.show(LOCAL_OWNER, decision.id)
    assert "+" in row.text_difference and "Portable film." in row.text_difference
    assert workbench.decisions.accepted(LOCAL_OWNER, case_id).data.decode().startswith("Portable film. ")


def test_a_reload_in_the_middle_of_an_edit_keeps_the_words(text_case):
    page, workbench, case_id = text_case
    edit(page, "Half a sentence ")
    page.wait_for_selector(".kb-candidate:not([hidden]) .kb-draft:has-text('draft kept')")
    page.reload()
    page.wait_for_selector(FIELD)
    assert page.input_value(FIELD).startswith("Half a sentence ")
    assert page.evaluate("document.activeElement.tagName") != "TEXTAREA"  # keys still decide
    kept = page.evaluate("JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage})")
    assert "Half a sentence" not in kept
    page.keyboard.press("e")
    page.keyboard.press("Control+Enter")
    saved(page, "edited")
    assert workbench.decisions.accepted(LOCAL_OWNER, case_id).data.decode().startswith("Half a sentence ")


def test_escape_leaves_the_editor_with_the_draft_kept_and_the_keys_free(text_case):
    page, workbench, case_id = text_case
    edit(page, "Kept. ")
    page.keyboard.press("Escape")
    page.wait_for_function("document.activeElement.tagName !== 'TEXTAREA'")
    page.keyboard.press("2")
    assert page.get_attribute(".kb-candidate:not([hidden])", "data-k") == "1"
    page.wait_for_timeout(500)
    completion = workbench.completions.latest(LOCAL_OWNER, case_id).id
    assert [d.text[:6] for d in workbench.drafts.of(LOCAL_OWNER, completion)] == ["Kept. "]


def test_an_edit_that_was_left_is_not_passed_over_by_a(page, served):
    workbench = served[1]
    case_id = add_case(workbench, film("film-normal.png"))
    open_case(page, case_id)
    page.keyboard.press("e")
    page.keyboard.type(" Seen before.")
    page.keyboard.press("Escape")
    page.wait_for_function("KB.openFor() > 1600")
    page.keyboard.press("a")
    assert "Ctrl+Enter in its field accepts it" in page.inner_text(".kb-decided")
    assert workbench.decisions.history(LOCAL_OWNER, case_id=case_id) == []
    page.keyboard.press("a")
    saved(page, "accepted")
    assert newest(workbench).action.value == "accept"


def test_other_is_written_and_entered(page, served):
    workbench = served[1]
    open_case(page, add_case(workbench, report(1)))
    page.keyboard.press("x")
    page.keyboard.press("9")
    page.wait_for_selector("#kb-reject-told:has-text('Write what it is')")
    page.keyboard.type("2 films overlaid")
    page.keyboard.press("Enter")
    saved(page, "rejected: other")
    assert newest(workbench).note == "2 films overlaid"


def test_a_button_pressed_with_the_mouse_keeps_no_key_from_the_case(page, served):
    open_case(page, add_case(served[1], report(2)))
    page.keyboard.press("2")
    page.click("[data-do=evidence]")
    page.keyboard.down(" ")
    assert page.get_attribute(".kb-candidate:not([hidden])", "data-k") != "1"
    page.keyboard.up(" ")
    assert page.get_attribute("[data-do=evidence]", "aria-pressed") == "false"


def test_control_s_saves_the_draft_at_once(text_case):
    page, workbench, case_id = text_case
    edit(page, "At once. ")
    page.keyboard.press("Control+s")
    page.wait_for_selector(".kb-candidate:not([hidden]) .kb-draft:has-text('draft kept')", timeout=1800)


def test_an_unchanged_text_is_not_accepted_as_edited_and_the_page_says_why(text_case):
    page, _, _ = text_case
    page.keyboard.press("e")
    page.wait_for_selector(FIELD)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".kb-toast.bad:has-text('not changed')")
    assert page.is_visible(FIELD)


def test_a_discarded_draft_is_gone(text_case):
    page, workbench, case_id = text_case
    edit(page, "Away. ")
    page.keyboard.press("Control+s")
    page.wait_for_selector(".kb-candidate:not([hidden]) .kb-draft:has-text('draft kept')")
    page.click(".kb-candidate:not([hidden]) [data-do=discard_edit]")
    page.wait_for_selector(".kb-toast:has-text('draft is gone')")
    assert workbench.drafts.of(LOCAL_OWNER, workbench.completions.latest(LOCAL_OWNER, case_id).id) == []


def test_a_picture_has_no_editor(picture_case):
    page, _, _ = picture_case
    assert page.locator("[data-do=edit]").count() == 0
    page.keyboard.press("e")
    assert page.locator(".kb-editor").count() == 0


@pytest.mark.parametrize(("key", "action"), [("d", Action.DEFER), ("f", Action.FLAG)])
def test_one_key_puts_a_case_aside(picture_case, key, action):
    page, workbench, case_id = picture_case
    page.keyboard.press(key)
    saved(page, action.value)
    assert newest(workbench).action is action


def test_with_shift_a_note_goes_with_it(picture_case):
    page, workbench, _ = picture_case
    page.keyboard.press("Shift+D")
    page.wait_for_selector("#kb-note-dialog[open]")
    page.keyboard.type("an earlier film is needed")
    page.keyboard.press("Enter")
    saved(page, "deferred")
    assert newest(workbench).note == "an earlier film is needed"


def test_a_comment_stays_with_the_case(picture_case):
    page, workbench, case_id = picture_case
    page.keyboard.press("c")
    page.wait_for_selector("#kb-note-dialog[open]")
    page.keyboard.type("look at the left base")
    page.keyboard.press("Enter")
    page.wait_for_selector(".kb-comment:has-text('look at the left base')")
    assert workbench.comments.of(LOCAL_OWNER, case_id)[0].text == "look at the left base"


def test_a_decided_case_opens_read_only_and_revise_opens_it_again(text_case):
    page, workbench, case_id = text_case
    edit(page, "Seen by me. ")
    page.keyboard.press("Control+Enter")
    saved(page, "edited")
    accepted = newest(workbench)
    page.wait_for_timeout(600)
    open_case(page, case_id)
    for kind in ("edit", "reject", "defer", "flag"):
        assert page.is_disabled(f"[data-do={kind}]")
    assert page.inner_text(".kb-changes ins") == "Seen by me. "
    page.wait_for_timeout(1600)
    page.keyboard.press("a")
    page.keyboard.press("x")
    assert page.locator("dialog[open]").count() == 0 and newest(workbench).id == accepted.id
    page.keyboard.press("r")
    saved(page, "undone")
    page.wait_for_selector(FIELD)
    assert page.input_value(FIELD).startswith("Seen by me. "), "the edit goes on as a draft"
    assert newest(workbench).supersedes == accepted.id


def test_two_browsers_on_one_case_the_slower_one_sees_both_sides(picture_case, chromium, served):
    page, workbench, case_id = picture_case
    with reader(chromium, served[0], f"/?case={case_id}") as second:
        second.wait_for_selector(".kb-candidate:not([hidden])")
        page.keyboard.press("x")
        page.keyboard.press("4")
        saved(page, "wrong side")
        first = newest(workbench)
        second.keyboard.press("d")
        second.wait_for_selector("dialog[open] .kb-sides")
        told = second.inner_text("dialog[open]")
        assert "defer" in told and f"#{first.id}" in told and "wrong side" in told
        assert newest(workbench).id == first.id
        second.keyboard.press("Enter")
        second.wait_for_selector(".kb-decided:has-text('wrong side')")


def test_a_case_that_somebody_reads_is_shown_as_such_and_an_admin_may_take_it_over(page, served):
    workbench = served[1]
    case_id = add_case(workbench, report(1))
    workbench.leases.claim(ANNA, case_id)
    open_case(page, case_id)
    page.wait_for_selector("#kb_status :text('being read by Anna')")
    assert page.is_disabled("[data-do=accept]") and "Anna" in page.inner_text(".kb-decided")
    page.click("[data-do=takeover]")
    page.wait_for_selector("#kb_status:has-text('yours until')")
    assert workbench.leases.of(LOCAL_OWNER, case_id).mine
    page.keyboard.press("d")
    saved(page, "deferred")


def test_a_refused_save_keeps_the_words(text_case):
    page, workbench, case_id = text_case
    edit(page, "Mine. ")
    workbench.leases.claim(ANNA, case_id, take_over=True)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".kb-toast.bad:has-text('Anna')")
    assert page.input_value(FIELD).startswith("Mine. ")
    workbench.leases.release(ANNA, case_id)
    page.wait_for_timeout(300)
    page.keyboard.press("Control+Enter")
    saved(page, "edited")


def test_the_claim_is_renewed_by_the_page_and_given_back_on_leaving(picture_case):
    page, workbench, case_id = picture_case
    before = workbench.leases.of(LOCAL_OWNER, case_id)
    page.wait_for_timeout(50)
    page.evaluate("KB.beat()")
    page.wait_for_timeout(700)
    assert workbench.leases.of(LOCAL_OWNER, case_id).until > before.until
    page.keyboard.press("n")
    page.wait_for_function("id => KB.data.case !== id", arg=case_id)
    assert workbench.leases.of(LOCAL_OWNER, case_id) is None
    go(page, "/")


def test_the_pictures_of_the_next_case_are_there_before_it_opens_and_are_asked_for_once(page, served):
    first, second = (add_case(served[1], report(k), origin=f"ahead {k}") for k in (2, 3))
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/kb/artifact/" in request.url else None)
    open_case(page, first)
    page.wait_for_function("KB.ahead?.length")
    ahead = page.evaluate("KB.ahead")
    page.keyboard.press("n")
    page.wait_for_function("id => KB.data.case !== id", arg=first)
    shown = page.get_attribute(".kb-candidate:not([hidden]) img", "src")
    assert [address.endswith(shown) for address in ahead] == [True]
    page.wait_for_timeout(500)
    assert sum(address.endswith(shown) for address in asked) == 1


def test_words_written_after_the_warning_are_warned_of_again(page, served):
    workbench = served[1]
    case_id = add_case(workbench, film("film-normal.png"))
    open_case(page, case_id)
    page.wait_for_function("KB.openFor() > 1600")
    for words in ("One. ", "Two. "):
        edit(page, words)
        page.keyboard.press("Escape")
        page.keyboard.press("a")
        page.wait_for_selector(".kb-decided.kb-warns:has-text('is not in this')")
        page.evaluate("KB.say('')")
    assert workbench.decisions.history(LOCAL_OWNER, case_id=case_id) == []
    page.keyboard.press("a")
    saved(page, "accepted")
