"""An expert changes the prior in the browser, and the next extraction uses it."""

from contextlib import ExitStack
from urllib.parse import urlparse

import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.content import TextContent
from kbapp.knowledge.report_reader import ReportReader
from tests.browser.conftest import running_workbench

pytestmark = pytest.mark.browser
ENTRY = "name: pleural effusion, group: Pleura, synonyms: ["


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
    assert ENTRY in before.yaml
    put_prior(experts, before.yaml.replace(ENTRY, ENTRY + "flumbus, ", 1))
    experts.fill("#kb_why textarea", "a word used on our ward")
    experts.click("#kb_save_prior")
    experts.wait_for_selector(".toast-body:has-text('published')")
    after = priors.published(LOCAL_OWNER, "chest-xray")
    assert (after.number, after.reason) == (before.number + 1, "a word used on our ward")
    assert "pleural effusion, left" in ReportReader().read([report], after)[0].graph.heads


def test_an_older_version_is_looked_at_and_published_again(experts, served):
    priors = served[1].priors
    before = priors.published(LOCAL_OWNER, "chest-xray")
    priors.save(LOCAL_OWNER, "chest-xray", before.yaml.replace(ENTRY, ENTRY + "wobble, ", 1), "a doubtful word", before.number)
    experts.reload()
    experts.wait_for_selector("#kb_versions :text('a doubtful word')")
    experts.click("#kb_older input")
    experts.click(f"#kb_older [role=option]:has-text('{before.number} · ')")
    experts.wait_for_selector(f"#kb_change h3:has-text('(published) → version {before.number}')")
    assert "wobble" in experts.inner_text("#kb_change .kb-diff .del:has-text('wobble')")
    experts.click("#kb_back")
    experts.wait_for_selector(f"#kb_versions :text-is('back to {before.number}')")
    after = priors.published(LOCAL_OWNER, "chest-xray")
    assert (after.yaml, after.number) == (before.yaml, before.number + 2)
    put_prior(experts, "# not saved\n" + after.yaml)
    experts.click("#kb_older input")
    experts.click("#kb_older [role=option]:has-text('a doubtful word')")
    experts.click("#kb_back")
    experts.wait_for_selector("#kb_prior_told :text('changes that are not saved')")
    assert priors.published(LOCAL_OWNER, "chest-xray") == after


def test_a_draft_shows_what_it_reads_on_recent_cases_and_is_not_saved(experts, served):
    workbench = served[1]
    before = workbench.priors.published(LOCAL_OWNER, "chest-xray")
    case_id = workbench.cases.create(LOCAL_OWNER, [TextContent("There is a small left gribble.")], origin="ward.txt")
    put_prior(experts, before.yaml.replace(ENTRY, ENTRY + "gribble, ", 1))
    experts.click("#kb_try")
    experts.wait_for_selector(f"#kb_trial a[href='/?case={case_id}']")
    shown = experts.inner_text("#kb_trial")
    assert "gained" in shown and "pleural effusion, left · has severity · small" in shown and "Nothing is stored" in shown
    assert workbench.priors.published(LOCAL_OWNER, "chest-xray").number == before.number


def test_a_save_after_the_workbench_was_started_anew_goes_on_from_the_version_on_the_page(tmp_path, chromium):
    with ExitStack() as browser:
        with running_workbench(tmp_path) as (origin, _):
            page = browser.enter_context(chromium.new_context(base_url=origin)).new_page()
            page.goto("/experts")
            page.wait_for_selector("#kb_prior .cm-content:has-text('domain')")
        with running_workbench(tmp_path, port=urlparse(origin).port) as (_, workbench):
            page.fill("#kb_why textarea", "after the restart")
            put_prior(page, workbench.priors.published(LOCAL_OWNER, "chest-xray").yaml.replace(ENTRY, ENTRY + "grumbus, ", 1))
            page.click("#kb_save_prior")
            page.wait_for_selector("#kb_versions :text('after the restart')")
            assert workbench.priors.published(LOCAL_OWNER, "chest-xray").number == 2
