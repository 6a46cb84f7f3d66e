"""The names a model writes, taken apart under one prior: case, plural, synonyms, word order; side, site and degree in a name.

An unknown name is kept as it was written, in lower case: how open a vocabulary is, is the prior's choice. How a finding's node is
named is `kbapp.knowledge.canonical`'s business.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from kbapp.knowledge.canonical import home_of, part_of
from kbapp.priors.schema import DomainPrior, Entry, Pairing

_WORD = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*", re.UNICODE)
_ARTICLES = frozenset({"a", "an", "the"})


def words_of(text: str) -> tuple[str, ...]:
    """Lower-case singular words, without punctuation: "Pleural_Effusions" -> ("pleural", "effusion")."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("_", " ")
    return tuple(_singular(word) for word in _WORD.findall(plain))


def _key(text: str) -> tuple[str, ...]:
    return tuple(word for word in words_of(text) if word not in _ARTICLES)


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@dataclass(frozen=True)
class Mention:
    """A name taken apart. label: canonical entry, or the unknown name in lower case. side: "left", "right", "bilateral" or "".

    site: canonical anatomy entry in the name, or "". degree: (relation, canonical degree) of a scale word in it, or None.
    cue: "absent" or "uncertain" where the name itself says so ("no effusion", "possible effusion"), else "".
    """

    label: str
    entry: Entry | None = None
    side: str = ""
    site: str = ""
    degree: tuple[str, str] | None = None
    cue: str = ""


class Names:
    """The names of one prior, looked up by words. Takes about a millisecond to build: once per call of a reader."""

    def __init__(self, prior: DomainPrior):
        self.prior = prior
        self._entries: dict[tuple[str, ...], tuple[Entry, str]] = {}  # words -> (entry, the side they say or "")
        for entry in prior.vocabulary:  # canonical names first: no synonym may take one
            self._entries.setdefault(_key(entry.name), (entry, ""))
        for entry in prior.vocabulary:
            said = [("", entry.synonyms), *entry.sided.items(), *((side, (word,)) for side, word in entry.on_side.items())]
            for side, synonyms in said:
                for synonym in synonyms:
                    self._entries.setdefault(_key(synonym), (entry, side))
        self._unordered: dict[tuple[str, ...], tuple[Entry, str]] = {}
        for key, found in self._entries.items():
            self._unordered.setdefault(tuple(sorted(key)), found)
        self._longest = max(map(len, self._entries), default=0)
        self._sides = {words_of(w): side for side, said in prior.sides.items() for w in (side, *said)}
        self._degrees = {
            words_of(w): (scale.relation, degree)
            for scale in prior.scales.values()
            for degree, said in scale.degrees.items()
            for w in (degree, *said)
        }

        self._qualities = {words_of(w): quality for quality, said in prior.qualities.items() for w in (quality, *said)}
        self._meanings = {(site, quality): p for p in prior.pairings for site in p.anatomy for quality in p.quality}
        cues = prior.cues
        self._cues = {words_of(cue): "uncertain" for cue in (*cues.uncertain_before, *cues.uncertain_next)}
        self._cues |= {words_of(cue): "absent" for cue in cues.absent_before}

    def meaning(self, label: str, quality: str) -> Pairing | None:
        """What the prior says that a quality of an anatomy entry means: ("heart", "dilated") -> cardiomegaly."""
        return self._meanings.get((label, self._qualities.get(words_of(quality), "")))

    def degree(self, relation: str, text: str) -> str:
        """The canonical degree on the scale of this relation, ("has severity", "tiny") -> "small"; "" for anything else."""
        scale, degree = self._degrees.get(words_of(text), ("", ""))
        return degree if scale == relation else ""

    def entry_of(self, text: str) -> Mention | None:
        """The entry that the whole name stands for, with the side it says; None when it says more, or something else."""
        key = _key(text)
        found = self._entries.get(key) or self._unordered.get(tuple(sorted(key)))
        return _mention(*found) if found else None

    def mention(self, text: str) -> Mention:
        """Take a name apart: "small left lower lobe opacities" -> lung opacity, left, lower lobe, ("has severity", "small")."""
        if whole := self.entry_of(text):
            return whole
        left = list(_key(text))
        cue = _take(left, self._cues) or ""
        return replace(self._taken_apart(left, text), cue=cue)

    def _taken_apart(self, left: list[str], text: str) -> Mention:
        entry, own_side = _take(left, self._entries, self._longest, lambda e: e[0].kind != "anatomy") or (None, "")
        if entry is None:
            entry, own_side = _take(left, self._entries, self._longest) or (None, "")
        side = _take(left, self._sides) or own_side
        degree = _take(left, self._degrees)
        if entry is None:
            entry, own_side = self._unordered.get(tuple(sorted(left))) or (None, "")
        if entry is None:
            alone = side if side and not left else ""
            return Mention(alone or " ".join(unicodedata.normalize("NFKC", text).casefold().split()), side=alone)
        pairing = self._meanings.get((entry.name, _take(left, self._qualities))) if entry.kind == "anatomy" else None
        if pairing and pairing.finding:
            return replace(self.found(pairing, entry.name), side=side, degree=pairing.degree or degree)
        place, place_side = _take(left, self._entries, self._longest, lambda e: self.is_place(entry, e[0])) or (None, "")
        return _mention(entry, side or place_side, place.name if place else "", degree)

    def is_place(self, finding: Entry, place: Entry) -> bool:
        """Whether the finding can be said to lie there: a place is part of its home, or of what the prior names as such."""
        homes = finding.within or (home_of(self.prior, finding.name),)
        return place.kind == "anatomy" and not part_of(self.prior, place.name).isdisjoint(homes)

    def found(self, pairing: Pairing, anatomy: str) -> Mention:
        """The finding that a quality of this anatomy is; the anatomy is its site where it says more than the finding's own."""
        home = home_of(self.prior, pairing.finding)
        site = anatomy if anatomy != home and home in part_of(self.prior, anatomy) else ""
        return Mention(pairing.finding, self.prior.entry_by_name.get(pairing.finding), "", site, pairing.degree)


def _mention(entry: Entry, side: str = "", site: str = "", degree: tuple[str, str] | None = None) -> Mention:
    return Mention(entry.name, entry, (entry.side or side) if entry.paired else "", site, degree)


def _take(left: list[str], table: Mapping, longest: int = 3, fits: Callable = lambda value: True):
    """The value of the longest run of words in the table that fits, its words removed from `left`; None if there is none."""
    for size in range(min(longest, len(left)), 0, -1):
        for start in range(len(left) - size + 1):
            value = table.get(tuple(left[start : start + size]))
            if value is not None and fits(value):
                del left[start : start + size]
                return value
    return None
