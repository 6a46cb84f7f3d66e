"""The audit page shows what was decided, and leads back to the case."""

import pytest

from tests.browser.conftest import go
from tests.browser.test_main_job import newest_decision, open_sample

pytestmark = pytest.mark.browser


def test_a_decision_stands_in_the_audit_with_everything_it_rests_on(home, served):
    open_sample(home, "Film: normal")
    home.keyboard.press("x")
    home.wait_for_selector("#kb-reject-dialog[open]")
    home.keyboard.press("4")
    home.wait_for_selector(".kb-toast:has-text('Saved')")
    decision = newest_decision(served[1])
    go(home, "/audit")
    home.click(f"#kb_audit [data-case='{decision.id}']")
    home.wait_for_selector(f"#kb_audit_detail :text('Decision #{decision.id}')")
    detail = home.inner_text("#kb_audit_detail")
    assert "wrong side" in detail and "chest-xray@" in detail
    home.click("#kb_audit_detail a")
    home.wait_for_selector(".kb-candidate:not([hidden])")
    assert "Decision #" in home.inner_text(".kb-decided")
