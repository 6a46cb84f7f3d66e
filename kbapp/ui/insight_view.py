"""What the decisions say about the scores, as HTML: plots with their numbers, agreement of readers, learned weights."""

import csv
import io
from collections.abc import Mapping

from kbapp.formats.spreadsheet import safe_cell
from kbapp.review import agreement
from kbapp.review.agreement import ReaderAgreement
from kbapp.review.insight import ENOUGH, Insight, Share
from kbapp.ui.html import Html, join, tag
from kbapp.ui.plots import intervals, medians, shares, stacks

PLOTS = ("auc", "bins", "times", "reasons")
_ALL = "whole project, every prior"
_BRACKETS = (
    "In brackets, where nothing else is named, stands the 95 % interval, of counts as a share from 0 to 1: all values that fit what was "
    "counted. The fewer cases, the wider it is."
)


def insight_view(found: Insight, current: Mapping[str, float], readers: ReaderAgreement) -> Html:
    if not found.decided:
        nothing = "Nothing is decided yet under this prior."
        return tag("p", f"{nothing} {_waiting(found)}" if found.waiting else nothing, class_="kb-empty")
    blocks = [_summary(found, readers), _auc(found), *_bins(found), _times(found), _reasons(found), _weights(found, current)]
    links = [tag("a", "numbers as CSV", href=f"/kb/insight/{found.prior}.csv", class_="kb-button")]
    links += [tag("a", f"{name} as SVG", href=f"/kb/insight/{found.prior}.{name}.svg", class_="kb-button") for name in PLOTS]
    return tag("div", *blocks, tag("p", *links, class_="kb-insight-links"), class_="kb-insight")


def plot(found: Insight, name: str) -> Html:
    """One plot for itself; that of the bins is the one of QS."""
    if name == "auc":
        return intervals("Does a higher score mean accepted?", [(p.name, *p.auc) for p in found.parts if p.auc], mark=0.5)
    if name == "bins":
        return _bin_plot(found.parts[-1])
    if name == "times":
        return medians(f"Seconds per decision by {found.pace.step}", found.pace.points, unit="seconds")
    return stacks("Reasons of rejections by week", found.weeks)


def numbers(found: Insight) -> str:
    """All figures as CSV. Names come from priors and settings: one that a spreadsheet would take for a formula gets a quote before it."""
    out = io.StringIO()
    write = csv.writer(out).writerow
    write(["what", "name", "value", "low", "high", "count", "of"])
    for part in found.parts:
        if part.auc:
            write(["auc", safe_cell(part.name), *(f"{v:.4f}" for v in part.auc), "", ""])
        for low, high, share in part.bins:
            ends = share.interval
            write(
                [
                    "accepted by score",
                    safe_cell(f"{part.name} {low:g}-{high:g}"),
                    "",
                    f"{ends[0]:.4f}",
                    f"{ends[1]:.4f}",
                    share.count,
                    share.of,
                ]
            )
    write(["first by QS accepted", "", "", *(f"{v:.4f}" for v in found.first.interval), found.first.count, found.first.of])
    write(["tied for first by QS accepted", "", "", "", "", found.tied, found.first.of])
    write(["waiting for another reader", "", "", "", "", found.waiting, ""])
    for day, low, middle, high, count in found.pace.points:
        write([f"seconds by {found.pace.step}, median and quartiles", day, *(f"{v:.1f}" for v in (middle, low, high)), count, ""])
    for week, reasons in found.weeks:
        for reason, count in reasons.items():
            write(["rejections", safe_cell(f"{week} {reason}"), "", "", "", count, ""])
    return out.getvalue()


def _summary(found: Insight, readers: ReaderAgreement) -> Html:
    rows = [
        ("Decided cases", f"{found.decided}. {_waiting(found)}" if found.waiting else str(found.decided)),
        ("Accepted, as it was or edited", str(found.accepted)),
        ("First by QS was the accepted one", _first(found)),
        ("Seconds on the screen, median (quartiles)", "{1:.0f} ({0:.0f} to {2:.0f})".format(*found.seconds) if found.seconds else "too few to say"),
        (f"Two readers, same decision ({_ALL})", f"{readers.same} of {readers.cases}" if readers.cases else "no case was read twice"),
    ]  # fmt: skip
    if readers.cases:
        rows.append((f"Cohen's kappa of the two, accept against reject ({_ALL})", _kappa(readers)))
    return tag("section", _table("Summary", ("What", "Figure"), rows), tag("p", _BRACKETS, class_="kb-hint"))


def _waiting(found: Insight) -> str:
    if found.waiting == 1:
        return "1 case waits for another reader and is not among them yet."
    return f"{found.waiting} cases wait for another reader and are not among them yet."


def _first(found: Insight) -> str:
    return _share(found.first) + (f"; in {found.tied} more it was tied for first" if found.tied else "")


