"""What the page says after something was pressed: "saved", or why it was not. Pure: values in, {"html", "kind", ...} out."""

import time
from collections.abc import Sequence

from kbapp.core.decision import Action, Decision
from kbapp.review.decisions import DecisionRow
from kbapp.ui.html import Html, tag
from kbapp.ui.review_words import utc_time

_SAID = {
    Action.ACCEPT: "accepted candidate {k}", Action.REJECT: "rejected: {reason}", Action.DEFER: "deferred",
    Action.FLAG: "flagged for a second reader", Action.UNDO: "undone", Action.ACCEPT_EDITED: "accepted candidate {k}, edited",
}  # fmt: skip


def said(decision: Decision, returned: bool = False) -> str:
    """returned: as in a `DecisionRow`."""
    if returned:
        return "returned to the first reader"
    k = "" if decision.candidate is None else decision.candidate + 1
    return _SAID[decision.action].format(k=k, reason=decision.reason)


def standing_sentence(decision: Decision | None, returned: bool = False) -> str:
    if decision is None:
        return ""
    words = said(decision, returned) + (f" ({decision.note})" if decision.note else "")
    return f"Decision #{decision.id}: {words}, {decision.utc[:16].replace('T', ' ')} UTC by {decision.actor}."


def saved(decision: Decision, more: str = "") -> dict:
    """A toast for 8 seconds, with the way back. more: sentences about what was decided upon."""
    undo = tag("button", "Undo", tag("kbd", "U"), type="button", class_="kb-button", data_do="undo")
    words = tag(
        "span", tag("b", f"Saved as #{decision.id}"), " ", utc_time(decision.utc), f" by {decision.actor}: {said(decision)}"
    )
    back = decision.action is Action.UNDO
    toast = _toast(words, tag("span", more) if more else None, None if back else undo)
    return _reply("saved", toast, did="undo" if back else "decide")


def second_read(read) -> dict:
    """No way back here: both readers know by now what the other one said."""
    agrees = "The first reader decided the same." if read.agrees else "The first reader decided otherwise: an expert settles it."
    words = tag("span", tag("b", f"Saved as second read #{read.id}"), " ", utc_time(read.utc), f". {agrees}")
    return _reply("saved", _toast(words), did="decide")


def decoy(sentence: str) -> dict:
    """A decoy was accepted. A dialog, because it is to be read."""
    close = tag(
        "button", "Back to the case", tag("kbd", "Esc"), type="button", class_="kb-button primary", data_do="close", autofocus=True
    )
    dialog = tag(
        "dialog",
        tag("h3", "This was a decoy"),
        tag("p", _as_sentence(sentence)),
        tag(
            "p",
            "Decoys are candidates with a known error, shown in a few cases so that this project learns whether its readers look.",
            class_="kb-hint",
        ),
        tag("div", close, class_="kb-foot"),
        class_="kb-dialog",
        id="kb-decoy-dialog",
        aria_label="This was a decoy",
    )
    return _reply("decoy", dialog, code="decoy")


def told(sentence: str) -> dict:
    return _reply("saved", _toast(tag("span", sentence)))


def refused(code: str, sentence: str) -> dict:
    """Nothing was saved; the page stays as it is, with everything that was written."""
    return _reply("refused", _toast(tag("span", tag("b", "Not saved. "), _as_sentence(sentence)), css="bad"), code=code)


def stale(sentence: str, mine: str, theirs: DecisionRow | None) -> dict:
    """The case has gone on, by somebody else or by the person in another window: both sides, and the choice."""
    other = standing_sentence(theirs.decision, theirs.returned) if theirs else "The case was opened or completed again."
    reload = tag(
        "button",
        "Show the case as it is",
        tag("kbd", "↵"),
        type="button",
        class_="kb-button primary",
        data_do="reload",
        autofocus=True,
    )
    stay = tag("button", "Stay here", tag("kbd", "Esc"), type="button", class_="kb-button", data_do="close")
    sides = tag("dl", tag("dt", "You"), tag("dd", mine), tag("dt", "Stored"), tag("dd", other), class_="kb-sides")
    dialog = tag(
        "dialog",
        tag("h3", "Not saved: the case is no longer as this page shows it"),
        sides,
        tag("p", _as_sentence(sentence), class_="kb-hint"),
        tag("div", reload, stay, class_="kb-foot"),
        class_="kb-dialog",
        aria_label="This case changed",
    )
    return _reply("stale", dialog)


def history(rows: Sequence[DecisionRow]) -> dict:
    """A person's newest decisions, each with the way to its case."""
    lines = [
        tag(
            "tr",
            tag("td", utc_time(row.decision.utc)),
            tag(
                "td",
                f"#{row.decision.id} {said(row.decision, row.returned)}",
                "" if row.counts else tag("span", _gone(row), class_="kb-hint"),
            ),
            tag("td", tag("a", row.origin or row.case, href=f"/?case={row.case}", data_open=row.case)),
        )
        for row in rows
    ]
    table = tag("table", tag("tbody", *lines)) if lines else tag("p", "You have decided nothing yet.", class_="kb-hint")
    close = tag("button", "Close", tag("kbd", "Esc"), type="button", class_="kb-button", data_do="close", autofocus=True)
    return _reply(
        "history",
        tag(
            "dialog",
            tag("h3", "Your last decisions"),
            tag("div", table, class_="kb-scroll", tabindex="0"),
            tag("div", tag("a", "All decisions", href="/audit"), close, class_="kb-foot"),
            class_="kb-dialog",
            id="kb-history-dialog",
            aria_label="Your last decisions",
        ),
    )


def _gone(row: DecisionRow) -> str:
    return "" if row.decision.action is Action.UNDO else " (no longer counts)"


def _toast(*words: object, css: str = "") -> Html:
    return tag("div", *words, class_=f"kb-toast {css}", role="alert" if css else "status")


def _reply(kind: str, html: Html, **more) -> dict:
    return {"kind": kind, "html": html, "at": time.monotonic_ns(), **more}


def _as_sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "!", "?")) else ".")
