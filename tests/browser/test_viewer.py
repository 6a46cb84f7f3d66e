"""Pictures: windows from the original grey levels, a view that stays, measures, and two candidates at once."""

import numpy as np
import pytest

from tests.browser.seeds import add_case, deep_film, film, open_case, report

pytestmark = pytest.mark.browser

MEAN = """() => { const c = document.querySelector('.kb-film canvas'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    let s = 0; for (let i = 0; i < d.length; i += 4) s += d[i]; return s / (d.length / 4); }"""


@pytest.fixture
def deep(page, served):
    open_case(page, add_case(served[1], deep_film(), n=2))
    return page


def test_a_window_is_drawn_from_the_twelve_bits_in_the_page(deep):
    source = deep.evaluate(
        """async () => { const sha = new URL(document.querySelector('.kb-source img').src).pathname.split('/').pop();
        const p = await KB.pixels(sha); return {bits: p.data.BYTES_PER_ELEMENT * 8, most: Math.max(...p.data.subarray(0, 60000)), size: [p.width, p.height]}; }"""
    )
    pixels = deep_film().pixels
    assert source["bits"] == 16 and source["size"] == [pixels.shape[1], pixels.shape[0]]
    assert source["most"] == int(pixels.reshape(-1)[:60000].max())
    sha, asked = deep.evaluate("new URL(document.querySelector('.kb-source img').src).pathname.split('/').pop()"), []
    deep.on("request", lambda r: asked.append(r.url) if sha in r.url else None)  # the next case's pictures may come meanwhile
    deep.keyboard.press("Shift+Digit2")
    deep.wait_for_selector(".kb-source .kb-film canvas")
    lung = deep.evaluate(MEAN)
    deep.keyboard.press("Shift+Digit3")
    deep.wait_for_function(f"({MEAN})() !== {lung}")
    assert deep.evaluate(MEAN) < lung, "the bone window is darker than the lung window"
    assert asked == [], "no picture is fetched: the pixels are here"
    deep.keyboard.press("Shift+Digit1")
    deep.wait_for_selector(".kb-source .kb-film canvas", state="detached")


def test_the_window_of_the_file_drawn_in_the_page_is_the_servers_rendering(deep):
    worst = deep.evaluate(
        """async () => { const img = document.querySelector('.kb-source img'), at = new URL(img.src);
        const p = await KB.pixels(at.pathname.split('/').pop()), c = document.createElement('canvas');
        KB.paint(c, p, ...KB.windowOf(p, at.searchParams));
        const s = document.createElement('canvas'); s.width = c.width; s.height = c.height; s.getContext('2d').drawImage(img, 0, 0);
        const [a, b] = [c, s].map(x => x.getContext('2d').getImageData(0, 0, c.width, c.height).data);
        let worst = 0; for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i])); return worst; }"""
    )
    assert worst <= 1


def test_the_sliders_change_brightness_and_contrast(deep):
    deep.locator("[data-slider=level]").fill("40")
    deep.wait_for_selector(".kb-source .kb-film canvas")
    brighter = deep.evaluate(MEAN)
    deep.locator("[data-slider=level]").fill("-40")
    deep.wait_for_function(f"({MEAN})() < {brighter} - 20")


def test_zoom_window_and_inversion_stay_from_case_to_case(page, served):
    first, second = add_case(served[1], film(), n=2), add_case(served[1], film("film-normal.png"), n=2)
    open_case(page, first)
    for key in ("+", "+", "i", "Shift+Digit2"):
        page.keyboard.press(key)
    before = page.evaluate("[KB.view.zoom, KB.view.invert, KB.view.window]")
    page.evaluate("id => KB.send('act', {do: 'reload', case: id})", second)
    page.wait_for_function("id => KB.data.case === id", arg=second)
    assert page.evaluate("[KB.view.zoom, KB.view.invert, KB.view.window]") == before
    assert page.get_attribute("[data-window=lung]", "aria-pressed") == "true"
    page.wait_for_selector(".kb-source .kb-film canvas")
    page.keyboard.press("=")
    assert page.evaluate("KB.view.zoom") == 1


