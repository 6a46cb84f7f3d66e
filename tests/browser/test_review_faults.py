"""The Review page in a low window and under hands in a hurry: what is needed stays on screen, and no word acts as keys."""

import pytest

from kbapp.core.actor import LOCAL_OWNER
from tests.browser.conftest import running_workbench
from tests.browser.seeds import add_case, film, open_case, reader, report

pytestmark = pytest.mark.browser

LOW = {"width": 1280, "height": 720}
EDITED = ".kb-candidate:not([hidden]) .kb-editor textarea:not(.kb-original)"
ON_SCREEN = "e => { const r = e.getBoundingClientRect(); return r.height > 8 && r.top >= 0 && r.bottom <= innerHeight; }"
IN_PANEL = """e => { const r = e.getBoundingClientRect(), p = e.closest('.kb-panel').getBoundingClientRect();
  return r.height > 8 && r.top >= p.top && r.bottom <= p.bottom; }"""


def writing(page, words):
    """A draft of the candidate shown, left open as Escape leaves it."""
    page.keyboard.press("e")
    page.fill(EDITED, words)
    page.keyboard.press("Escape")
    page.wait_for_selector(".kb-draft:has-text('draft kept')")


def test_find_works_in_what_is_being_written_and_its_words_are_no_keys(page, served):
    case_id = add_case(served[1], film())
    open_case(page, case_id)
    writing(page, "A dam and a dock, and an added dam.")
    page.keyboard.press("/")
    page.keyboard.type("dam")
    assert page.input_value(".kb-find input") == "dam"
    assert page.inner_text(".kb-find output") == "1 of 2"
    page.keyboard.press("Enter")
    assert page.inner_text(".kb-find output") == "2 of 2"
    page.keyboard.press("Escape")
    assert page.locator(".kb-find, .kb-find-copy").count() == 0 and page.is_visible(EDITED)
    assert page.input_value(EDITED) == "A dam and a dock, and an added dam."
    assert served[1].decisions.history(LOCAL_OWNER, case_id=case_id) == []


def test_the_search_field_opens_where_there_is_no_report_too(page, served):
    case_id = served[1].cases.create(LOCAL_OWNER, [report()], origin="nothing was made")
    page.goto(f"/?case={case_id}")
    page.wait_for_selector(".kb-trouble")
    page.wait_for_timeout(300)
    page.keyboard.press("/")
    page.keyboard.type("nun")
    assert page.input_value(".kb-find input") == "nun" and page.evaluate("KB.data.case") == case_id


def test_a_draft_goes_along_when_the_graph_is_put_right_by_the_keyboard(page, served):
    open_case(page, add_case(served[1], film()))
    first = page.evaluate("KB.data.completion")
    page.keyboard.press("e")
    page.fill(EDITED, "half a sentence")
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    page.wait_for_selector("#kb-correct-dialog[open]")
    page.locator("[data-correct] [data-field=status]").first.select_option("")
    page.keyboard.press("Control+Enter")
    assert page.evaluate("document.activeElement.id") == "kb-correct-why"
    page.keyboard.type("misread")
    page.keyboard.press("Control+Enter")
    page.wait_for_function("id => KB.data.completion !== id", arg=first)
    assert page.input_value(EDITED) == "half a sentence"
    page.select_option("[data-version]", first)
    page.wait_for_function("id => KB.data.completion === id", arg=first)
    assert page.locator(".kb-editor").count() == 0


def test_bar_and_guards_stay_on_a_low_screen_whatever_stands_above(page, served):
    page.set_viewport_size(LOW)
    open_case(page, add_case(served[1], film()))
    page.wait_for_selector("#kb_guide .kb-first:not([hidden])")
    notice = "<section class='kb-message good kb-reads' style='height: 90px'><b>Returned</b></section>"
    page.evaluate("html => document.querySelector('.kb-review').insertAdjacentHTML('afterbegin', html)", notice)
    before = page.locator(".kb-columns").bounding_box()
    page.evaluate("KB.say('Press A once more to accept it all the same.')")
    assert page.locator(".kb-columns").bounding_box() == before
    for part in (".kb-actions [data-do=accept]", ".kb-actions [data-do=next]", ".kb-decided"):
        assert page.locator(part).evaluate(ON_SCREEN), part


