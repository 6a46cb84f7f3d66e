"""The list of cases: what is shown of it, its lines, its progress and its empty states. Pure: values in, HTML out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kbapp.ui.html import Html, join, tag

STATE_WORD = {
    "new": "new", "queued": "waiting", "running": "working", "ready": "to review", "accepted": "accepted",
    "accepted_edited": "accepted, edited", "rejected": "rejected", "deferred": "deferred", "flagged": "second reader",
    "failed": "failed", "cancelled": "stopped", "second_read": "second read", "adjudication": "adjudication", "returned": "returned",
}  # fmt: skip
VIEWS = (
    ("all", "All", "every case"),
    ("mine", "Mine", "you read it just now, or have a draft in it"),
    ("unreviewed", "Unreviewed", "waits for a decision"),
    ("aside", "Deferred", "deferred, or flagged for a second reader"),
    ("unsure", "Low margin", "no recommendation, or a lead that is close or a tie"),
    ("contradictions", "Contradictions", "a candidate contradicts the source"),
)
OPEN_VIEWS = (  # shown where there is something in them
    ("returned", "Returned", "came back to its first reader, with a word on why"),
    ("second", "Second read", "somebody else decided or flagged it, and it waits for a second reader"),
    ("adjudication", "Adjudication", "two readers differ, and an expert settles it"),
)
OF_SCORES = ("unsure", "contradictions")  # not shown where the project reads blind
ORDERS = (("newest", "newest first"), ("uncertain", "most uncertain first"))


@dataclass(frozen=True)
class CaseLine:
    """One row of the list, ready to show. qs: 0-100 of the first candidate. reader: who reads it just now, else empty; mine: that is the one who looks."""

    id: str
    origin: str
    missing: str
    state: str
    n: int | None
    qs: float | None
    margin: str
    contradicted: int | None
    when: Html | str
    reader: str = ""
    mine: bool = False


@dataclass(frozen=True)
class Shown:
    """What of the list is shown, and how far the work is. read: cases that one has read oneself, where a project reads twice. after: key of the next page, empty on the last; first: it is the first page. blind: nothing of the scores is told."""

    view: str
    order: str
    asked: str
    counts: Mapping[str, int]
    most: int
    decided: int
    completed: int
    after: str = ""
    first: bool = True
    blind: bool = False
    read: int | None = None


def worklist(lines: Sequence[CaseLine], shown: Shown) -> Html:
    return join(_head(shown), _table(lines, shown))


def search_field() -> Html:
    """Stands by itself, so that a new list does not take the words that somebody is writing."""
    field = tag(
        "input", type="search", placeholder="Search cases and reports", aria_label="Search cases and reports", maxlength="200"
    )
    return tag("div", field, tag("kbd", "/"), class_="kb-search", role="search")


def _head(shown: Shown) -> Html:
    chips = [
        tag(
            "button",
            label,
            tag("span", _count(shown.counts.get(name, 0), shown.most), class_="kb-n"),
            type="button",
            class_="kb-filter",
            data_view=name,
            aria_pressed="true" if name == shown.view else "false",
            title=title,
        )
        for name, label, title in _views(shown)
    ]
    orders = [tag("option", label, value=name, selected=name == shown.order) for name, label in ORDERS]
    waiting = any(shown.counts.get(name) for name in ("unreviewed", "second", "adjudication"))
    share = shown.decided / shown.completed * 100 if shown.completed else 0
    bar = tag("div", tag("i", style=f"width:{share:.0f}%"), class_="kb-bar", aria_hidden="true")
    mine = "" if shown.read is None else f" · {shown.read} read by you"
    done = tag("div", tag("p", tag("b", f"{shown.decided} of {shown.completed}"), " decided", mine), bar, class_="kb-done-share")
    start = tag(
        "button",
        "Start next",
        tag("kbd", "N"),
        type="button",
        class_="kb-button primary",
        data_do="next",
        disabled=not waiting,
        title="the most uncertain case that waits" if waiting else "no case waits for a decision",
    )
    return tag(
        "div",
        tag("div", *chips, class_="kb-filters", role="group", aria_label="Which cases"),
        tag("div", done, tag("select", *orders, aria_label="Order", data_order="1"), start, class_="kb-list-tools"),
        class_="kb-list-head kb-reads-blind" if shown.blind else "kb-list-head",
    )


def _views(shown: Shown) -> list[tuple[str, str, str]]:
    always = [view for view in VIEWS if not (shown.blind and view[0] in OF_SCORES)]
    return always + [view for view in OPEN_VIEWS if shown.counts.get(view[0]) or view[0] == shown.view]


def _count(number: int, most: int) -> str:
    return f"{most}+" if number >= most else str(number)


def _table(lines: Sequence[CaseLine], shown: Shown) -> Html:
    if not lines:
        return tag("div", _nothing(shown), class_="kb-list")
    names = ("Case", "Missing", "Status", "n", "QS of first", "Lead", "≠", "Changed")
    head = tag("tr", *(tag("th", name, scope="col") for name in names))
    pages = []
    if not shown.first:
        pages.append(tag("button", "Back to the first page", type="button", class_="kb-button quiet", data_more=""))
    if shown.after:
        pages.append(tag("button", "Show more", type="button", class_="kb-button quiet", data_more=shown.after))
    body = tag("tbody", *(_row(line) for line in lines))
    return tag(
        "div", tag("table", tag("thead", head), body), tag("div", *pages, class_="kb-pages") if pages else None, class_="kb-list"
    )


def _nothing(shown: Shown) -> Html:
    if shown.asked or shown.view != "all":
        clear = tag("button", "Show all cases", tag("kbd", "Esc"), type="button", class_="kb-button", data_clear="1")
        words = f"No case holds “{shown.asked}”." if shown.asked else "No case is here just now."
        return tag("div", tag("p", words), clear, class_="kb-empty")
    words = "No case yet. Upload an X-ray or a report on the left, or start with a sample case."
    return tag("p", words, class_="kb-empty")


def _row(line: CaseLine) -> Html:
    name = line.origin or line.id
    state = tag("span", STATE_WORD.get(line.state, line.state), class_=f"kb-state s-{line.state}")
    reader = tag("span", " yours", class_="kb-reader mine") if line.mine else None
    if line.reader and not line.mine:
        reader = tag("span", f" being read by {line.reader}", class_="kb-reader")
    cells = (
        tag("a", name, href=f"/?case={line.id}", data_case=line.id),
        line.missing,
        join(state, reader),
        "" if line.n is None else line.n,
        "" if line.qs is None else f"{line.qs:.1f}",
        line.margin,
        "" if not line.contradicted else tag("b", line.contradicted, class_="d-contradicted"),
        line.when,
    )
    return tag("tr", *(tag("td", cell) for cell in cells), data_row=line.id)
