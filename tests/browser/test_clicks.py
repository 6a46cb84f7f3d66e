"""What each decision costs: keys, clicks, and calls to the server. More than this, and a morning's work is longer."""

import json

import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.decision import Action
from kbapp.ui.new_case import recorded_run
from tests.browser.conftest import running_workbench
from tests.browser.seeds import newest, reader, saved

pytestmark = pytest.mark.browser
CASES = 18  # one for each decision below, and some that open after them
FIELD = ".kb-candidate:not([hidden]) .kb-editor textarea:not(.kb-original)"


class Hand:
    """Presses keys and clicks, and counts both; `calls` are the events that the page has sent meanwhile, by name."""

    def __init__(self, page):
        self.page, self.keys, self.clicks, self.calls = page, 0, 0, []
        self.case = page.evaluate("KB.data.case")
        names = page.evaluate("Object.fromEntries(gradio_config.dependencies.map(d => [d.id, d.targets[0][1]]))")
        page.on("request", lambda r: self._sent(r, names) if "/gradio_api/queue/join" in r.url else None)

    def _sent(self, request, names):
        body = json.loads(request.post_data)
        name = names[str(body["fn_index"])]
        self.calls.append(f"{name} {body['event_data']['do']}" if name == "act" else name)

    def press(self, key):
        self.keys += 1
        self.page.keyboard.press(key)

    def click(self, selector):
        self.clicks += 1
        self.page.click(selector)

    @property
    def cost(self):
        """(keys, clicks, calls). Looking ahead belongs to the case that has opened, and a draft to the typing."""
        return self.keys, self.clicks, [call for call in self.calls if call not in ("ahead", "draft")]


@pytest.fixture(scope="module")
def one_page(tmp_path_factory, chromium):
    """(page, workbench): one recorded run after the other; a decision opens the next one."""
    with running_workbench(tmp_path_factory.mktemp("clicks")) as (origin, workbench):
        completion, origin_words = recorded_run("recorded-film.png")
        for _ in range(CASES):
            workbench.imports.completion(LOCAL_OWNER, completion, origin=origin_words)
        with reader(chromium, origin) as page:
            page.wait_for_selector("#kb_cases tr[data-row]")
            page.keyboard.press("n")
            yield page, workbench


@pytest.fixture
def at_case(one_page):
    """(hand, workbench): a case that nobody has decided, open and calm, and nothing counted yet."""
    page, workbench = one_page
    page.wait_for_function("KB.data.claimed && KB.openFor() > 1600 && document.querySelector('[data-do=accept]:not([disabled])')")
    return Hand(page), workbench


def done(hand, words):
    """The decision is saved and the next case is open."""
    hand.page.wait_for_function("id => KB.data.case !== id", arg=hand.case)
    saved(hand.page, words)


def by_key(hand, key):
    hand.press(key)


def by_click(hand, do):
    hand.click(f".kb-actions [data-do={do}]")


def another(page) -> int:
    """A candidate beside the one that is shown, which nothing speaks against."""
    fair = page.eval_on_selector_all(".kb-candidate[hidden][data-contradicted='0']", "all => all.map(c => Number(c.dataset.k))")
    assert fair, "every other candidate contradicts its source"
    return fair[0]


@pytest.mark.parametrize(("act", "name", "cost"), [(by_key, "a", (1, 0)), (by_click, "accept", (0, 1))], ids=["key", "click"])
def test_the_preselected_candidate_is_accepted_by_one(at_case, act, name, cost):
    hand, workbench = at_case
    put_forward = int(hand.page.get_attribute(".kb-candidate:not([hidden])", "data-k"))
    act(hand, name)
    done(hand, "accepted")
    assert hand.cost == (*cost, ["act accept"])
    assert (newest(workbench).action, newest(workbench).candidate) == (Action.ACCEPT, put_forward)


