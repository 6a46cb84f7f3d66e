"""What the experts' page shows of a prior: its versions, what changed between two of them, and what a draft reads otherwise."""

from collections.abc import Sequence
from textwrap import shorten

from kbapp.core.graph_change import GraphChange
from kbapp.ingest.name import sanitize_name
from kbapp.priors.difference import PriorDifference
from kbapp.review.priors import VersionRow
from kbapp.review.trials import Trial, TriedCase
from kbapp.ui.html import Html, tag
from kbapp.ui.review_words import said


def versions_table(versions: Sequence[VersionRow]) -> Html:
    rows = [tag("tr", tag("td", v.number), tag("td", v.author), tag("td", _minute(v.utc)), tag("td", v.reason)) for v in versions]
    return _table(("Version", "By", "When (UTC)", "Why"), rows, "versions")


def version_choices(versions: Sequence[VersionRow]) -> list[tuple[str, int]]:
    """(label, number) of every version but the published one, newest first."""
    return [(f"{v.number} · {shorten(v.reason, 36, placeholder=' …')}", v.number) for v in versions[1:]]


def difference_view(changes: PriorDifference, title: str) -> Html:
    if not changes.text:
        return tag("p", f"{title}: no change.", class_="kb-empty")
    lines = [tag("span", line + "\n", class_=_line_class(line)) for line in changes.text.splitlines()]
    summary = (
        tag("ul", *(tag("li", line) for line in changes.lines)) if changes.lines else tag("p", "Only comments or layout differ.")
    )
    return tag(
        "div",
        tag("h3", title, class_="kb-section"),
        summary,
        tag("div", *lines, class_="kb-diff", tabindex="0", role="region", aria_label="difference"),
    )


def text_view(yaml: str, number: int) -> Html:
    """The whole text of a version, folded."""
    whole = tag("div", yaml, class_="kb-diff", tabindex="0", role="region", aria_label=f"text of version {number}")
    return tag("details", tag("summary", f"The whole text of version {number}"), whole)


def trial_view(trial: Trial) -> Html:
    """Case by case, what the draft reads more, less or otherwise than the published version."""
    title = tag("h3", f"Tried: {trial.published} → draft", class_="kb-section")
    if not trial.cases:
        return tag("div", title, tag("p", "This domain has no case yet to try the draft on.", class_="kb-empty"))
    return tag("div", title, tag("p", _sum(trial)), *map(_tried, trial.cases), class_="kb-trial")


def _sum(trial: Trial) -> str:
    changes = [case.change for case in trial.cases]
    gained, lost, changed = (sum(len(getattr(c, part)) for c in changes) for part in ("gained", "lost", "changed"))
    cases = "the newest case" if len(changes) == 1 else f"the {len(changes)} newest cases"
    return f"Facts on {cases} of this domain: gained {gained}, lost {lost}, changed {changed}. Nothing is stored."


def _tried(case: TriedCase) -> Html:
    name = tag("a", sanitize_name(case.origin), href=f"/?case={case.id}")
    before, after = case.facts
    if case.trouble:
        return tag("p", name, f": {case.trouble}")
    if not case.change:
        return tag("p", name, f": reads the same, {after} facts.")
    said_of_it = tag("p", name, f": {before} facts → {after} facts.")
    table = _table(("", "Published", "Draft"), _rows(case.change), f"changes of {sanitize_name(case.origin)}", "kb-detail")
    return tag("div", said_of_it, table)


def _rows(change: GraphChange) -> list[Html]:
    rows = [("gained", None, after) for after in change.gained]
    rows += [("lost", before, None) for before in change.lost]
    rows += [("changed", before, after) for before, after in change.changed]
    return [tag("tr", tag("td", what), tag("td", said(before)), tag("td", said(after))) for what, before, after in rows]


def _table(names: tuple[str, ...], rows: list[Html], label: str, more: str = "") -> Html:
    head = tag("tr", *(tag("th", name, scope="col") for name in names))
    table = tag("table", tag("thead", head), tag("tbody", *rows))
    return tag("div", table, class_=f"kb-list {more}".strip(), tabindex="0", role="region", aria_label=label)


def _minute(utc: str) -> str:
    return utc[:16].replace("T", " ")


def _line_class(line: str) -> str:
    if line.startswith("@@"):
        return "hunk"
    return {"+": "add", "-": "del"}.get(line[:1], "same")
