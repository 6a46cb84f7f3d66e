"""The scores' explanation and the graph's table, by keyboard alone, in a real browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.difference import FactClass
from kbapp.ui.review_graph_panel import fact_rows
from kbapp.ui.review_words import CLASS_WORD
from tests.browser.conftest import running_workbench
from tests.browser.seeds import reader

pytestmark = pytest.mark.browser
ROWS = "rows => rows.filter((row) => !row.hidden).map((row) => [...row.cells].map((cell) => cell.textContent))"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, chromium):
    with running_workbench(tmp_path_factory.mktemp("table")) as (origin, workbench), reader(chromium, origin) as page:
        page.click(".kb-sample:has-text('Recorded: five reports')")
        page.wait_for_selector(".kb-candidate:not([hidden])")
        page.wait_for_function("window.KB && KB.network")
        case = page.evaluate("KB.data.case")
        yield page, workbench.completions.latest(LOCAL_OWNER, case).completion


def tab_to(page, selector):
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"no way to {selector} by Tab")


def axe(page, scheme, part):
    page.evaluate("scheme => document.body.classList.toggle('dark', scheme === 'dark')", scheme)
    page.wait_for_timeout(300)
    levels = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    found = Axe().run(page, part, options={"resultTypes": ["violations"], "runOnly": levels})
    return found.response["violations"]


def shown(page):
    return page.locator(".kb-table tbody tr").evaluate_all(ROWS)


def expected(completion, k):
    rows = [(row.triple, row.of_source, row.classes[k]) for row in fact_rows(completion) if row.of_source or row.classes[k]]
    return {(*triple.fact, triple.status.value): _words(told, of_source) for triple, of_source, told in rows}


def _words(told, of_source):
    return CLASS_WORD[told] if of_source or told is FactClass.EXTRA else "in candidate"


def test_what_the_scores_mean_opens_by_key_and_stays_out_of_the_way_until_then(recorded):
    page, completion = recorded
    meaning = page.locator(".kb-candidate:not([hidden]) .kb-meaning")
    assert not meaning.locator("dl").is_visible()
    tab_to(page, ".kb-meaning summary")
    page.keyboard.press("Enter")
    assert meaning.locator("dl").is_visible() and completion.provenance.engines["scorer regions"] in meaning.inner_text()
    assert [found["id"] for scheme in ("", "dark") for found in axe(page, scheme, ".kb-scores")] == []
    page.keyboard.press("Enter")
    assert not meaning.locator("dl").is_visible()


def test_the_table_tells_how_the_open_candidate_differs_and_follows_it(recorded):
    page, completion = recorded
    page.click(".kb-tabs [data-view=table]")
    for k in (1, 3, 0):
        page.keyboard.press(str(k + 1))
        rows = shown(page)
        assert {tuple(row[:4]): row[4].partition(" ")[2] for row in rows} == expected(completion, k)
    assert {row[4] for row in rows} >= {"≠ contradicted", "≠ in candidate", "= kept"}


def test_the_head_of_a_column_sorts_by_key_without_asking_the_server(recorded):
    page, _ = recorded
    page.click(".kb-tabs [data-view=table]")
    head = page.locator(".kb-table th")
    marks = [row[4][:1] for row in shown(page)]
    assert head.nth(4).get_attribute("aria-sort") == "ascending" and marks == sorted(marks, key="≠−+≈=·".index)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    tab_to(page, ".kb-table [data-sort='2']")
    for way, down in (("ascending", False), ("descending", True)):
        page.keyboard.press("Enter")
        values = [row[2] for row in shown(page)]
        assert head.nth(2).get_attribute("aria-sort") == way and values == sorted(values, key=str.casefold, reverse=down)
    assert head.nth(4).get_attribute("aria-sort") == "none" and not asked
    assert [found["id"] for scheme in ("", "dark") for found in axe(page, scheme, ".kb-table")] == []
