"""The true content that a case came with, for a look after the decision. Whether it may be seen is the service layer's business."""

from kbapp.core.content import ImageContent
from kbapp.review.truths import Truth
from kbapp.ui.html import Html, tag

_WIDTH = 768  # one that the artifact route offers


def truth_view(truth: Truth, name: str) -> Html:
    """Folded. name: of the modality in this domain."""
    content = truth.content
    if isinstance(content, ImageContent):
        window = f"low={content.window[0]:g}&high={content.window[1]:g}&" if content.window else ""
        shown = tag(
            "img",
            src=f"/kb/artifact/{truth.artifact}?{window}w={_WIDTH}",
            alt=f"true {name}",
            loading="lazy",
            style="max-width:100%",
        )
    else:
        shown = tag("p", content.text, class_="kb-description")
    title = f"The true {name}, which came with this case"
    return tag("details", tag("summary", title), shown, class_="kb-facts kb-truth")
