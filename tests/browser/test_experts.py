"""An expert changes the prior in the browser, and the next extraction uses it."""

import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.content import TextContent
from kbapp.knowledge.report_reader import ReportReader

pytestmark = pytest.mark.browser


def put_prior(page, text):
    """Replace the text in the code editor."""
    page.click("#kb_prior .cm-content")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


@pytest.fixture
def experts(page):
    page.goto("/experts")
    page.wait_for_selector("#kb_versions table")
    page.wait_for_selector("#kb_prior .cm-content")
    return page


def test_comment_key_and_string_of_the_prior_differ_in_colour(experts):
    experts.wait_for_selector("#kb_prior .cm-line span")
    colours = experts.evaluate(
        """() => ["# The shipped", "domain", '"State the size'].map(start => getComputedStyle(
        [...document.querySelectorAll("#kb_prior .cm-line span")].find(span => span.textContent.startsWith(start))).color)"""
    )
    ink = experts.evaluate("getComputedStyle(document.querySelector('#kb_prior .cm-content')).color")
    assert len({*colours, ink}) == 4


def test_a_fault_is_named_with_its_line_and_nothing_is_saved(experts, served):
    before = served[1].priors.published(LOCAL_OWNER, "chest-xray")
    broken = before.yaml.replace("title:", "titel:", 1)
    put_prior(experts, broken)
    experts.click("#kb_check")
    experts.wait_for_selector("#kb_prior_told .kb-message:has-text('line')")
    assert "titel" in experts.inner_text("#kb_prior_told")
    assert served[1].priors.published(LOCAL_OWNER, "chest-xray").number == before.number


def test_a_saved_synonym_is_found_by_the_next_extraction_without_a_restart(experts, served):
    priors = served[1].priors
    before = priors.published(LOCAL_OWNER, "chest-xray")
    report = (TextContent("There is a small left flumbus."),)
    assert not any("pleural effusion" in h for h in ReportReader().read([report], before)[0].graph.heads)
    entry = "name: pleural effusion, group: Pleura, synonyms: ["
    assert entry in before.yaml
    put_prior(experts, before.yaml.replace(entry, entry + "flumbus, ", 1))
    experts.fill("#kb_why textarea", "a word used on our ward")
    experts.click("#kb_save_prior")
    experts.wait_for_selector(".toast-body:has-text('published')")
    after = priors.published(LOCAL_OWNER, "chest-xray")
    assert (after.number, after.reason) == (before.number + 1, "a word used on our ward")
    assert "pleural effusion, left" in ReportReader().read([report], after)[0].graph.heads
