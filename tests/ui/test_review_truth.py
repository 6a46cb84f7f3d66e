"""The true content of a case on the page."""

from kbapp.core.content import ImageContent, TextContent
from kbapp.review.truths import Truth
from kbapp.ui.review_truth import truth_view
from tests.formats.completions import drawn


def test_a_text_is_shown_escaped_under_its_name_in_this_domain():
    html = str(truth_view(Truth(TextContent("Clear <b>lungs</b>."), "0" * 64), "report"))
    assert "The true report" in html and "Clear &lt;b&gt;lungs" in html


def test_a_picture_is_asked_for_through_its_window():
    plain = str(truth_view(Truth(drawn(), "0" * 64), "X-ray"))
    assert f'src="/kb/artifact/{"0" * 64}?w=768"' in plain
    deep = ImageContent(drawn().pixels.astype("uint16") * 9, (20.0, 2000.0))
    assert "?low=20&amp;high=2000&amp;w=768" in str(truth_view(Truth(deep, "0" * 64), "X-ray"))
