"""What somebody changed in a text, word by word."""

import difflib
import re

from kbapp.ui.html import Html, join, tag

_PIECE = re.compile(r"\s+|\w+|[^\w\s]")
_LONGEST = 20_000  # characters; longer texts are compared line by line


def changed_words(before: str, after: str) -> Html:
    """The later text with what was put in as <ins> and what was taken out as <del>."""
    cut = str.splitlines if len(before) + len(after) > _LONGEST else _PIECE.findall
    old, new = (cut(text, True) if cut is str.splitlines else cut(text) for text in (before, after))
    pieces = []
    for kind, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append("".join(new[k:m]))
            continue
        if i < j:
            pieces.append(tag("del", "".join(old[i:j])))
        if k < m:
            pieces.append(tag("ins", "".join(new[k:m])))
    return tag("div", join(*pieces), class_="report kb-changes", tabindex="0", role="document", aria_label="text as it was edited")
