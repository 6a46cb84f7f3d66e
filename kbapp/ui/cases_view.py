"""The list of cases, the sample cards and the panels that stand in for a review while there is none. Pure: values in, HTML out."""

from collections.abc import Sequence
from dataclasses import dataclass

from kbapp.ui.html import Html, join, tag

STATE_WORD = {
    "new": "new", "queued": "waiting", "running": "working", "ready": "to review", "accepted": "accepted", "rejected": "rejected",
    "deferred": "deferred", "flagged": "second reader", "failed": "failed", "cancelled": "stopped",
}  # fmt: skip


@dataclass(frozen=True)
class CaseLine:
    """One row of the list, ready to show. qs: 0-100 of the first candidate."""

    id: str
    origin: str
    missing: str
    state: str
    n: int | None
    qs: float | None
    margin: str
    contradicted: int | None
    when: str


def case_list(lines: Sequence[CaseLine], more: str = "") -> Html:
    """more: key after which the next page starts, empty on the last page."""
    if not lines:
        return tag(
            "div",
            tag("p", "No case yet. Upload an X-ray or a report, or start with a sample case.", class_="kb-empty"),
            class_="kb-list",
        )
    head = tag(
        "tr", *(tag("th", name, scope="col") for name in ("Case", "Missing", "Status", "n", "QS of first", "Lead", "≠", "Changed"))
    )
    button = tag("button", "Show older cases", type="button", class_="kb-button quiet", data_more=more) if more else None
    return tag("div", tag("table", tag("thead", head), tag("tbody", *(_row(line) for line in lines))), button, class_="kb-list")


def _row(line: CaseLine) -> Html:
    cells = (
        line.origin or line.id,
        line.missing,
        tag("span", STATE_WORD.get(line.state, line.state), class_=f"kb-state s-{line.state}"),
        "" if line.n is None else line.n,
        "" if line.qs is None else f"{line.qs:.1f}",
        line.margin,
        "" if not line.contradicted else line.contradicted,
        line.when,
    )
    return tag(
        "tr",
        *(tag("td", cell) for cell in cells),
        data_case=line.id,
        tabindex="0",
        role="button",
        aria_label=f"open case {line.origin or line.id}",
    )


@dataclass(frozen=True)
class Sample:
    """A sample case of `assets/samples`. name: its file name; picture: address of a thumbnail, empty for a report."""

    name: str
    title: str
    says: str
    picture: str = ""
    words: str = ""


def sample_cards(samples: Sequence[Sample]) -> Html:
    return tag("div", tag("h3", "Sample cases", class_="kb-section"), tag("div", *(_card(s) for s in samples), class_="kb-samples"))


def _card(sample: Sample) -> Html:
    picture = (
        tag("img", src=sample.picture, alt="")
        if sample.picture
        else tag("span", sample.words, class_="kb-paper", aria_hidden="true")
    )
    return tag(
        "button",
        picture,
        tag("span", tag("b", sample.title), sample.says),
        type="button",
        class_="kb-sample",
        data_sample=sample.name,
    )


def progress(step: str, text: str, share: float) -> Html:
    """share: 0-1 of the whole run."""
    share = max(0.02, min(1.0, share))
    bar = tag(
        "div",
        tag("i", style=f"width:{share * 100:.0f}%"),
        class_="kb-bar",
        role="progressbar",
        aria_valuenow=f"{share * 100:.0f}",
        aria_valuemin="0",
        aria_valuemax="100",
        aria_label="progress of this case",
    )
    stop = tag("button", "Stop", type="button", class_="kb-button", data_do="cancel")
    hint = tag("p", "You may reload or close this page; the work goes on.")
    return tag("div", tag("h2", step), bar, tag("p", text, aria_live="polite"), hint, stop, class_="kb-progress")


def trouble(title: str, sentence: str, *, retry: bool = False) -> Html:
    button = tag("button", "Try again", type="button", class_="kb-button primary", data_do="retry") if retry else None
    return tag("div", tag("h2", title), tag("p", sentence), button, class_="kb-trouble", role="alert")


def nothing_open() -> Html:
    return tag("p", "No case is open. Choose one under Cases, or start a new one.", class_="kb-empty")


def message(sentence: str) -> Html:
    return tag("div", sentence, class_="kb-message", role="alert") if sentence else join()


def status_strip(parts: Sequence[tuple[str, str]], profile: str, ready: bool, trouble_: str = "") -> Html:
    """parts: (label, value) pairs; profile: name of the profile, with its health as a dot and a word."""
    said = f"engines: {profile}" if ready else f"engines: {profile} – {trouble_ or 'not reachable'}; review works without them"
    pairs = [tag("span", f"{label} ", tag("b", value)) for label, value in parts]
    return tag(
        "div",
        *pairs,
        tag("span", said, class_="kb-dot" + ("" if ready else " off")),
        tag("span", "Research use only. Not for diagnosis.", class_="kb-right"),
        class_="kb-status",
        role="status",
    )


def head(title: str) -> Html:
    return tag(
        "div",
        tag("h1", "Knowledge Bridger workbench"),
        tag("p", title),
        class_="kb-head",
    )
