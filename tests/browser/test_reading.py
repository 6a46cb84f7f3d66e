"""Blind reading, and two readers of one case, in real browsers."""

from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe

from kbapp.core.actor import LOCAL_OWNER, Actor
from kbapp.core.decision import Action
from tests.browser.conftest import running_workbench
from tests.browser.seeds import add_case, film, reader, saved

PASSWORD = "three green boats"
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


@contextmanager
def signed_in(chromium, origin, case, name):
    with reader(chromium, origin, f"/?case={case}") as page:
        page.fill("[name=name]", name)
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector(".kb-candidate:not([hidden])")
        page.wait_for_function("window.KB && KB.network")
        yield page


def _reject(page, reason):
    page.keyboard.press("x")
    page.wait_for_selector("#kb-reject-dialog[open]")
    page.keyboard.press(str(reason))


def _read_differently(workbench):
    """Another case, which Anna accepts and Ben rejects."""
    case, people = (
        add_case(workbench, film(), n=2),
        {p.name: Actor(p.id, p.name, p.role) for p in workbench.people.list(LOCAL_OWNER)},
    )
    anna, ben = people["anna"], people["ben"]
    made = workbench.completions.latest(anna, case)
    given = {"revision": made.revision, "idempotency_key": "first", "candidate": 0, "confirm": True}
    workbench.decisions.decide(anna, made.id, Action.ACCEPT, **given)
    revision = workbench.completions.latest(ben, case).revision
    workbench.second_reads.read(ben, made.id, Action.REJECT, reason="wrong side", revision=revision, idempotency_key="second")
    return case


def test_two_readers_and_the_one_who_settles_it(chromium, tmp_path):
    """One decides, another one sees nothing of it and decides otherwise, a third one sees both and sends it back."""
    with running_workbench(tmp_path / "storage") as (origin, workbench):
        case = add_case(workbench, film(), n=2)
        workbench.reading.set_rules(LOCAL_OWNER, blind=False, reads_required=2)
        for name, role in (("eli", "admin"), ("anna", "clinician"), ("ben", "annotator"), ("eve", "expert")):
            workbench.people.add(LOCAL_OWNER, name, role, PASSWORD)
        with signed_in(chromium, origin, case, "anna") as page:
            _reject(page, 4)
            saved(page, "rejected")
        with signed_in(chromium, origin, case, "ben") as page:
            page.wait_for_selector(".kb-reads:has-text('Second read')")
            assert "anna" not in page.content() and page.is_disabled("[data-do=edit]")
            _reject(page, 5)
            page.wait_for_selector(".kb-toast:has-text('Saved as second read')")
            assert "0 read by you" not in page.content() and "1 read by you" in page.content()
            page.keyboard.press("u")
            page.wait_for_selector(".kb-toast:has-text('Second read #1 is final')")
            assert workbench.agreement.of(LOCAL_OWNER).cases == 1
        assert workbench.worklist.counts(LOCAL_OWNER).decided == 1  # both rejected
        case = _read_differently(workbench)
        with signed_in(chromium, origin, case, "eve") as page:
            said = page.inner_text(".kb-reads")
            assert "First: anna" in said and "accepted candidate 1" in said and "Second: ben" in said
            assert not [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
            assert page.evaluate("KB.view.k") == 0  # the one that is disputed
            _reject(page, 5)
            saved(page, "rejected")
            page.keyboard.press("u")
            page.wait_for_selector(".kb-reads:has-text('First: anna')")  # both reads stand again
            page.click("[data-do=give_back]")
            page.fill("#kb-words", "Look at the base again.")
            page.keyboard.press("Enter")
            page.wait_for_selector(".kb-toast:has-text('back with its first reader')")
        with signed_in(chromium, origin, case, "anna") as page:
            assert "Look at the base again." in page.inner_text(".kb-reads")