def _kappa(readers: ReaderAgreement) -> str:
    kappa = readers.kappa
    if readers.cases < agreement.ENOUGH:
        return f"too few to say: {readers.cases} of {agreement.ENOUGH} cases"
    if kappa.value is None:
        return kappa.why
    return f"{kappa.value:.2f} ({kappa.low:.2f} to {kappa.high:.2f})"


def _share(share: Share) -> str:
    low, high = share.interval
    return f"{share.count} of {share.of} ({low:.2f} to {high:.2f})" if share.of else "none to say"


def _auc(found: Insight) -> Html | None:
    if not any(p.auc for p in found.parts):
        return None
    rows = [(p.name, "{:.2f} ({:.2f} to {:.2f})".format(*p.auc)) for p in found.parts if p.auc]
    hint = "How often an accepted candidate scores above one that was not accepted, over all cases together; 0.5 is chance, 1 is always."
    return _figure(
        "Does a higher score mean accepted?", hint, plot(found, "auc"), _table("", ("Part", "Area (95 % interval)"), rows)
    )


def _bins(found: Insight) -> list[Html]:
    hint = "Of all candidates with such a score, how many were accepted. Every candidate of a decided case counts; of a rejected case none was."
    rows = [(p.name, f"{low:g} to {high:g}", _share(share)) for p in found.parts for low, high, share in p.bins]
    plots = tag("div", *(_bin_plot(p) for p in found.parts if p.bins), class_="kb-plots")
    return [_figure("Accepted by score", hint, plots, _table("", ("Part", "Score", "Accepted"), rows))]


def _bin_plot(part) -> Html:
    bars = [(f"{low:g}–{high:g}", share.count, share.of, *share.interval) for low, high, share in part.bins]
    return shares(f"{part.name}: share accepted, by score", bars)


def _times(found: Insight) -> Html | None:
    if not found.pace.points:
        return None
    rows = [(day, f"{middle:.1f} ({low:.1f} to {high:.1f})", str(count)) for day, low, middle, high, count in found.pace.points]
    week = ", named by its Monday" if found.pace.step == "week" else ""
    hint = (
        f"How long a case was on the screen until it was decided. Each dot is the median of a {found.pace.step}{week}, the line through it "
        "holds the middle half of its cases. Pauses count as well."
    )
    table = _table("", (found.pace.step.capitalize(), "Median (quartiles), seconds", "Cases"), rows)
    return _figure("Time per decision", hint, plot(found, "times"), table)


def _reasons(found: Insight) -> Html | None:
    if not found.weeks:
        return None
    rows = [(week, reason, str(count)) for week, reasons in found.weeks for reason, count in reasons.items()]
    hint = "Each column is a week, named by its Monday."
    return _figure("Reasons of rejections by week", hint, plot(found, "reasons"), _table("", ("Week", "Reason", "Cases"), rows))


def _weights(found: Insight, current: Mapping[str, float]) -> Html:
    if found.learned is None:
        return tag("section", tag("h3", "Learned weights", class_="kb-section"), *_too_few(found))
    learned = found.learned
    rows = [(name, f"{weight:.2f}", f"{current.get(name, 1.0):g}") for name, weight in learned.weights.items()]
    yaml = "weights: {" + ", ".join(f"{name}: {weight:.2f}" for name, weight in learned.weights.items()) + "}"
    based = f"Learned from {found.usable} of {found.accepted} accepted cases: those with at least two candidates and all parts."
    held = f"On cases left out of the fit the first candidate was the accepted one in {learned.agreed} of {learned.cases}, with the current weights in {learned.agreed_now}."
    offer = "An offer, nothing more: put the line into the prior if you agree; scores that exist do not change."
    return tag(
        "section",
        tag("h3", "Learned weights", class_="kb-section"),
        _table("", ("Part", "Learned", "Now"), rows),
        tag("p", based),
        tag("p", held),
        tag("p", offer),
        tag("pre", yaml, class_="kb-yaml"),
    )


def _too_few(found: Insight) -> list[Html]:
    said = [
        f"Weights of the parts can be learned from {ENOUGH} accepted cases with all parts: two or more candidates, and every part of each "
        f"computed. Of the {found.accepted} accepted so far {found.usable} are such; {found.missing} more are needed."
    ]
    if found.unknown:
        lacking = "; ".join(f"{name} in {count} of {found.accepted}" for name, count in found.unknown.items())
        said.append(f"Not computed for at least one candidate: {lacking}. Such cases never count here, however many there are.")
    return [tag("p", sentence) for sentence in said]


def _figure(title: str, hint: str, drawing: Html, table: Html) -> Html:
    folded = tag("details", tag("summary", "The numbers"), table)
    return tag("section", tag("h3", title, class_="kb-section"), tag("p", hint, class_="kb-hint"), drawing, folded)


def _table(title: str, head, rows) -> Html:
    body = [tag("tr", *(tag("td", cell) for cell in row)) for row in rows]
    table = tag("table", tag("thead", tag("tr", *(tag("th", name, scope="col") for name in head))), tag("tbody", *body))
    return join(tag("h3", title, class_="kb-section") if title else None, tag("div", table, class_="kb-list"))
