"""Words and small pieces that the parts of the review share."""

from collections.abc import Callable

from kbapp.core.completion import Reading
from kbapp.core.content import Content, ImageContent
from kbapp.core.difference import Difference, FactClass
from kbapp.core.triple import Triple
from kbapp.ui.evidence import classes_of, marked_text, region_boxes, text_marks
from kbapp.ui.html import Html, tag

ImageUrl = Callable[[ImageContent], str]

CLASS_WORD = {
    FactClass.CONTRADICTED: "contradicted",
    FactClass.MISSING: "missing",
    FactClass.EXTRA: "extra",
    FactClass.REWORDED: "reworded",
    FactClass.KEPT: "kept",
    FactClass.NOT_ASSESSABLE: "not assessable",
}


def panel_head(title: str, *more: object) -> Html:
    return tag("header", tag("h2", title), *more)


def said(triple: Triple | None) -> str:
    """A triple as a short statement: "pleural effusion, left · has severity · small (uncertain)"."""
    if triple is None:
        return ""
    status = "" if triple.status.value == "present" else f" ({triple.status.value})"
    return f"{triple.head} · {triple.relation} · {triple.tail}{status}"


def content_view(
    content: Content, k: int, reading: Reading, image_url: ImageUrl, *, alt: str, difference: Difference | None = None
) -> Html:
    """A film with the boxes of its evidence, or a text with its marked places."""
    if not isinstance(content, ImageContent):
        return marked_text(content.text, text_marks(reading.graph, k, classes_of(difference) if difference else None))
    inner = tag(
        "div",
        tag("img", src=image_url(content), alt=alt, draggable="false"),
        region_boxes(reading.graph, k),
        class_="kb-film-inner",
    )
    label = f"{alt}; i inverts, plus and minus zoom, equals fits, Shift and 1 to 4 choose a window"
    return tag("div", inner, class_="kb-film", tabindex="0", role="group", aria_label=label, data_position=str(k))


def utc_time(utc: str) -> Html:
    """A time that the page shows in the reader's own zone."""
    return tag("time", f"{utc[11:19]} UTC", datetime=utc, data_local="1")