def test_minus_zooms_out_by_as_much_as_plus_zooms_in_and_never_below_the_whole_picture(deep):
    for key in ("+", "+", "-"):
        deep.keyboard.press(key)
    assert deep.evaluate("KB.view.zoom") == pytest.approx(1.25)
    assert deep.inner_text(".kb-source .kb-zoom") == "125"
    for _ in range(3):
        deep.keyboard.press("-")
    assert deep.evaluate("KB.view.zoom") == 1 and deep.locator(".kb-zoomed").count() == 0


def test_the_automatic_window_spans_what_the_picture_holds(deep):
    deep.keyboard.press("Shift+Digit4")
    deep.wait_for_selector("[data-window=auto][aria-pressed=true]")
    deep.wait_for_selector(".kb-source .kb-film canvas")
    low, high = deep.evaluate(
        """async () => { const at = new URL(document.querySelector('.kb-source img').src);
        return KB.windowOf(await KB.pixels(at.pathname.split('/').pop()), at.searchParams); }"""
    )
    darkest, brightest = np.quantile(deep_film().pixels, [0.005, 0.995])
    assert (low, high) == (pytest.approx(darkest, abs=12), pytest.approx(brightest, abs=12))  # this film's greys are 12 apart


def test_a_zoomed_picture_is_dragged(deep):
    deep.keyboard.press("+")
    deep.keyboard.press("+")
    box = deep.locator(".kb-source .kb-film").bounding_box()
    deep.mouse.move(box["x"] + 100, box["y"] + 100)
    deep.mouse.down()
    deep.mouse.move(box["x"] + 140, box["y"] + 120)
    deep.mouse.up()
    assert deep.evaluate("[KB.view.x, KB.view.y]") == [40, 20]


def test_measures_are_drawn_over_the_film_and_told(page, served):
    open_case(page, add_case(served[1], film(), n=2))
    page.keyboard.press("o")
    page.wait_for_selector(".kb-source .kb-overlay polyline", state="attached")
    assert "±" in page.inner_text(".kb-measured")
    page.keyboard.press("o")
    page.wait_for_selector(".kb-overlay", state="detached")


def test_two_pictures_are_compared_side_by_side_and_with_a_slider(page, served):
    open_case(page, add_case(served[1], report(), n=3))
    page.keyboard.press("s")
    page.wait_for_selector("#kb-compare-dialog[open] figure:nth-of-type(2) img")
    shown = page.eval_on_selector_all(".kb-compared img", "all => new Set(all.map(i => i.src)).size")
    assert shown == 2
    assert "SYNTHETIC" in page.inner_text(".kb-compared figcaption >> nth=1")
    page.click("[data-compare=slide]")
    page.locator(".kb-compared input[type=range]").fill("80")
    cut = page.eval_on_selector(".kb-compared figure:nth-of-type(2) .kb-film", "f => f.style.getPropertyValue('--kb-cut')")
    assert cut == "80%"
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0


def test_two_texts_are_compared_with_the_words_marked_that_only_one_has(page, served):
    open_case(page, add_case(served[1], film(), n=3))
    texts = page.eval_on_selector_all(".kb-candidate > .report", "all => all.map(e => e.textContent)")
    page.keyboard.press("s")
    page.wait_for_selector("#kb-compare-dialog[open] figure .report")
    for k in (2, 3):
        page.keyboard.press(str(k))
        kept = page.eval_on_selector_all(".kb-compared .report", "all => all.map(e => e.textContent)")
        assert kept == [texts[int(page.get_attribute(".kb-candidate:not([hidden])", "data-k"))], texts[k - 1]] or k - 1 == int(
            page.get_attribute(".kb-candidate:not([hidden])", "data-k")
        )
    assert page.locator(".kb-compared mark.kb-only").count() > 0


def test_the_places_of_evidence_lie_on_the_picture_itself(page, served):
    open_case(page, add_case(served[1], film(), n=1))
    page.wait_for_function("document.querySelector('#kb_review .kb-film img').naturalWidth")
    page.wait_for_timeout(300)
    frame, picture = page.evaluate(
        """() => ['.kb-film-inner', '.kb-film img'].map(s => {
          const r = document.querySelector('#kb_review ' + s).getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })"""
    )
    assert frame == pytest.approx(picture, abs=1.5)
    assert picture[2] / picture[3] == pytest.approx(
        page.evaluate("(i => i.naturalWidth / i.naturalHeight)(document.querySelector('#kb_review .kb-film img'))"), abs=0.02
    )
