"""A morning's work: twenty cases with the keyboard alone, and what each decision costs in keys."""

import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.decision import Action
from tests.browser.conftest import running_workbench
from tests.browser.seeds import add_case, film, reader, report

pytestmark = pytest.mark.browser
CASES = 20
LOOK = """[KB.view.zoom, KB.view.invert, getComputedStyle(KB.host).getPropertyValue('--kb-zoom'), KB.host.classList.contains('kb-invert')]"""


@pytest.fixture(scope="module")
def morning(tmp_path_factory):
    with running_workbench(tmp_path_factory.mktemp("morning")) as (origin, workbench):
        for k in range(CASES):
            films = ("film-heart.png", "film-normal.png", "film-opacity.png")
            add_case(workbench, film(films[k % 3]) if k % 4 == 0 else report(k), n=2, origin=f"study {k}")
        yield origin, workbench


class Keyboard:
    """Presses keys and counts them."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def press(self, key):
        self.count += 1
        self.page.keyboard.press(key)


def decide(keys, k):
    """One decision, each kind in turn; returns (what was done, how many keys it may take). Typing is not counted."""
    page = keys.page
    if page.locator("[data-do=edit]").count():
        keys.press("e")
        page.wait_for_function("document.activeElement.tagName === 'TEXTAREA'")
        page.keyboard.type("Seen. ")
        keys.press("Control+Enter")
        return Action.ACCEPT_EDITED, 2
    kind = k % 4
    if kind == 0:
        keys.press("x")
        page.wait_for_selector("#kb-reject-dialog[open]")
        keys.press("2")
        return Action.REJECT, 2
    if kind == 1:
        keys.press("d")
        return Action.DEFER, 1
    if kind == 2:
        keys.press("f")
        return Action.FLAG, 1
    page.wait_for_function("KB.openFor() > 1600")
    contradicts = page.get_attribute(".kb-candidate:not([hidden])", "data-contradicted") != "0"
    keys.press("a")
    if contradicts:
        keys.press("a")
    return Action.ACCEPT, 2 if contradicts else 1


def test_twenty_cases_are_reviewed_by_the_keyboard_alone(morning, chromium):
    origin, workbench = morning
    with reader(chromium, origin) as page:
        page.wait_for_selector("#kb_cases tr[data-row]")
        page.keyboard.press("n")
        page.wait_for_function("KB.data.case")
        for key in ("+", "+", "i"):  # once, for the whole morning
            page.keyboard.press(key)
        looked = page.evaluate(LOOK)
        assert looked[0] > 1.5
        seen, done = set(), []
        for k in range(CASES):
            page.wait_for_function("seen => KB.data.case && !seen.includes(KB.data.case)", arg=sorted(seen))
            assert page.evaluate(LOOK) == looked
            case_id = page.evaluate("KB.data.case")
            seen.add(case_id)
            keys = Keyboard(page)
            action, allowed = decide(keys, k)
            assert keys.count <= allowed
            if k < CASES - 1:
                page.wait_for_function("id => KB.data.case !== id", arg=case_id)
            done.append((case_id, action))
        page.wait_for_selector("#kb_cases tr[data-row]:visible")
        stored = {row.case: row.decision.action for row in workbench.decisions.history(LOCAL_OWNER, limit=100)}
        assert stored == dict(done)
        assert {Action.ACCEPT, Action.ACCEPT_EDITED, Action.REJECT, Action.DEFER, Action.FLAG} == set(stored.values())
        kept = page.evaluate("JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage})")
        assert not any(word in kept for word in [*seen, "effusion", "study", "Seen."])


def test_undo_brings_the_last_case_back_with_one_key(morning, chromium):
    origin, workbench = morning
    newest = workbench.decisions.history(LOCAL_OWNER, limit=1)[0]
    with reader(chromium, origin) as page:
        page.wait_for_selector("#kb_cases tr[data-row]")
        page.keyboard.press("u")
        page.wait_for_selector(".kb-candidate:not([hidden])")
        assert page.evaluate("KB.data.case") == newest.case
