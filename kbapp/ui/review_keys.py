"""The keyboard map as people see it: one line for what each key does, and a button where the key can be changed."""

from dataclasses import dataclass

from kbapp.ui.html import Html, tag


@dataclass(frozen=True)
class Key:
    """A key that a person may change. action: what the page's script calls it; first: the key it has at first, as a browser names it."""

    action: str
    first: str
    what: str


KEYS: tuple[Key | tuple[str, str], ...] = (  # a pair: keys that stay as they are
    ("1 … 9, ← →", "show a candidate"),
    ("Space", "in blind reading: reveal the scores; else, while held, the candidate shown before"),
    Key("accept", "a", "accept the candidate shown, save, next"),
    Key("edit", "e", "edit it; Ctrl+Enter accepts as edited, Ctrl+S saves the draft, Esc leaves (the draft stays)"),
    Key("reject", "x", "reject all; then a digit for the reason"),
    Key("defer", "d", "defer"),
    Key("defer_note", "D", "defer with a note"),
    Key("flag", "f", "flag for a second reader"),
    Key("flag_note", "F", "flag with a note"),
    Key("comment", "c", "comment"),
    Key("next", "n", "next case, without a decision; on the list: start"),
    Key("previous", "p", "the case before"),
    Key("undo", "u", "undo your last decision"),
    Key("revise", "r", "revise a decided case"),
    Key("history", "h", "your last decisions"),
    Key("search", "/", "on the list: search; in a report: find"),
    Key("graph", "g", "graph: source, candidate, difference, table"),
    Key("correct", "v", "put the source graph right; Ctrl+Enter goes to the reason, then saves"),
    Key("again", "R", "make candidates again"),
    Key("compare", "s", "two candidates side by side"),
    Key("evidence", "m", "evidence marks on or off"),
    Key("measures", "o", "measures on or off"),
    Key("invert", "i", "picture: black and white exchanged"),
    Key("zoomin", "+", "picture: larger"),
    Key("zoomout", "-", "picture: smaller"),
    Key("fit", "=", "picture: fits the panel"),
    ("Shift+1 … 4", "window: as given, lung, bone, auto"),
    ("↑ ↓ Enter, Esc", "on the list: move, open, show all cases"),
    Key("help", "?", "this help"),
)


def keys_dialog() -> Html:
    half = (len(KEYS) + 1) // 2
    tables = [tag("table", tag("tbody", *map(_row, part))) for part in (KEYS[:half], KEYS[half:])]
    switch = tag("label", tag("input", type="checkbox", id="kb-keys-on", checked=True), " keys work without Alt")
    reset = tag("button", "Back to the first keys", type="button", class_="kb-button", id="kb-keys-reset")
    close = tag("button", "Close", tag("kbd", "Esc"), type="button", class_="kb-button", data_do="close")
    hint = "Press one of the framed keys to change it. When keys are off, they still work with Alt. This browser remembers both."
    return tag(
        "dialog",
        tag("h3", "Keys"),
        tag("p", hint, class_="kb-hint", id="kb-keys-told", role="status"),
        tag("div", *tables, class_="kb-keys-tables"),
        tag("div", switch, reset, close, class_="kb-foot"),
        class_="kb-dialog",
        id="kb-help-dialog",
        aria_label="Keys",
    )


def _row(key: Key | tuple[str, str]) -> Html:
    if not isinstance(key, Key):
        return tag("tr", tag("th", key[0], scope="row"), tag("td", key[1]))
    face = tag("button", shown(key.first), type="button", data_key=key.action, data_first=key.first, class_="kb-key")
    return tag("tr", tag("th", face, scope="row"), tag("td", key.what))


def shown(key: str) -> str:
    """A key as it stands on a keyboard: "A" for a, "Shift+A" for A."""
    return f"Shift+{key}" if key.isupper() else key.upper()
