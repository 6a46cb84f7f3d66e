"""Somebody's first two minutes: a sample case, and a guide that ticks what was done."""

import pytest

from tests.browser.seeds import add_case, open_case, report, saved

pytestmark = pytest.mark.browser


def ticked(page):
    return page.eval_on_selector_all("#kb_guide li.done", "items => items.map(i => i.dataset.step)")


def test_a_guide_goes_through_the_first_sample_case_and_does_not_come_back(page, served):
    add_case(served[1], report(0))  # a case to go on to
    page.goto("/")
    page.click("[data-sample='film-normal.png']")
    page.wait_for_selector("#kb_guide .kb-first:not([hidden])")
    page.locator(".kb-candidate:not([hidden]) mark").first.hover()
    page.keyboard.press("2")
    assert ticked(page) == ["evidence", "candidate"]
    page.keyboard.press("g")
    page.keyboard.press("g")
    page.wait_for_function("KB.openFor() > 1600")
    page.keyboard.press("d")
    saved(page, "deferred")
    page.wait_for_selector("#kb_guide [data-step=decide].done")
    page.keyboard.press("u")
    page.wait_for_selector("#kb_guide [data-step=undo].done")
    assert ticked(page) == ["evidence", "candidate", "difference", "decide", "undo"]
    page.click("#kb_guide button:has-text('Done')")
    assert not page.is_visible("#kb_guide .kb-first")
    page.reload()
    page.wait_for_selector(".kb-candidate:not([hidden])")
    page.wait_for_timeout(400)
    assert not page.is_visible("#kb_guide .kb-first")


def test_the_guide_can_be_closed_at_once(page, served):
    open_case(page, add_case(served[1], report(1)))
    page.click("#kb_guide button:has-text('Got it')")
    page.reload()
    page.wait_for_selector(".kb-candidate:not([hidden])")
    page.wait_for_timeout(400)
    assert not page.is_visible("#kb_guide .kb-first")
