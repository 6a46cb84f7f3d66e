"""Whatever a text holds, it stays text on the page."""

import ast
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kbapp.ui
from kbapp.ui.html import Html, join, tag, text


class Seen(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.words, self.attributes = [], [], []

    def handle_starttag(self, name, attributes):
        self.tags.append(name)
        self.attributes += attributes

    def handle_data(self, words):
        self.words.append(words)


def parse(html):
    seen = Seen()
    seen.feed(html)
    seen.close()
    return seen


printable = st.text(st.characters(exclude_categories=["Cs", "Cc"]))


@given(printable)
def test_any_text_between_tags_comes_back_as_the_same_text(words):
    seen = parse(tag("p", words))
    assert seen.tags == ["p"] and "".join(seen.words) == words


@given(printable)
def test_any_text_in_an_attribute_comes_back_as_the_same_value(words):
    assert parse(tag("div", data_nodes=words)).attributes == [("data-nodes", words)]


def test_html_made_by_tag_is_not_escaped_twice():
    assert tag("p", tag("b", "a & b")) == "<p><b>a &amp; b</b></p>"


def test_none_and_false_leave_no_trace():
    assert join(None, False, "x") == "x" and tag("p", hidden=False, title=None) == "<p></p>"


def test_true_gives_a_bare_attribute():
    assert tag("p", hidden=True) == "<p hidden></p>"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//evil.example/x", "https://evil.example/x", "data:text/html,x"])
def test_an_address_off_this_origin_is_refused(address):
    with pytest.raises(ValueError, match="this origin"):
        tag("img", src=address)


def test_html_is_put_together_in_one_file_only():
    """No other file of the pages builds `Html` or writes a tag into a string."""
    for path in Path(kbapp.ui.__file__).parent.glob("*.py"):
        if path.name in ("html.py", "page.py", "graph_drawing.py"):  # page: constant scripts of the mount; drawing: pyvis' own page
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Html":
                pytest.fail(f"{path.name}:{node.lineno} makes Html outside kbapp/ui/html.py")
            if isinstance(node, ast.JoinedStr) and any(isinstance(v, ast.Constant) and "<" in str(v.value) for v in node.values):
                pytest.fail(f"{path.name}:{node.lineno} writes a tag into a string")


def test_text_of_a_number_is_its_digits():
    assert text(3) == "3" and isinstance(text("x"), Html)
