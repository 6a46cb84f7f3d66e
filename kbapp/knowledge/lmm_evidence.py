"""Where a model's quote stands: in the source, else in its own answers, else nowhere."""

import re
from collections.abc import Mapping, Sequence

from kbapp.core.content import Content, TextContent
from kbapp.core.evidence import Evidence, ModelAnswer, TextSpan

_QUOTE_CHARS = 300
_MARKS = " \t\n\"'“”‘’`.,;:…"


def locate(quote: str, contents: Sequence[Content], answers: Mapping[str, str]) -> Evidence | None:
    """The quote's place. answers: by the entity of their rule.

    First a text of the source (exact, then with case and white space ignored), then an answer; None when it stands in neither.
    """
    quote = quote[:_QUOTE_CHARS].strip(_MARKS)
    if not re.search(r"\w", quote):
        return None
    for number, content in enumerate(contents):
        if isinstance(content, TextContent):
            found = _find(quote, content.text)
            if found:
                return TextSpan(*found, content=number)
    for rule, answer in answers.items():
        found = _find(quote, answer)
        if found:
            return ModelAnswer(rule, answer[slice(*found)])
    return None


def _find(quote: str, text: str) -> tuple[int, int] | None:
    start = text.find(quote)
    if start >= 0 and _whole_words(text, start, start + len(quote)):
        return start, start + len(quote)
    loose = r"(?<!\w)" + r"\s+".join(re.escape(word) for word in quote.split()) + r"(?!\w)"
    match = re.search(loose, text, re.IGNORECASE)
    return match.span() if match else None


def _whole_words(text: str, start: int, end: int) -> bool:
    """Not the "mass" of "massive"."""
    return not (start and text[start - 1].isalnum() and text[start].isalnum()) and not (
        end < len(text) and text[end - 1].isalnum() and text[end].isalnum()
    )
