"""The list of cases: what is shown, in which order, and how one gets from it to a case and back."""

import pytest

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.core.content import TextContent
from kbapp.core.decision import Action
from kbapp.review.worklist import Order, View
from tests.browser.conftest import running_workbench
from tests.browser.seeds import add_case, film, reader, report

pytestmark = pytest.mark.browser
ANNA = Actor("anna", "Anna", Role.CLINICIAN)
TEXTS = ("Small left pleural effusion with zebrafinch.", "The lungs are clear. No pneumonia.", "Moderate cardiomegaly. No edema.")


@pytest.fixture(scope="module")
def seeded(tmp_path_factory):
    """(origin, workbench, case ids): three reports and a film; the third report is deferred, the second is being read by Anna."""
    with running_workbench(tmp_path_factory.mktemp("worklist")) as (origin, workbench):
        cases = [add_case(workbench, TextContent(f"Findings: {text}"), origin=f"study {k}") for k, text in enumerate(TEXTS)]
        cases.append(add_case(workbench, film(), origin="study 3"))
        shown = workbench.completions.latest(LOCAL_OWNER, cases[2])
        workbench.decisions.decide(LOCAL_OWNER, shown.id, Action.DEFER, revision=shown.revision, idempotency_key="put aside")
        workbench.leases.claim(ANNA, cases[1])
        yield origin, workbench, cases


@pytest.fixture
def listed(seeded, chromium):
    with reader(chromium, seeded[0]) as page:
        page.wait_for_selector("#kb_cases tr[data-row]")
        yield page


def ids(page):
    return page.eval_on_selector_all("#kb_cases tr[data-row]", "rows => rows.map(row => row.dataset.row)")


def shows(page, wanted):
    page.wait_for_function(
        "ids => JSON.stringify([...document.querySelectorAll('#kb_cases tr[data-row]')].map(r => r.dataset.row)) === JSON.stringify(ids)",
        arg=wanted,
    )


def test_the_list_is_newest_first_and_says_who_reads_what_and_how_far_it_is(listed, seeded):
    assert ids(listed) == seeded[2][::-1]
    assert "being read by Anna" in listed.inner_text(f"#kb_cases tr[data-row='{seeded[2][1]}']")
    assert "0 of 4 decided" in listed.inner_text("#kb_cases")


BETWEEN_READERS = {View.RETURNED, View.SECOND, View.ADJUDICATION}


@pytest.mark.parametrize("view", sorted(BETWEEN_READERS))
def test_a_chip_of_second_reads_is_not_there_while_it_would_be_empty(listed, seeded, view):
    assert not seeded[1].worklist.page(LOCAL_OWNER, view=view).rows
    assert listed.locator(f"#kb_cases [data-view={view.value}]").count() == 0


@pytest.mark.parametrize("view", [view for view in View if view not in BETWEEN_READERS])
def test_each_chip_shows_its_cases_and_their_number(listed, seeded, view):
    expected = [row.id for row in seeded[1].worklist.page(LOCAL_OWNER, view=view).rows]
    listed.click(f"#kb_cases [data-view={view.value}]")
    listed.wait_for_selector(f"#kb_cases [data-view={view.value}][aria-pressed=true]")
    shows(listed, expected)
    assert listed.inner_text(f"#kb_cases [data-view={view.value}] .kb-n") == str(len(expected))


def test_the_most_uncertain_come_first_on_request(listed, seeded):
    listed.select_option("#kb_cases [data-order]", "uncertain")
    shows(listed, [row.id for row in seeded[1].worklist.page(LOCAL_OWNER, order=Order.UNCERTAIN).rows])


def test_slash_searches_in_reports_enter_opens_and_escape_clears(listed, seeded):
    listed.keyboard.press("/")
    listed.keyboard.type("zebra")
    shows(listed, seeded[2][:1])
    assert listed.evaluate("document.activeElement.type") == "search", "the list came new and the field kept the focus"
    listed.keyboard.press("Escape")
    shows(listed, seeded[2][::-1])
    listed.keyboard.press("/")
    listed.keyboard.type("nowhere")
    listed.wait_for_selector("#kb_cases .kb-empty:has-text('No case holds')")
    listed.keyboard.press("Escape")
    shows(listed, seeded[2][::-1])


def test_arrows_move_enter_opens_and_back_returns_to_the_list(listed, seeded):
    listed.keyboard.press("ArrowDown")
    listed.keyboard.press("ArrowDown")
    listed.keyboard.press("ArrowDown")
    listed.keyboard.press("ArrowUp")
    listed.keyboard.press("Enter")
    listed.wait_for_selector(".kb-candidate:not([hidden])")
    assert listed.url.endswith(f"?case={seeded[2][2]}")
    listed.go_back()
    listed.wait_for_selector("#kb_cases tr[data-row]:visible")
    assert "case=" not in listed.url
    listed.go_forward()
    listed.wait_for_selector(".kb-candidate:visible")
    assert listed.url.endswith(f"?case={seeded[2][2]}")


def test_start_next_opens_the_most_uncertain_case_that_nobody_reads(listed, seeded):
    listed.keyboard.press("n")
    listed.wait_for_selector(".kb-candidate:not([hidden])")
    assert listed.url.endswith(f"?case={seeded[1].worklist.next(LOCAL_OWNER)}")


def test_p_goes_back_to_the_case_before(listed, seeded):
    listed.keyboard.press("n")
    listed.wait_for_selector(".kb-candidate:not([hidden])")
    first = listed.evaluate("KB.data.case")
    listed.keyboard.press("n")
    listed.wait_for_function("id => KB.data.case !== id", arg=first)
    listed.keyboard.press("p")
    listed.wait_for_function("id => KB.data.case === id", arg=first)


def test_the_first_steps_are_closed_once_and_for_all(listed):
    assert listed.is_visible(".kb-first")
    listed.click(".kb-first button")
    assert not listed.is_visible(".kb-first")
    listed.reload()
    listed.wait_for_selector("#kb_cases tr[data-row]")
    assert not listed.is_visible(".kb-first")


def test_more_cases_than_a_page_are_paged_by_key(seeded, chromium, monkeypatch):
    monkeypatch.setattr("kbapp.ui.listing.PAGE", 3)
    with reader(chromium, seeded[0]) as page:
        page.wait_for_selector("#kb_cases tr[data-row]")
        shows(page, seeded[2][::-1][:3])
        page.click("#kb_cases button:has-text('Show more')")
        shows(page, seeded[2][:1])
        page.click("#kb_cases button:has-text('Back to the first page')")
        shows(page, seeded[2][::-1][:3])


def test_an_empty_workbench_says_what_to_do(tmp_path, chromium):
    with running_workbench(tmp_path) as (origin, _), reader(chromium, origin) as page:
        page.wait_for_selector("#kb_cases .kb-empty:has-text('No case yet')")
        assert page.is_disabled("#kb_cases [data-do=next]")


def test_a_link_to_a_case_that_is_not_there_says_so(seeded, chromium):
    with reader(chromium, seeded[0], "/?case=nothing") as page:
        page.wait_for_selector(".kb-trouble:has-text('There is no such case')")


def test_hostile_names_stay_words(seeded, chromium):
    case_id = seeded[1].cases.create(LOCAL_OWNER, [report()], origin='"><img src=x onerror=window.pwned=1>')
    with reader(chromium, seeded[0]) as page:
        page.wait_for_selector(f"#kb_cases tr[data-row='{case_id}']")
        assert page.evaluate("window.pwned") is None
