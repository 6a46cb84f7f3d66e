"""What somebody sees once: three steps on the list, and a guide through the first case. The page remembers that they were closed."""

from kbapp.ui.html import Html, tag

_STEPS = (
    ("Give one half", "Press a sample case, or upload a film or a report. The missing half is made in a moment, in five versions."),
    ("Compare", "1 to 5 show the candidates, G the graph. ≠ marks what contradicts the source; scores only compare."),
    ("Decide", "A accepts, E edits, X rejects with a reason, U takes back. Every decision stays in the audit. ? shows all keys."),
)
_GUIDE = (  # what the page's script calls the step, its title, what to do
    ("evidence", "See where from", "Point at a fact in the graph, or at a marked place: they light up together."),
    ("candidate", "Look at another", "Press 2. While you hold Space, the one before is back."),
    ("difference", "See what differs", "Press G until Difference: kept, missing, extra, contradicted."),
    ("decide", "Decide", "A accepts, X and a digit reject with the reason, D defers."),
    ("undo", "Take it back", "U takes your last decision back and opens its case."),
)


def first_steps() -> Html:
    """On the list. Shown by the script unless it was closed before."""
    return _panel("First steps", "kb-first-steps", [_step(title, words) for title, words in _STEPS])


def first_case() -> Html:
    """Over the first case: each step is ticked when it was done."""
    return _panel("Your first case", "kb-first-case", [_step(title, words, data_step=name) for name, title, words in _GUIDE])


def _step(title: str, words: str, **more: str) -> Html:
    return tag("li", tag("b", title), tag("span", words), **more)


def _panel(name: str, key: str, steps: list[Html]) -> Html:
    close = tag("button", "Got it", type="button", class_="kb-button", data_hint=key)
    return tag("section", tag("ol", *steps), close, class_="kb-first", aria_label=name, data_key=key, hidden=True)