def test_a_low_screen_leaves_the_graph_room_and_shows_all_its_rows_and_keys(page, served):
    page.set_viewport_size(LOW)
    open_case(page, add_case(served[1], film(), n=5))
    page.wait_for_selector("#kb_guide .kb-first:not([hidden])")
    for _ in range(2):
        page.keyboard.press("g")
    page.wait_for_timeout(300)
    assert page.evaluate("document.querySelector('.kb-net').clientHeight") >= 230
    lowest = "Math.max(...KB.nodes.get().map(n => KB.network.canvasToDOM({x: n.x, y: n.y}).y))"
    assert page.evaluate(lowest) < page.evaluate("document.querySelector('.kb-net').clientHeight")
    for part in (".kb-classes", ".kb-graph [data-do=correct]"):
        assert page.locator(part).evaluate(IN_PANEL), part
    page.keyboard.press("?")
    hidden = "t => t.scrollHeight - t.clientHeight"
    assert page.locator(".kb-keys-tables").evaluate(hidden) <= 1
    assert page.locator("#kb-help-dialog .kb-foot").evaluate(ON_SCREEN)


def test_the_graph_fits_its_panel_again_when_the_window_changes(page, served):
    page.set_viewport_size(LOW)
    open_case(page, add_case(served[1], film(), n=2))
    edges = "[KB.network.canvasToDOM({x: -100, y: 0}).x, document.querySelector('.kb-net').clientHeight]"
    page.wait_for_timeout(500)
    low = page.evaluate(edges)
    for size in ({"width": 1280, "height": 900}, {"width": 1440, "height": 900}, LOW):
        page.set_viewport_size(size)
        page.wait_for_timeout(500)
        assert page.evaluate(edges)[0] >= 0, size
    assert page.evaluate(edges) == pytest.approx(low, abs=1)


def test_sentences_that_do_not_fit_say_so_until_their_end_is_reached(page, served):
    page.set_viewport_size(LOW)
    case_id = add_case(served[1], film(), n=5)
    for k in range(4):
        served[1].comments.add(LOCAL_OWNER, case_id, f"A word on line {k}.", f"{case_id}-{k}")
    open_case(page, case_id)
    page.wait_for_selector(".kb-strip-notes.kb-more")
    page.evaluate("document.querySelector('.kb-strip-notes').scrollTop = 9999")
    page.wait_for_selector(".kb-strip-notes:not(.kb-more)")


def test_labels_of_evidence_stay_inside_the_film_and_off_each_other(page, served):
    page.set_viewport_size(LOW)
    open_case(page, add_case(served[1], film(), n=1))
    page.wait_for_function("document.querySelector('.kb-source .kb-film-inner.framed')")
    page.keyboard.press("+")
    for node in page.evaluate("[...new Set([...document.querySelectorAll('.kb-source .box')].flatMap(KB.nodesOf))]"):
        page.evaluate("node => KB.pick(node)", node)
        labels_are_in_and_apart(page)
        said = page.locator(".kb-source .box.picked > span").all_inner_texts()
        assert all(label.startswith(node) and "\n" not in label for label in said)


def labels_are_in_and_apart(page):
    boxes = page.evaluate(
        """() => { const film = document.querySelector('.kb-source .kb-film'), of = (e) => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
        return [of(film), ...[...film.querySelectorAll('.box.picked > span')].map(of)]; }"""
    )
    (left, top, right, bottom), *labels = boxes
    assert (
        labels
        and page.locator(".box.picked > span > i.picked").first.evaluate("e => getComputedStyle(e).color") == "rgb(255, 255, 255)"
    )
    assert all(x0 >= left and y0 >= top and x1 <= right + 1 and y1 <= bottom + 1 for x0, y0, x1, y1 in labels)
    apart = [a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1] for k, a in enumerate(labels) for b in labels[:k]]
    assert all(apart)


def test_the_guide_names_the_keys_that_work_here(page, served):
    page.add_init_script("localStorage.setItem('kb-keymap', JSON.stringify({accept: 'j', undo: 'B'}))")
    open_case(page, add_case(served[1], film()))
    page.wait_for_selector("#kb_guide .kb-first:not([hidden])")
    assert page.text_content("#kb_guide [data-step=decide] span").startswith("J accepts, X and a digit")
    assert page.text_content("#kb_guide [data-step=undo] span").startswith("Shift+B takes")


def test_blind_reading_keeps_reveal_in_view_and_explains_no_scores(chromium, tmp_path):
    with running_workbench(tmp_path / "storage") as (origin, workbench):
        workbench.reading.set_rules(LOCAL_OWNER, blind=True, reads_required=1)
        case_id = add_case(workbench, report())
        with reader(chromium, origin) as page:
            page.wait_for_selector("#kb_cases .kb-list")
            assert "scores only compare" not in page.inner_text("#kb_hint")
            assert "reads blind first" in page.inner_text("#kb_hint")
            page.set_viewport_size({"width": 1280, "height": 600})
            open_case(page, case_id)
            assert page.locator(".kb-candidate:not([hidden]) [data-do=reveal]").evaluate(IN_PANEL)
