"""Blind reading, and two readers of one case, in real browsers."""

import pytest

from kbapp.core.actor import LOCAL_OWNER
from tests.browser.conftest import running_workbench
from tests.browser.seeds import add_case, film, newest, open_case, reader, saved

pytestmark = pytest.mark.browser

TELLING = (
    ".kb-scores", ".kb-qs", ".kb-mini-qs", ".kb-mini", ".kb-star", ".kb-against", ".kb-alert", ".kb-facts", ".kb-margin", ".kb-told",
    "[data-contradicted]", "[class*='d-contradicted']", "[class*='d-missing']", "[data-view=difference]",
)  # fmt: skip


@pytest.fixture
def blind(tmp_path):
    with running_workbench(tmp_path / "storage") as (origin, workbench):
        workbench.reading.set_rules(LOCAL_OWNER, blind=True, reads_required=1)
        yield origin, workbench


def _told(page):
    return [selector for selector in TELLING if page.locator(f"#kb_review {selector}, #kb_cases {selector}").count()]


def test_nothing_of_the_scores_is_in_the_page_before_space(chromium, blind):
    origin, workbench = blind
    case = add_case(workbench, film(), n=3)
    completion = workbench.completions.latest(LOCAL_OWNER, case)
    order = workbench.reading.sight(LOCAL_OWNER, completion.id).order
    scores = [f"{score.qs:.1f}" for score in completion.completion.scores]
    with reader(chromium, origin) as page:
        page.wait_for_selector("#kb_cases [data-row]")
        assert page.locator("[data-view=unsure]").count() == 0
        sent = []
        page.on("response", lambda r: sent.append(r))
        page.locator(f"#kb_cases [data-case='{case}']").click()
        page.wait_for_selector(".kb-candidate:not([hidden])")
        page.wait_for_function("window.KB && KB.network")
        assert _told(page) == []
        words, props = page.locator("#kb_review").inner_html(), page.evaluate("JSON.stringify(KB.data)")
        assert not [said for said in (*scores, "difference-", "preselected") if said in words or said in props]
        strip = page.locator(".kb-strip [role=option]").evaluate_all("all => all.map((o) => Number(o.dataset.k))")
        assert tuple(strip) == order and page.evaluate("KB.view.k") == order[0]
        page.keyboard.press("ArrowRight")
        assert page.evaluate("KB.view.k") == order[1]
        page.keyboard.press(" ")
        page.wait_for_selector(".kb-candidate:not([hidden]) .kb-scores")
        assert page.evaluate("KB.view.k") == order[1]
        after = page.locator(".kb-strip [role=option]").evaluate_all("all => all.map((o) => Number(o.dataset.k))")
        assert after == strip and "rank" in page.locator(".kb-candidate:not([hidden]) .kb-rank").inner_text()
        assert workbench.reading.sight(LOCAL_OWNER, completion.id).ms_to_reveal > 0


def test_a_blind_acceptance_may_be_asked_for_once_more_without_a_reason(chromium, blind):
    origin, workbench = blind
    case = add_case(workbench, film(), n=5)
    made = workbench.completions.latest(LOCAL_OWNER, case).completion
    against = [k for k, d in enumerate(made.differences) if d.counts["contradicted"]]
    with reader(chromium, origin) as page:
        open_case(page, case)
        page.wait_for_timeout(1_600)
        page.keyboard.press(str((against or [0])[0] + 1))
        page.keyboard.press("a")
        if against:
            page.wait_for_selector(".kb-toast:has-text('once more')")
            assert "contradict" not in page.locator(".kb-toast").inner_text()
            page.keyboard.press("a")
        saved(page, "accepted candidate")
    assert newest(workbench).candidate == (against or [0])[0]
