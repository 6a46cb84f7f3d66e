"""The keys and their guards: one wrong key must never decide a case."""

import pytest

from kbapp.core.actor import LOCAL_OWNER
from tests.browser.seeds import add_case, film, newest, open_case, report, saved

pytestmark = pytest.mark.browser


@pytest.fixture
def case(page, served):
    """(page, workbench, case): a report whose film is missing, open for longer than the calm at its start."""
    case_id = add_case(served[1], report(2))
    open_case(page, case_id)
    return page, served[1], case_id


@pytest.fixture
def undecided(case):
    """Fails the test when its keys decided anything."""
    before = len(case[1].decisions.history(LOCAL_OWNER, limit=500))
    yield case
    case[0].wait_for_timeout(500)
    assert len(case[1].decisions.history(LOCAL_OWNER, limit=500)) == before


def test_nothing_is_accepted_within_a_second_and_a_half_of_a_cases_appearance(undecided):
    page, _, _ = undecided
    page.reload()
    page.wait_for_selector(".kb-candidate:not([hidden])")
    page.keyboard.press("a")
    assert "contradicts" not in page.inner_text(".kb-decided")


def test_letters_in_a_field_are_letters(undecided):
    page, _, _ = undecided
    page.keyboard.press("c")
    page.wait_for_selector("#kb-note-dialog[open]")
    page.keyboard.type("a d f x u n")
    assert page.input_value("#kb-words") == "a d f x u n"
    page.keyboard.press("Escape")
    page.click("#kb_tabs [role=tab]:has-text('Cases')")
    page.wait_for_selector("#kb_search input")
    page.keyboard.press("/")
    page.keyboard.type("dfu")
    assert page.input_value("#kb_search input") == "dfu"


def test_a_key_held_down_acts_once(undecided):
    page, _, _ = undecided
    page.keyboard.down("g")
    page.keyboard.down("g")
    page.keyboard.down("g")
    page.keyboard.up("g")
    assert page.get_attribute(".kb-tabs [data-view=candidate]", "aria-selected") == "true"
    page.wait_for_timeout(1600)
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'd', repeat: true, bubbles: true}))"
    )  # as from a key that was pressed in the case before


@pytest.mark.parametrize("modifier", ["Control", "Alt", "Meta"])
def test_keys_with_a_modifier_belong_to_the_browser(undecided, modifier):
    page, _, _ = undecided
    page.evaluate("document.addEventListener('keydown', (e) => e.preventDefault())")  # keep the browser from acting on them
    page.keyboard.press(f"{modifier}+x")
    assert page.locator("dialog[open]").count() == 0
    page.keyboard.press(f"{modifier}+d")


def test_under_a_dialog_only_its_own_keys_work(undecided):
    page, _, _ = undecided
    page.keyboard.press("x")
    page.wait_for_selector("#kb-reject-dialog[open]")
    shown = page.get_attribute(".kb-candidate:not([hidden])", "data-k")
    for key in ("d", "f", "ArrowRight", "n"):
        page.keyboard.press(key)
    assert page.locator("#kb-reject-dialog[open]").count() == 1
    assert page.get_attribute(".kb-candidate:not([hidden])", "data-k") == shown
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0


def test_keys_switched_off_stay_off_after_a_reload_and_buttons_still_work(case):
    page, workbench, _ = case
    page.keyboard.press("?")
    page.wait_for_selector("#kb-help-dialog[open]")
    page.uncheck("#kb-keys-on")
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector(".kb-candidate:not([hidden])")
    page.keyboard.press("x")
    page.keyboard.press("2")
    assert page.locator("dialog[open]").count() == 0
    page.click("[data-do=flag]")
    saved(page, "flagged")
    page.evaluate("localStorage.removeItem('kb-keys')")


def test_after_a_click_in_the_graph_the_keys_still_decide(case):
    page, workbench, case_id = case
    box = page.locator(".kb-net canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.keyboard.press("d")
    saved(page, "deferred")
    assert newest(workbench).action.value == "defer"


def test_a_second_press_while_the_first_is_being_saved_is_one_decision(case):
    page, workbench, case_id = case
    before = newest(workbench).id if workbench.audit.show(LOCAL_OWNER) else 0
    page.evaluate("for (const _ of [1, 2, 3]) document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'd', bubbles: true}))")
    saved(page, "deferred")
    page.wait_for_timeout(500)
    assert newest(workbench).id == before + 1


@pytest.mark.parametrize(
    ("key", "sign"),
    [
        ("g", ".kb-tabs [data-view=candidate][aria-selected=true]"),
        ("m", "#kb_review .kb-no-evidence, .kb-no-evidence"),
        ("i", ".kb-invert"),
        ("+", ".kb-zoomed"),
        ("?", "#kb-help-dialog[open]"),
        ("s", "#kb-compare-dialog[open]"),
        ("x", "#kb-reject-dialog[open]"),
        ("c", "#kb-note-dialog[open]"),
        ("Shift+F", "#kb-note-dialog[open]"),
        ("Shift+Digit2", "[data-window=lung][aria-pressed=true]"),
        ("2", ".kb-candidate[data-k='1']:not([hidden])"),
    ],
)
def test_each_key_does_its_own(many_keys, key, sign):
    page = many_keys
    page.keyboard.press(key)
    page.wait_for_selector(sign, state="attached", timeout=3000)


@pytest.fixture(scope="module")
def one_page(chromium, served):
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=served[0])
    page = context.new_page()
    open_case(page, add_case(served[1], report(3)))
    yield page
    context.close()


@pytest.fixture
def many_keys(one_page):
    """The same page for all keys, put back in between."""
    one_page.evaluate(
        """() => { document.querySelector('dialog[open]')?.close(); Object.assign(KB.view, {evidence: true, invert: false, zoom: 1});
        KB.chooseWindow('default'); KB.viewer('fit'); KB.showCandidate(0); KB.showGraph('source'); document.activeElement?.blur(); }"""
    )
    return one_page


def test_space_shows_the_candidate_before_while_it_is_held(many_keys):
    page = many_keys
    page.keyboard.press("2")
    page.keyboard.press("3")
    page.keyboard.down(" ")
    assert page.get_attribute(".kb-candidate:not([hidden])", "data-k") == "1"
    page.keyboard.up(" ")
    assert page.get_attribute(".kb-candidate:not([hidden])", "data-k") == "2"


def test_e_opens_the_editor_of_a_text(page, served):
    open_case(page, add_case(served[1], film("film-normal.png")))
    page.keyboard.press("e")
    page.wait_for_selector(".kb-candidate:not([hidden]) .kb-editor:not([hidden])")
