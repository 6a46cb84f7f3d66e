"""The source graph is put right by the keyboard; the page shows the candidates scored again."""

import pytest

from kbapp.core.actor import LOCAL_OWNER
from tests.browser.seeds import add_case, open_case, report

pytestmark = pytest.mark.browser


def test_a_wrong_side_is_put_right_by_the_keyboard_and_the_candidates_are_scored_again(page, served):
    _, workbench = served
    case_id = add_case(workbench, report(0), n=3)
    open_case(page, case_id)
    page.keyboard.press("v")
    page.wait_for_selector("#kb-correct-dialog[open]")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#kb-correct-told:has-text('Nothing is changed yet')")
    page.select_option("[data-correct='pleural effusion, left'] [data-field=side]", "right")
    page.select_option("[data-correct='pleural effusion, left'] [data-field='degree has severity']", "large")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#kb-correct-told:has-text('Say in a few words why')")
    page.fill("#kb-correct-why", "the report says right")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".kb-strip-notes :text('Graph corrected by local owner (version 2): the report says right')")
    assert "pleural effusion, right" in page.inner_text(".kb-strip")
    corrected, first = workbench.completions.list(LOCAL_OWNER, case_id)
    assert corrected.latest and not first.latest
    graph = workbench.completions.get(LOCAL_OWNER, corrected.id).completion.reading.graph
    assert ("has severity", "large") in [(t.relation, t.tail) for t in graph.about("pleural effusion, right")]
    page.keyboard.press("Shift+R")
    assert "corrected by local owner" in page.inner_text("#kb-again-dialog [data-field=from] option:checked")
    page.keyboard.press("Escape")
    page.wait_for_function("KB.openFor() > 1600")
    page.keyboard.press("x")
    page.wait_for_selector("#kb-reject-dialog[open]")
    page.keyboard.press("4")
    page.wait_for_function("id => KB.data.case !== id", arg=case_id)
    (row,) = workbench.decisions.history(LOCAL_OWNER, case_id=case_id)
    assert row.decision.completion == corrected.id


def test_candidates_are_made_again_with_another_seed_and_the_first_ones_stay(page, served):
    _, workbench = served
    case_id = add_case(workbench, report(1), n=2)
    open_case(page, case_id)
    first = page.evaluate("KB.data.completion")
    page.keyboard.press("Shift+R")
    page.wait_for_selector("#kb-again-dialog[open]")
    page.fill("#kb-again-n", "3")
    page.keyboard.press("Enter")
    page.wait_for_function("id => KB.data.completion && KB.data.completion !== id", arg=first)
    newest, before = workbench.completions.list(LOCAL_OWNER, case_id)
    assert (newest.n, newest.seed, newest.latest) == (3, before.seed + 1, True)
    assert before.id == first and not before.latest


def test_an_earlier_version_can_be_looked_at_and_decides_nothing(page, served):
    _, workbench = served
    case_id = add_case(workbench, report(2), n=2)
    again = workbench.jobs.submit(LOCAL_OWNER, case_id, 3, 7, f"again-{case_id}")
    while workbench.jobs.status(LOCAL_OWNER, again).unfinished:
        page.wait_for_timeout(20)
    newest, before = workbench.completions.list(LOCAL_OWNER, case_id)
    open_case(page, case_id)
    page.select_option("[data-version]", before.id)
    page.wait_for_function("id => KB.data.completion === id", arg=before.id)
    assert page.locator(".kb-strip [role=option]").count() == 2
    assert page.locator("[data-do=accept]").is_disabled()
    assert "An earlier version" in page.inner_text(".kb-decided")
    page.select_option("[data-version]", newest.id)
    page.wait_for_function("id => KB.data.completion === id", arg=newest.id)
    assert page.locator("[data-do=accept]").is_enabled()
