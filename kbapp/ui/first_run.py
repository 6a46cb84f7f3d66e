"""What somebody sees once: three steps on the list, and a guide through the first case. The page remembers that they were closed."""

import re

from kbapp.ui.html import Html, join, tag
from kbapp.ui.review_keys import KEYS, Key, shown

# {name}: the key of an action, as it is on this browser
_STEPS = (
    ("Give one half", "Press a sample case, or upload a film or a report. The missing half is made in a moment, in five versions."),
    ("Compare", "1 to 5 show the candidates, {graph} the graph. ≠ marks what contradicts the source; scores only compare."),
    (
        "Decide",
        "{accept} accepts, {edit} edits, {reject} rejects with a reason, {undo} takes back. Every decision stays in the audit. {help} shows all keys.",
    ),
)
_GUIDE = (  # what the page's script calls the step, its title, what to do
    ("evidence", "See where from", "Point at a fact in the graph, or at a marked place: they light up together."),
    ("candidate", "Look at another", "Press 2. While you hold Space, the one before is back."),
    ("difference", "See what differs", "Press {graph} until Difference: kept, missing, extra, contradicted."),
    ("decide", "Decide", "{accept} accepts, {reject} and a digit reject with the reason, {defer} defers."),
    ("undo", "Take it back", "{undo} takes your last decision back and opens its case."),
)


_BLIND = ("Compare", "1 to 5 show the candidates, {graph} the graph. This project reads blind first: Space shows the scores.")
_FIRST = {key.action: key.first for key in KEYS if isinstance(key, Key)}


def first_steps() -> Html:
    """On the list. Shown by the script unless it was closed before; of the second step in the words that hold for the project."""
    give, compare, decide = _STEPS
    steps = [_step(*give), _step(*compare, class_="kb-sighted"), _step(*_BLIND, class_="kb-blindly"), _step(*decide)]
    return _panel("First steps", "kb-first-steps", steps)


def first_case() -> Html:
    """Over the first case: each step is ticked when it was done."""
    return _panel("Your first case", "kb-first-case", [_step(title, words, data_step=name) for name, title, words in _GUIDE])


def _step(title: str, words: str, **more: str) -> Html:
    return tag("li", tag("b", title), tag("span", _with_keys(words)), **more)


def _with_keys(words: str) -> Html:
    pieces = re.split(r"\{(\w+)\}", words)
    return join(*(tag("span", shown(_FIRST[p]), data_key_of=p) if k % 2 else p for k, p in enumerate(pieces)))


def _panel(name: str, key: str, steps: list[Html]) -> Html:
    close = tag("button", "Got it", type="button", class_="kb-button", data_hint=key)
    return tag("section", tag("ol", *steps), close, class_="kb-first", aria_label=name, data_key=key, hidden=True)
