"""A laptop of 1280 points, and a screen of 1440 x 900 whose reader zooms to 200 %: 720 x 450 points."""

import pytest

from tests.browser.seeds import add_case, film, open_case, report, saved

pytestmark = pytest.mark.browser

ZOOMED, LAPTOP = {"width": 720, "height": 450}, {"width": 1280, "height": 720}
CLIPPED = """() => [...document.querySelectorAll('.kb-panel header')].filter(h => h.offsetParent).flatMap(h =>
  [...h.querySelectorAll('button')].filter(b => b.getBoundingClientRect().right > h.getBoundingClientRect().right + 1).map(b => b.textContent))"""


@pytest.mark.parametrize("size", [ZOOMED, LAPTOP], ids=["zoomed", "laptop"])
def test_no_page_scrolls_sideways_and_no_tool_is_cut_off(page, served, size):
    page.set_viewport_size(size)
    cases = [add_case(served[1], film("film-heart.png")), add_case(served[1], report(1))]
    for address in [*(f"/?case={case}" for case in cases), "/", "/experts", "/audit", "/admin"]:
        page.goto(address)
        page.wait_for_selector(".kb-candidate:not([hidden])" if "case" in address else ".kb-head")
        page.wait_for_timeout(700)
        wide, seen = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= seen, address
        assert page.evaluate(CLIPPED) == [], address


def test_a_case_is_decided_by_the_keyboard_at_200_percent(page, served):
    page.set_viewport_size(ZOOMED)
    open_case(page, add_case(served[1], report(0)))
    page.keyboard.press("x")
    box = page.locator("#kb-reject-dialog").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= ZOOMED["width"]
    page.keyboard.press("4")
    saved(page, "rejected")