def test_another_candidate_is_accepted_by_its_digit_and_a(at_case):
    hand, workbench = at_case
    k = another(hand.page)
    hand.press(str(k + 1))
    hand.press("a")
    done(hand, "accepted")
    assert hand.cost == (2, 0, ["act accept"]) and newest(workbench).candidate == k


def test_another_candidate_is_accepted_by_two_clicks(at_case):
    hand, workbench = at_case
    k = another(hand.page)
    hand.click(f".kb-strip [data-k='{k}']")
    by_click(hand, "accept")
    done(hand, "accepted")
    assert hand.cost == (0, 2, ["act accept"]) and newest(workbench).candidate == k


def test_an_edited_report_is_accepted_by_two_keys_around_the_typing(at_case):
    hand, workbench = at_case
    hand.press("e")
    hand.page.wait_for_selector(FIELD)
    hand.page.keyboard.type("Portable film. ")
    hand.press("Control+Enter")
    done(hand, "edited")
    assert hand.cost == (2, 0, ["act accept_edited"]) and newest(workbench).action is Action.ACCEPT_EDITED


def test_an_edited_report_is_accepted_by_two_clicks_around_the_typing(at_case):
    hand, workbench = at_case
    by_click(hand, "edit")
    hand.page.wait_for_selector(FIELD)
    hand.page.keyboard.type("Portable film. ")
    hand.click(".kb-candidate:not([hidden]) [data-do=save_edit]")
    done(hand, "edited")
    assert hand.cost == (0, 2, ["act accept_edited"]) and newest(workbench).action is Action.ACCEPT_EDITED


def test_all_are_rejected_by_x_and_the_digit_of_a_reason(at_case):
    hand, workbench = at_case
    hand.press("x")
    hand.page.wait_for_selector("#kb-reject-dialog[open]")
    hand.press("4")
    done(hand, "wrong side")
    assert hand.cost == (2, 0, ["act reject"]) and newest(workbench).reason == "wrong side"


def test_all_are_rejected_by_two_clicks(at_case):
    hand, workbench = at_case
    by_click(hand, "reject")
    hand.click("#kb-reject-dialog [data-reason='wrong side']")
    done(hand, "wrong side")
    assert hand.cost == (0, 2, ["act reject"]) and newest(workbench).reason == "wrong side"


ASIDE = [(Action.DEFER, "d", "defer"), (Action.FLAG, "f", "flag")]


@pytest.mark.parametrize(("action", "key", "do"), ASIDE)
def test_a_case_is_put_aside_by_one_key(at_case, action, key, do):
    hand, workbench = at_case
    hand.press(key)
    done(hand, do)
    assert hand.cost == (1, 0, [f"act {do}"]) and newest(workbench).action is action


@pytest.mark.parametrize(("action", "key", "do"), ASIDE)
def test_a_case_is_put_aside_by_one_click(at_case, action, key, do):
    hand, workbench = at_case
    by_click(hand, do)
    done(hand, do)
    assert hand.cost == (0, 1, [f"act {do}"]) and newest(workbench).action is action


def in_toast(hand, do):
    hand.click(f".kb-toast [data-do={do}]")


WAYS = [(by_key, "u", (1, 0)), (by_click, "undo", (0, 1)), (in_toast, "undo", (0, 1))]


@pytest.mark.parametrize(("act", "name", "cost"), WAYS, ids=["key", "button", "toast"])
def test_the_newest_decision_is_taken_back_by_one_and_its_case_opens_again(at_case, act, name, cost):
    before, workbench = at_case
    before.page.keyboard.press("d")
    done(before, "deferred")
    before.page.wait_for_timeout(600)
    made, hand = newest(workbench), Hand(before.page)
    act(hand, name)
    hand.page.wait_for_function("id => KB.data.case === id", arg=before.case)
    saved(hand.page, "undone")
    assert hand.cost == (*cost, ["act undo"])
    assert (newest(workbench).action, newest(workbench).supersedes) == (Action.UNDO, made.id)
