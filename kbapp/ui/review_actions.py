"""The bar of actions with their keys, and the dialogs that some of them open."""

from collections.abc import Mapping

from kbapp.core.decision import Reason
from kbapp.ui.html import Html, join, tag

_REVIEWS = ("revise", "comment", "undo")
_DECIDES = ("accept", "edit", "reject", "defer", "flag")


def actions(
    decided: str, *, final: bool, reader: str, may_take_over: bool, may_review: bool, editable: bool, not_now: Mapping[str, str]
) -> Html:
    """not_now: what is off here, and why. reader: why this person decides nothing here: somebody else reads the case, or the role. Then it can be looked at."""
    stopped = bool(reader) or final
    why = reader or (f"{decided} Press R to revise." if final else "")

    def button(do: str, label: str, key: str, css: str = "", title: str = "") -> Html:
        off = (do in _DECIDES and (stopped or (do == "edit" and not editable))) or (do in _REVIEWS and not may_review)
        if do in not_now:
            off, title = True, not_now[do]
        says = (
            title
            if do in not_now and not stopped
            else why
            if (stopped or not may_review) and off
            else ("only a report can be edited" if off else title)
        )
        face = (label, tag("kbd", key) if key else None)
        return tag("button", *face, type="button", data_do=do, class_=f"kb-button {css}", disabled=off, title=says or None)

    leading = button("revise", "Revise", "R", "primary", "takes the decision back and opens the case for another one")
    return tag(
        "div",
        leading if final else button("accept", "Accept", "A", "primary"),
        button("edit", "Edit", "E") if editable else None,
        button("reject", "Reject all", "X"),
        button("defer", "Defer", "D", title="Shift+D: with a note"),
        button("flag", "Flag", "F", title="for a second reader; Shift+F: with a note"),
        button("comment", "Comment", "C"),
        tag("span", class_="kb-gap"),
        button("compare", "Compare", "S", title="two candidates side by side; hold Space to see the last one in place"),
        button("undo", "Undo", "U", title="takes back your newest decision and opens its case"),
        button("next", "Next", "N", title="the next case, without a decision"),
        button("graphfile", "Save graph", "", "quiet"),
        button("help", "Keys", "?", "quiet"),
        tag("button", "Take over", type="button", data_do="takeover", class_="kb-button") if may_take_over else None,
        tag("span", reader or decided, class_="kb-decided", role="status"),
        class_="kb-actions",
    )


def dialogs() -> Html:
    return join(_reject(), _note(), _compare())


def _reject() -> Html:
    reasons = [
        tag("button", tag("kbd", str(i + 1)), reason.value, type="button", data_reason=reason.value, class_="kb-button")
        for i, reason in enumerate(Reason)
    ]
    return tag(
        "dialog",
        tag("h3", "Reject all candidates: why?"),
        tag("div", *reasons, class_="kb-reasons"),
        tag("label", "Note (needed for “other”)", tag("input", type="text", maxlength="500", id="kb-note", autocomplete="off")),
        tag(
            "p",
            "Press a digit, or Escape to go back. In the note, Enter rejects for “other”.",
            class_="kb-hint",
            id="kb-reject-told",
        ),
        id="kb-reject-dialog",
        class_="kb-dialog",
        aria_label="Reject all candidates",
    )


def _note() -> Html:
    """One field for the note of a deferral, of a flag, and for a comment; the script puts the words in."""
    field = tag("textarea", rows="3", maxlength="4000", id="kb-words", autocomplete="off", aria_label="Note")
    foot = (
        tag("button", "Save", tag("kbd", "↵"), type="submit", class_="kb-button primary"),
        tag("button", "Go back", tag("kbd", "Esc"), type="button", class_="kb-button", data_do="close"),
    )
    return tag(
        "dialog",
        tag("h3", "", id="kb-note-title"),
        tag("form", field, tag("p", "", class_="kb-hint", id="kb-note-hint"), tag("div", *foot, class_="kb-foot"), method="dialog"),
        id="kb-note-dialog",
        class_="kb-dialog",
        aria_labelledby="kb-note-title",
    )


def _compare() -> Html:
    modes = [
        tag(
            "button",
            label,
            type="button",
            class_="kb-toggle",
            data_compare=name,
            aria_pressed="true" if name == "side" else "false",
        )
        for name, label in (("side", "side by side"), ("slide", "slider"))
    ]
    return tag(
        "dialog",
        tag(
            "header",
            tag("h3", "Compare two candidates"),
            tag("span", *modes, class_="kb-group", role="group", aria_label="How to compare"),
            tag("p", "1–9 or ← → change the right one, Escape closes.", class_="kb-hint"),
            tag("button", "Close", type="button", class_="kb-button", data_do="close"),
        ),
        tag("div", class_="kb-compared"),
        id="kb-compare-dialog",
        class_="kb-dialog kb-wide",
        aria_label="Compare two candidates",
    )
