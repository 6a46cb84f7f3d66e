"""The main job in a real browser: give one modality, see the graph, compare the candidates of the other, decide."""

import re

import pytest
from playwright.sync_api import TimeoutError

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.decision import Action
from kbapp.resources import ASSETS

pytestmark = pytest.mark.browser

REPORT = (ASSETS / "samples" / "heart-failure.txt").read_text()


def upload(page, path):
    """Gradio's field takes files once it is mounted, on a busy machine some time after it is drawn: a person would try again as well."""
    for patience_ms in (6_000, 20_000):
        page.set_input_files("#kb_file input[type=file]", str(path))
        try:
            return page.wait_for_selector(f"#kb_file :text('{path.name}')", timeout=patience_ms)
        except TimeoutError:
            continue
    raise AssertionError(f"the field did not take {path.name}")


def open_sample(page, title):
    page.click(f".kb-sample:has-text('{title}')")
    page.wait_for_selector(".kb-candidate:not([hidden])")
    return page


def shown_candidate(page):
    return int(page.get_attribute(".kb-candidate:not([hidden])", "data-k"))


def newest_decision(workbench):
    return workbench.decisions.history(LOCAL_OWNER, limit=1)[0].decision


def test_an_uploaded_report_gets_five_drawn_films_and_the_accepted_one_is_in_the_store(home, served, tmp_path):
    path = tmp_path / "report.txt"
    path.write_text(REPORT)
    upload(home, path)
    home.click("#kb_start")
    home.wait_for_selector(".kb-candidate:not([hidden]) img")
    assert home.locator(".kb-strip [role=option]").count() == 5
    assert home.locator(".kb-source mark").count() >= 3
    rows = home.locator(".kb-candidate:not([hidden]) .kb-scores tr th").all_inner_texts()
    assert rows[0] == "graph" and len(rows) == 3
    completion = home.evaluate("KB.host.querySelector('.kb-candidates') && new URL(location).searchParams.get('case')")
    assert completion
    home.wait_for_timeout(1600)
    home.keyboard.press("a")
    if home.locator(".kb-decided:has-text('contradicts')").count():
        home.keyboard.press("a")
    home.wait_for_selector(".kb-toast:has-text('Saved')")
    decision = newest_decision(served[1])
    assert decision.action is Action.ACCEPT


def test_an_uploaded_film_gets_five_written_reports(home):
    upload(home, ASSETS / "samples" / "film-heart.png")
    home.click("#kb_start")
    home.wait_for_selector(".kb-candidate:not([hidden]) .report")
    assert home.locator(".kb-strip [role=option]").count() == 5
    assert "Impression" in home.inner_text(".kb-candidate:not([hidden]) .report")
    assert home.locator(".kb-source .box").count() >= 1


def test_a_pasted_sentence_that_is_no_report_is_refused_with_one_sentence_and_stays_in_the_field(home):
    home.fill("#kb_text textarea", " ")
    home.click("#kb_start")
    home.wait_for_selector("#kb_told .kb-message")
    assert "upload an X-ray or a report" in home.inner_text("#kb_told")


def test_a_sample_case_starts_with_one_click_and_is_marked_synthetic(home):
    open_sample(home, "Film: normal")
    assert home.inner_text(".kb-candidate:not([hidden]) .kb-chip.synthetic") == "SYNTHETIC"
    assert "Not for diagnosis" in home.inner_text("#kb_status")


def test_digits_and_arrows_show_the_other_candidates_without_asking_the_server(home):
    open_sample(home, "Report: normal")
    home.wait_for_function("KB.ahead")  # the pictures of the next case were asked for
    asked = []
    home.on("request", lambda r: asked.append(r.url))
    home.keyboard.press("3")
    assert shown_candidate(home) == 2
    home.keyboard.press("ArrowRight")
    assert shown_candidate(home) == 3
    home.keyboard.press("1")
    assert shown_candidate(home) == 0
    assert [url for url in asked if "artifact" not in url] == []


def test_the_graph_is_drawn_and_a_click_on_a_node_shows_where_its_fact_comes_from(home):
    open_sample(home, "Report: large heart, fluid")
    home.wait_for_function("KB.network && KB.nodes.length > 3")
    spot = home.evaluate("""() => { const node = KB.nodes.get().find(n => n.node === 'cardiomegaly');
        const p = KB.network.canvasToDOM(KB.network.getPosition(node.id)); const r = document.querySelector('.kb-net').getBoundingClientRect();
        return {x: r.left + p.x, y: r.top + p.y}; }""")
    home.mouse.click(spot["x"], spot["y"])
    home.wait_for_selector(".kb-source mark.picked")
    assert "heart" in home.inner_text(".kb-picked")
    home.keyboard.press("g")  # keys still reach the page after a click in the graph
    assert home.get_attribute(".kb-tabs [data-view=candidate]", "aria-selected") == "true"


def test_a_marked_place_in_the_report_selects_its_node(home):
    open_sample(home, "Report: large heart, fluid")
    home.wait_for_function("KB.network && KB.nodes.length > 3")
    home.click(".kb-source mark >> nth=0")
    assert home.evaluate("KB.network.getSelectedNodes().length") == 1


def test_reject_asks_for_a_reason_and_one_digit_gives_it(home, served):
    open_sample(home, "Film: right lower opacity")
    home.keyboard.press("x")
    home.wait_for_selector("#kb-reject-dialog[open]")
    home.keyboard.press("2")
    home.wait_for_selector(".kb-toast:has-text('Saved')")
    decision = newest_decision(served[1])
    assert (decision.action, decision.reason) == (Action.REJECT, "finding missing")


def test_undo_writes_a_row_of_its_own_and_opens_the_case_again(home, served):
    open_sample(home, "Film: normal")
    home.keyboard.press("x")
    home.wait_for_selector("#kb-reject-dialog[open]")
    home.keyboard.press("6")
    home.wait_for_selector(".kb-toast:has-text('Saved')")
    rejected = newest_decision(served[1])
    home.wait_for_timeout(300)
    home.keyboard.press("u")
    home.wait_for_selector(".kb-status:has-text('undone')")
    undone = newest_decision(served[1])
    assert (undone.action, undone.supersedes) == (Action.UNDO, rejected.id)


def test_a_link_with_a_case_opens_that_case(home):
    open_sample(home, "Film: normal")
    address = home.evaluate("location.href")
    assert re.search(r"\?case=[\w-]+$", address)
    home.goto(address)
    home.wait_for_selector(".kb-candidate:not([hidden])")
    assert home.evaluate("location.href") == address


def test_hostile_words_in_a_report_stay_words(home):
    home.fill(
        "#kb_text textarea",
        'Findings: <img src=x onerror="window.pwned=1"> Small left pleural effusion. </script><script>window.pwned=1</script>',
    )
    home.click("#kb_start")
    home.wait_for_selector(".kb-candidate:not([hidden])")
    assert home.evaluate("window.pwned") is None
    assert "<img src=x" in home.inner_text(".kb-source .report")


def test_nothing_of_a_case_is_kept_in_the_browser(home):
    open_sample(home, "Report: large heart, fluid")
    kept = home.evaluate("JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage})")
    assert "effusion" not in kept and "heart" not in kept
