"""File names, made fit to be shown. Nothing is ever stored under such a name."""

import re
import unicodedata

LONGEST = 120
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def sanitize_name(name: str) -> str:
    """The last part of a path without control, bidi and other invisible characters, at most 120 characters; "unnamed" if nothing is left.

    The suffix survives the cut. The result is for eyes only: it is escaped where it is shown and never used as a path.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(c if unicodedata.category(c)[0] not in "CZ" else " " if c.isspace() else "" for c in last)
    tidy = " ".join(visible.split()).rstrip(". ")
    if not tidy.strip("."):
        return "unnamed"
    if _RESERVED.fullmatch(tidy):
        tidy = "_" + tidy
    return tidy if len(tidy) <= LONGEST else _shorten(tidy)


def sanitize_sentence(sentence: str) -> str:
    """One visible line of at most 300 characters."""
    return " ".join("".join(c if unicodedata.category(c)[0] != "C" else " " for c in sentence).split())[:300]


def suffix_of(name: str) -> str:
    """The suffix in small letters with its dot, "" if there is none."""
    stem, dot, suffix = sanitize_name(name).rpartition(".")
    return f".{suffix.lower()}" if dot and stem else ""


def _shorten(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > 10:
        return name[: LONGEST - 1] + "…"
    return stem[: LONGEST - 2 - len(suffix)] + "…." + suffix
