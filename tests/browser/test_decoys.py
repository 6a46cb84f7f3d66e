"""A decoy switched on, taken, and not taken, in a real browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from kbapp.core.actor import LOCAL_OWNER
from tests.browser.conftest import go, running_workbench
from tests.browser.seeds import add_case, open_case, reader, report, saved

pytestmark = pytest.mark.browser
DIALOG = "#kb-decoy-dialog[open]"


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setattr("kbapp.review.worker.drawn", lambda completion_id, share: share > 0)
    with running_workbench(tmp_path / "storage") as (origin, workbench):
        yield origin, workbench


def _place(workbench, case):
    return workbench.completions.latest(LOCAL_OWNER, case).completion.ranking.order[-1]


def _choose(page, k):
    page.keyboard.press(str(k + 1))
    page.wait_for_timeout(1600)  # nobody decides in less
    page.keyboard.press("a")


def test_a_decoy_is_switched_on_taken_and_passed_by(chromium, desk):
    origin, workbench = desk
    with reader(chromium, origin) as page:
        go(page, "/experts")
        page.click("#kb_reading > button")
        page.wait_for_selector("#kb_reading_changes:has-text('Nobody has changed this')")
        page.fill("#kb_decoys input[type=number]", "5")
        page.keyboard.press("Tab")
        page.click("#kb_save_reading")
        page.wait_for_selector("#kb_reading_changes:has-text('in 5 of 100 cases'):has-text('No decoy')")
        first, second = add_case(workbench, report(0)), add_case(workbench, report(1))
        open_case(page, first)
        assert "decoy" not in page.inner_html("#kb_review").lower()
        k = _place(workbench, first)
        _choose(page, k)
        page.keyboard.press("a")  # it contradicts the source, so it is asked for twice
        page.wait_for_selector(f"{DIALOG}:has-text('Candidate {k + 1} was a decoy: it says that')")
        assert not [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
        page.keyboard.press("Escape")
        page.wait_for_selector(DIALOG, state="detached")
        assert workbench.decisions.history(LOCAL_OWNER) == []
        assert page.evaluate("KB.data.revision") == workbench.completions.latest(LOCAL_OWNER, first).revision
        _choose(page, k)
        saved(page, f"accepted candidate {k + 1}")
        open_case(page, second)
        page.keyboard.press("x")
        page.wait_for_selector("#kb-reject-dialog[open]")
        page.keyboard.press("4")
        saved(page, f"Candidate {_place(workbench, second) + 1} was a decoy, and you did not take it")
        go(page, "/experts")
        page.click("#kb_reading > button")
        fared = page.wait_for_selector("#kb_reading_changes [aria-label='decoys met and taken by each reader'] tbody").inner_text()
        assert fared.split("\t") == ["local owner", "2", "1", "0"]
