import pytest

from kbapp.core.content import TextContent
from kbapp.formats.completion_files import read_completion
from kbapp.resources import ASSETS
from kbapp.ui.review_candidate import Edit
from kbapp.ui.review_reads import Reads
from kbapp.ui.review_view import Standing, review

CANDIDATE, DRAFT = Edit("2026-01-02T03:04:05", False, "my unfinished words"), "Your draft, not accepted"


@pytest.fixture
def completion():
    """Of a picture whose report is missing."""
    made, _ = read_completion(ASSETS / "recorded" / "chest-film")
    assert isinstance(made.candidates[0].content, TextContent)
    return made


def page(completion, **standing):
    return str(review(completion, lambda content: "/picture", Standing(edits={0: CANDIDATE}, **standing)))


def test_who_may_decide_goes_on_with_a_draft_in_its_field(completion):
    html = page(completion)
    assert 'data-draft="1"' in html and "Accept as edited" in html and DRAFT not in html


@pytest.mark.parametrize(
    "standing",
    [{"reader": "An earlier version."}, {"may_review": False}, {"final": True}, {"reads": Reads(second=True)}],
    ids=["earlier version or another reader", "viewer", "decided", "second read"],
)
def test_where_nothing_is_decided_a_draft_can_be_read_and_no_text_changed(completion, standing):
    html = page(completion, **standing)
    assert DRAFT in html and "unfinished" in html
    assert not [offer for offer in ("<textarea", "Accept as edited", "Discard draft") if offer in html.split("<dialog")[0]]
