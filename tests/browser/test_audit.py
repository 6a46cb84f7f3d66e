"""The audit page shows what was decided, and leads back to the case."""

import uuid
import zipfile
from pathlib import Path

import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.decision import Action
from tests.browser.conftest import go
from tests.browser.seeds import add_case, report
from tests.browser.test_main_job import newest_decision, open_sample

pytestmark = pytest.mark.browser


def test_a_decision_stands_in_the_audit_with_everything_it_rests_on(home, served):
    open_sample(home, "Film: normal")
    home.keyboard.press("x")
    home.wait_for_selector("#kb-reject-dialog[open]")
    home.keyboard.press("4")
    home.wait_for_selector(".kb-toast:has-text('Saved')")
    decision = newest_decision(served[1])
    go(home, "/audit")
    home.click(f"#kb_audit [data-case='{decision.id}']")
    home.wait_for_selector(f"#kb_audit_detail :text('Decision #{decision.id}')")
    detail = home.inner_text("#kb_audit_detail")
    assert "wrong side" in detail and "chest-xray@" in detail
    home.click("#kb_audit_detail a")
    home.wait_for_selector(".kb-candidate:not([hidden])")
    assert "Decision #" in home.inner_text(".kb-decided")


def test_older_decisions_are_those_that_fit_what_is_asked(served, page, monkeypatch):
    _, workbench = served
    monkeypatch.setattr("kbapp.ui.audit_page.PAGE", 2)
    asked, other = (add_case(workbench, report(k), n=1) for k in (51, 52))
    for case_id in (asked, other, asked, other, asked, other):
        stored = workbench.completions.latest(LOCAL_OWNER, case_id)
        action = Action.DEFER if stored.status == "ready" else Action.FLAG if stored.status == "deferred" else Action.UNDO
        workbench.decisions.decide(LOCAL_OWNER, stored.id, action, revision=stored.revision, idempotency_key=str(uuid.uuid4()))
    page.goto(f"/audit?case={asked}")
    page.click("#kb_audit button:has-text('Show older decisions')")
    page.wait_for_function("document.querySelectorAll('#kb_audit tr[data-row]').length === 1")
    assert page.locator("#kb_audit tr[data-row] td").nth(5).locator("span").get_attribute("title") == asked


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900), (720, 450)], ids=["laptop", "desk", "zoomed"])
def test_a_decision_far_down_the_list_is_shown_where_it_was_pressed_and_escape_leads_back(served, page, size):
    _, workbench = served
    case_id = add_case(workbench, report(34), n=1, origin="a case with a name")
    for k in range(24):
        stored = workbench.completions.latest(LOCAL_OWNER, case_id)
        wish = {"reason": "wrong degree"} if stored.status == "ready" else {}
        action = Action.REJECT if wish else Action.UNDO
        workbench.decisions.decide(
            LOCAL_OWNER, stored.id, action, revision=stored.revision, idempotency_key=f"{case_id}{k}", **wish
        )
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"/audit?case={case_id}")
    page.wait_for_selector("#kb_audit :text('24 decisions fit')")
    if size[0] >= 1280:
        assert page.evaluate("(list => list.scrollWidth <= list.clientWidth)(document.querySelector('#kb_audit .kb-list'))")
    assert page.locator("#kb_audit tr[data-row]").first.locator("td").nth(5).inner_text() == "a case with a name"
    page.locator("#kb_audit [data-case]").nth(22).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#kb_audit_detail .kb-detail:focus")
    head = page.locator("#kb_audit_detail header").bounding_box()
    assert head["y"] >= 0 and head["y"] + head["height"] <= size[1]
    number = page.get_attribute("#kb_audit tr[aria-current]", "data-row")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.case") == number


def listed(page):
    return [int(button.get_attribute("data-case")) for button in page.locator("#kb_audit [data-case]").all()]


def test_a_filtered_list_stands_in_the_address_and_is_taken_along_as_csv(served, page):
    _, workbench = served
    ids = [add_case(workbench, report(k), n=2) for k in (31, 32)]
    for case_id, wish in zip(ids, ({"reason": "wrong degree"}, {"reason": "other", "note": "=1+1"}), strict=True):
        stored = workbench.completions.latest(LOCAL_OWNER, case_id)
        workbench.decisions.decide(
            LOCAL_OWNER, stored.id, Action.REJECT, revision=stored.revision, idempotency_key=f"reject-{case_id}", **wish
        )
    newest = workbench.decisions.history(LOCAL_OWNER, limit=1)[0].decision.id
    page.goto("/audit")
    page.wait_for_selector("#kb_audit tr[data-row]")
    page.select_option("#kb_audit_filters [name=reason]", "other")
    page.fill("#kb_audit_filters [name=case]", "study number 32")
    page.wait_for_selector("#kb_audit :text('1 decision fits')")
    assert listed(page) == [newest]
    page.wait_for_function("location.search === '?reason=other&case=study+number+32'")
    go(page, page.url)
    page.wait_for_selector("#kb_audit :text('1 decision fits')")
    assert page.input_value("#kb_audit_filters [name=case]") == "study number 32"
    with page.expect_download() as taken:
        page.click("#kb_audit :text('as CSV')")
    lines = Path(taken.value.path()).read_text("utf-8-sig").splitlines()
    assert taken.value.suggested_filename == "decisions.csv"
    assert len(lines) == 2 and f'"{newest}"' in lines[1] and '"\'=1+1"' in lines[1]
    page.click("#kb_audit_filters [data-clear]")
    page.wait_for_function("location.search === ''")
    page.wait_for_selector(f"#kb_audit [data-case='{newest - 1}']")


def test_an_accepted_case_is_taken_along_from_its_decision(served, page):
    _, workbench = served
    stored = workbench.completions.latest(LOCAL_OWNER, add_case(workbench, report(33), n=1))
    wish = {"candidate": 0, "confirm": True, "revision": stored.revision, "idempotency_key": "taken-along"}
    made = workbench.decisions.decide(LOCAL_OWNER, stored.id, Action.ACCEPT, **wish)
    page.goto("/audit?action=accept")
    page.click(f"#kb_audit [data-case='{made.id}']")
    with page.expect_download() as taken:
        page.click("#kb_audit_detail :text('Download')")
    assert taken.value.suggested_filename == f"synthetic-decision-{made.id}.zip"
    with zipfile.ZipFile(taken.value.path()) as packed:
        assert {"README.txt", "manifest.jsonl"} < set(packed.namelist())


def test_where_nothing_fits_the_way_back_to_all_decisions_is_shown(page):
    page.goto("/audit?case=zebra")
    page.wait_for_selector("#kb_audit :text('No decision fits')")
    page.click("#kb_audit :text('Show all decisions')")
    page.wait_for_url("**/audit")
    page.wait_for_selector("#kb_audit_filters form")


def test_an_address_that_asks_for_no_day_is_answered_in_a_sentence(page):
    page.goto("/audit?since=yesterday")
    page.wait_for_selector("#kb_audit :text('expected a day such as 2026-01-31')")
