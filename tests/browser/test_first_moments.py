"""The page while it is still coming: what somebody presses then is not lost, and not undone by what comes later."""

import json

import pytest

pytestmark = pytest.mark.browser
SAMPLE = ".kb-sample:has-text('Film: normal')"


def test_a_sample_takes_no_press_until_the_script_that_hears_it_is_there(page):
    held = []
    page.route("**/kb/static/keys.js", lambda route: held.append(route))
    page.goto("/", wait_until="commit")
    page.wait_for_selector(SAMPLE)
    assert page.eval_on_selector(SAMPLE, "e => getComputedStyle(e).pointerEvents") == "none"
    held.pop().continue_()
    page.click(SAMPLE)
    page.wait_for_selector(".kb-candidate:not([hidden])")


def test_a_case_begun_before_the_list_came_stays_open(page):
    held = []

    def hold_what_the_page_asks_by_itself(route):
        asked = json.loads(route.request.post_data)
        held.append(route) if asked["event_data"] is None and not asked["data"] else route.continue_()

    page.route("**/queue/join*", hold_what_the_page_asks_by_itself)
    page.goto("/")
    page.click(SAMPLE)
    page.wait_for_selector(".kb-candidate:not([hidden])")
    assert held, "nothing was held back"
    for route in held:
        route.continue_()
    page.wait_for_function("() => document.querySelector('#kb_cases').textContent.includes('Film: normal')")
    page.wait_for_timeout(500)
    assert page.locator(".kb-candidate:not([hidden])").is_visible()
