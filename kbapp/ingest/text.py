"""Reports: bytes or pasted words to clean text."""

import codecs
import re
import unicodedata

from kbapp.core.content import TextContent
from kbapp.errors import InputError
from kbapp.ingest.limits import TEXT_BYTES

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_TERMINAL_CODES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_NEWLINE_AND_TAB = {ord("\n"): None, ord("\t"): None}


def read_text(data: bytes) -> TextContent:
    """UTF-8, or UTF-8/UTF-16 with its mark, to a clean TextContent. Raises InputError (text_*, no_text)."""
    return ingest_text(_decode(data))


def ingest_text(text: str) -> TextContent:
    """A pasted or quoted text, as `read_text` takes a file's. Raises InputError (text_*, no_text)."""
    clean = clean_text(text)
    if not looks_like_text(clean):
        raise InputError(
            "This holds no readable report: expected sentences in words. Paste or upload the report's text.", code="no_text"
        )
    return TextContent(clean)


def clean_text(text: str) -> str:
    """NFC, "\\n" line ends, no control, bidi, zero-width or terminal characters; the end is trimmed, the start is not (spans count from it).

    Raises InputError text_empty, or text_too_large over 200 kB of UTF-8.
    """
    if len(text) > TEXT_BYTES:
        raise _too_large()
    plain = _TERMINAL_CODES.sub("", text) if "\x1b" in text else text
    plain = _LINE_ENDS.sub("\n", plain)
    if not plain.isascii():
        plain = unicodedata.normalize("NFC", plain)
    if not plain.translate(_NEWLINE_AND_TAB).isprintable():  # no-break spaces take the slow way too, unharmed
        plain = "".join(c for c in plain if _is_kept(c))
    clean = plain.rstrip()
    if not clean.strip():
        raise InputError("The text is empty: paste or upload a report.", code="text_empty")
    if len(clean.encode()) > TEXT_BYTES:
        raise _too_large()
    return clean


def looks_like_text(text: str) -> bool:
    """False for what no person wrote as prose: bare numbers, base64, dumps. "Normal." is prose; any language that has letters will do."""
    start = text.lstrip()[:600]
    words = [word for word in _WORD.findall(start) if len(word) <= 40]
    return bool(words) and sum(map(len, words)) >= 0.4 * len("".join(start.split()))


def _is_kept(character: str) -> bool:
    """Category C is: controls, formats (bidi, zero-width, tags), surrogates, private use, unassigned."""
    return character in "\n\t" or character >= " " and unicodedata.category(character)[0] != "C"


def _decode(data: bytes) -> str:
    if len(data) > 2 * TEXT_BYTES + 2:
        raise _too_large()
    mark, encoding = next(((mark, name) for mark, name in _BOMS if data.startswith(mark)), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        raise _not_text() from None
    if text.count("\0") > len(text) // 4:  # a stray NUL is dropped later; many mean UTF-16 without its mark, or no text at all
        raise _not_text()
    return text


def _not_text() -> InputError:
    return InputError(
        "Expected a PNG, JPEG or DICOM picture, or a text in UTF-8: save the report as UTF-8 text and try again.",
        code="text_encoding",
    )


def _too_large() -> InputError:
    return InputError(
        f"The text is too long: expected at most {TEXT_BYTES // 1000} kB. Upload one report at a time.", code="text_too_large"
    )
