"""axe-core (WCAG 2.1 A and AA) on every page and state, light and dark: nothing serious, nothing critical."""

import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.decision import Action
from tests.browser.conftest import running_workbench
from tests.browser.seeds import add_case, film, open_case, report

pytestmark = pytest.mark.browser
WCAG = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


@pytest.fixture(scope="module")
def seeded(tmp_path_factory):
    with running_workbench(tmp_path_factory.mktemp("axe")) as (origin, workbench):
        cases = {
            "film": add_case(workbench, film()),
            "report": add_case(workbench, report()),
            "decided": add_case(workbench, film()),
        }
        shown = workbench.completions.latest(LOCAL_OWNER, cases["decided"])
        text = shown.completion.candidates[0].content.text
        workbench.decisions.decide(
            LOCAL_OWNER, shown.id, Action.ACCEPT_EDITED, candidate=0, edited_text=text + " Seen.", revision=shown.revision,
            idempotency_key="axe",
        )  # fmt: skip
        yield origin, cases


def cases(page, ids):
    page.goto("/")
    page.wait_for_selector("#kb_cases tr[data-row]")


def searched(page, ids):
    cases(page, ids)
    page.keyboard.press("/")
    page.keyboard.type("nowhere")
    page.wait_for_selector("#kb_cases .kb-empty")


def film_case(page, ids):
    open_case(page, ids["film"])
    page.keyboard.press("o")
    page.wait_for_selector(".kb-overlay", state="attached")


def report_case(page, ids):
    open_case(page, ids["report"])
    page.click(".kb-tabs [data-view=difference]")


def table(page, ids):
    open_case(page, ids["report"])
    page.click(".kb-tabs [data-view=table]")


def editor(page, ids):
    open_case(page, ids["film"])
    page.keyboard.press("e")


def decided(page, ids):
    open_case(page, ids["decided"])


def reject(page, ids):
    open_case(page, ids["report"])
    page.keyboard.press("x")


def note(page, ids):
    open_case(page, ids["report"])
    page.keyboard.press("c")


def compare(page, ids):
    open_case(page, ids["report"])
    page.keyboard.press("s")


def slider(page, ids):
    compare(page, ids)
    page.click("[data-compare=slide]")
    page.wait_for_selector(".kb-compared.slide input[type=range]")


def correct(page, ids):
    open_case(page, ids["report"])
    page.keyboard.press("v")
    page.wait_for_selector("#kb-correct-dialog[open]")


def keys(page, ids):
    open_case(page, ids["report"])
    page.keyboard.press("?")


def history(page, ids):
    open_case(page, ids["report"])
    page.keyboard.press("h")
    page.wait_for_selector("#kb-history-dialog[open] a")


def find(page, ids):
    open_case(page, ids["report"])
    page.keyboard.press("/")
    page.keyboard.type("e")


def again(page, ids):
    open_case(page, ids["report"])
    page.keyboard.press("Shift+R")
    page.wait_for_selector("#kb-again-dialog[open]")


def admin(page, ids):
    page.goto("/admin")
    page.wait_for_selector("#kb_engines table, #kb_engines p")


def experts(page, ids):
    page.goto("/experts")
    page.wait_for_selector("#kb_versions table")
    page.wait_for_selector("#kb_prior .cm-content")


def audit(page, ids):
    page.goto("/audit")
    page.click("#kb_audit [data-case]")
    page.wait_for_selector("#kb_audit_detail table")


def missing(page, ids):
    page.goto("/?case=nothing")
    page.wait_for_selector(".kb-trouble")


STATES = (
    cases,
    searched,
    film_case,
    report_case,
    table,
    editor,
    decided,
    reject,
    note,
    compare,
    slider,
    correct,
    keys,
    history,
    find,
)
STATES += (again, experts, audit, admin, missing)
ZOOMED = {"width": 720, "height": 450}  # a screen of 1440 x 900 at 200 %


def serious(page, state, ids) -> list[str]:
    """What axe finds in this state, in words."""
    from axe_playwright_python.sync_playwright import Axe

    state(page, ids)
    page.wait_for_timeout(300)
    found = []
    for finding in Axe().run(page, options=WCAG).response["violations"]:
        if finding["impact"] in ("serious", "critical"):
            places = [f"{n['target']} {n['any'][0]['message'] if n['any'] else ''}" for n in finding["nodes"][:3]]
            found.append(f"{state.__name__}: {finding['id']} {places}")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(seeded, chromium, scheme):
    origin, ids = seeded
    found = []
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=origin, color_scheme=scheme)
    page = context.new_page()
    for state in STATES:
        found += serious(page, state, ids)
        assert page.evaluate("document.body.classList.contains('dark')") == (scheme == "dark")
    context.close()
    assert not found, "\n".join(found)


def test_axe_finds_nothing_serious_at_200_percent(seeded, chromium):
    origin, ids = seeded
    context = chromium.new_context(viewport=ZOOMED, base_url=origin)
    page = context.new_page()
    found = [
        said
        for state in (cases, film_case, report_case, editor, reject, slider, correct, admin)
        for said in serious(page, state, ids)
    ]
    context.close()
    assert not found, "\n".join(found)
