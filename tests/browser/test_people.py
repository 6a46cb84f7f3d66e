"""From the first account on: signing in, the case kept through it, and what a role is offered."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from tests.browser.conftest import running_workbench
from tests.browser.seeds import add_case, reader, report

pytestmark = pytest.mark.browser
PASSWORD = "three green boats"
UNCUT = (
    "[...document.querySelectorAll('.kb-standing > *')].every(part => part.scrollWidth <= part.clientWidth || !part.clientWidth)"
)


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    """A workbench of its own: the first account shuts out everybody else's pages."""
    with running_workbench(tmp_path_factory.mktemp("ward")) as (origin, workbench):
        yield origin, workbench, add_case(workbench, report(), n=2)


def sign_in(page, name, password=PASSWORD):
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")


def test_the_first_account_closes_the_door_and_each_role_finds_what_it_may_do(ward, chromium):
    origin, workbench, case_id = ward
    with reader(chromium, origin, "/admin") as page:
        page.wait_for_selector("#kb_people .kb-empty")
        page.fill("#kb_new_name input, #kb_new_name textarea", "ada")
        page.fill("#kb_new_password input", PASSWORD)
        page.click("#kb_new_account")
        page.wait_for_selector("#kb_admin_told :text('From now on everybody must')")
        page.wait_for_selector("#kb_events :text('The account of ada was made')")
        workbench.people.add(LOCAL_OWNER, "vera", "viewer", PASSWORD)
        page.goto(f"/?case={case_id}")
        page.wait_for_url("**/login?next=*")
        assert not [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]

        sign_in(page, "vera")
        page.wait_for_selector(".kb-candidate:not([hidden])")
        assert f"case={case_id}" in page.url
        assert page.is_disabled("[data-do=accept]") and page.is_disabled("[data-do=comment]")
        assert "looks at everything and decides nothing" in page.inner_text(".kb-decided")
        page.wait_for_timeout(1700)
        page.keyboard.press("a")
        page.wait_for_timeout(500)
        assert workbench.decisions.history(LOCAL_OWNER) == []
        page.wait_for_selector(".kb-status :text('vera (viewer)')")
        assert not page.is_visible(".nav-holder a[href$='/admin']") and page.is_visible(".nav-holder a[href$='/audit']")
        page.goto("/admin")
        page.wait_for_selector(":text('This page is for administrators')")
        page.set_viewport_size({"width": 1280, "height": 720})
        for address in ("/experts", "/audit", "/admin"):
            page.goto(address)
            page.wait_for_selector(".kb-signout")
            assert page.locator(".kb-standing").bounding_box()["height"] < 34, address
            assert page.evaluate(UNCUT), address
        page.goto("/")
        page.click(".kb-signout")
        page.wait_for_url("**/login")

        sign_in(page, "ada")
        page.wait_for_selector("#kb_cases tr[data-row]")
        page.goto("/admin")
        page.wait_for_selector("#kb_people :text('vera')")
        assert page.is_visible(".nav-holder a[href$='/admin']")
        page.wait_for_selector("#kb_events :text('signed out')")


def test_a_wrong_password_is_said_in_one_sentence(ward, chromium):
    origin, workbench, _ = ward
    context = chromium.new_context(base_url=origin)
    page = context.new_page()
    page.goto("/")
    sign_in(page, "ada", "not my password")
    page.wait_for_selector("[role=alert]:has-text('do not fit together')")
    assert page.input_value("[name=name]") == "ada"
    context.close()


def test_an_admin_gives_back_the_case_that_somebody_else_is_reading(page, served):
    workbench = served[1]
    case_id = workbench.cases.create(LOCAL_OWNER, [report(7)], origin="left-open.txt")
    workbench.leases.claim(Actor("anna", "Anna", Role.CLINICIAN), case_id)
    page.goto("/admin")
    page.wait_for_selector(f"#kb_claims a[href='/?case={case_id}']")
    page.click("#kb_claim input")
    page.click("#kb_claim [role=option]:has-text('left-open.txt · Anna')")
    page.click("#kb_end_claim")
    page.wait_for_selector("#kb_admin_told :text('Anna reads the case no longer')")
    page.wait_for_selector("#kb_events :text('claim given back')")
    assert workbench.leases.of(LOCAL_OWNER, case_id) is None and page.is_hidden("#kb_call_models")
