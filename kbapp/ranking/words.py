"""What a text mentions, by word order alone: coarse on purpose, and apart from the report reader.

A mention is a finding of the vocabulary with its polarity and the side, zone and degree words beside it. All words come from the prior.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass, field

from kbapp.priors.schema import DomainPrior

_TOKEN = re.compile(r"[^\W_]+|[.;:\n,]")
_CLAUSE_ENDS = frozenset(".;:\n")
_KEPT_TEXTS = 64
_KEPT_PRIORS = 8
_REACH = 5  # words within which a side, a zone or a degree belongs to a finding


@dataclass
class Mention:
    """polarity: 1 present, 0.5 in doubt, -1 denied. sides: of "left", "right"; zones: of "upper", "middle", "lower"; level: 0-1, degree
    within its scale."""

    entry: str
    polarity: float
    sides: set[str] = field(default_factory=set)
    zones: set[str] = field(default_factory=set)
    level: float = 0.45  # of what is there in no said degree


class Lexicon:
    """The words of one prior by what they do: ("finding", entry), ("anatomy", entry), ("side", side), ("degree", level), ("cue", kind),
    ("quality", name). Built once per prior."""

    def __init__(self, prior: DomainPrior):
        self.prior = prior
        self.roles: dict[tuple[str, ...], list[tuple[str, object]]] = {}
        for entry in prior.vocabulary:
            kind = "anatomy" if entry.kind == "anatomy" else "finding"
            for words in (entry.name, *entry.synonyms):
                self._add(words, kind, entry.name)
        for side, said in prior.sides.items():
            for words in (side, *said):
                self._add(words, "side", side)
        for scale in prior.scales.values():
            for rank, (degree, said) in enumerate(scale.degrees.items()):
                for words in (degree, *said):
                    self._add(words, "degree", (scale.relation, (rank + 0.5) / len(scale.degrees)))
        for quality, said in prior.qualities.items():
            for words in (quality, *said):
                self._add(words, "quality", quality)
        self._add_cues()
        self.longest = max(map(len, self.roles), default=1)
        self._last: OrderedDict[str, tuple[Mention, ...]] = OrderedDict()  # both scorers ask for the same texts

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """In the order of the text."""
        if text not in self._last:
            self._last[text] = tuple(m for clause in _clauses(text) for m in _of_clause(self.found_in(clause), self))
            if len(self._last) > _KEPT_TEXTS:
                self._last.popitem(last=False)
        return self._last[text]

    def _add_cues(self) -> None:
        cues = self.prior.cues
        by_kind = {
            "denied ahead": cues.absent_before,
            "denied behind": cues.absent_after,
            "doubted ahead": (*cues.uncertain_before, *cues.uncertain_next),
            "doubted behind": cues.uncertain_after,
            "end": cues.scope_end,
        }
        for kind, said in by_kind.items():
            for words in said:
                self._add(words, "cue", kind)

    def _add(self, words: str, role: str, value: object) -> None:
        key = tuple(_singular(w) for w in _TOKEN.findall(words.casefold()))
        if key and (role, value) not in self.roles.setdefault(key, []):
            self.roles[key].append((role, value))

    def found_in(self, clause: list[str]) -> list[tuple[int, str, object]]:
        """(place, role, value), longest run of words first, none twice."""
        found, at = [], 0
        while at < len(clause):
            for size in range(min(self.longest, len(clause) - at), 0, -1):
                roles = self.roles.get(tuple(clause[at : at + size]))
                if roles:
                    found += [(at, role, value) for role, value in roles]
                    at += size - 1
                    break
            at += 1
        return found


class Lexicons:
    """The lexicons of the last few priors."""

    def __init__(self):
        self._by_sha256: OrderedDict[str, Lexicon] = OrderedDict()

    def of(self, prior: DomainPrior) -> Lexicon:
        if prior.sha256 not in self._by_sha256:
            self._by_sha256[prior.sha256] = Lexicon(prior)
            if len(self._by_sha256) > _KEPT_PRIORS:
                self._by_sha256.popitem(last=False)
        return self._by_sha256[prior.sha256]


def _clauses(text: str) -> list[list[str]]:
    clauses: list[list[str]] = [[]]
    for token in _TOKEN.findall(text.casefold()):
        if token in _CLAUSE_ENDS:
            clauses.append([])
        elif token != ",":
            clauses[-1].append(_singular(token))
    return [clause for clause in clauses if clause]


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _of_clause(found: list[tuple[int, str, object]], lexicon: Lexicon) -> list[Mention]:
    made = [(at, Mention(value, _polarity(at, found))) for at, role, value in found if role == "finding"]
    made += _paired(found, lexicon)
    for at, role, value in found:
        if role in ("side", "anatomy", "degree"):
            near = [(abs(place - at), mention) for place, mention in made if abs(place - at) <= _REACH]
            for _, mention in sorted(near, key=lambda pair: pair[0])[: 3 if role == "side" else 1]:
                _place(mention, role, value, lexicon.prior)
    return [mention for _, mention in made]


def _polarity(at: int, found: list[tuple[int, str, object]]) -> float:
    """Denied or doubted by the last cue before it in its clause, or by the first behind it."""
    polarity = 1.0
    for place, role, value in found:
        if role != "cue":
            continue
        if place <= at:
            polarity = {"denied ahead": -1.0, "doubted ahead": min(polarity, 0.5), "end": 1.0}.get(value, polarity)
        elif value in ("denied behind", "doubted behind") and polarity == 1.0:
            polarity = -1.0 if value == "denied behind" else 0.5
    return polarity


def _paired(found, lexicon: Lexicon) -> list[tuple[int, Mention]]:
    """An anatomy and a quality of one clause that together mean a finding, or its absence."""
    anatomy = {value: at for at, role, value in found if role == "anatomy"}
    qualities = {value for _, role, value in found if role == "quality"}
    made = []
    for pairing in lexicon.prior.pairings:
        for name in pairing.anatomy:
            if name in anatomy and qualities.intersection(pairing.quality):
                at = anatomy[name]
                meant = (
                    [(pairing.finding, _polarity(at, found))] if pairing.finding else [(entry, -1.0) for entry in pairing.absent]
                )
                made += [(at, Mention(entry, polarity)) for entry, polarity in meant]
    return made


def _place(mention: Mention, role: str, value, prior: DomainPrior) -> None:
    if role == "side":
        mention.sides |= {"left", "right"} if value == "bilateral" else {value}
    elif role == "degree":
        mention.level = value[1]
    else:
        drawing = prior.entry_by_name[value].drawing or ""
        if drawing.endswith(" zone"):
            mention.zones.add(drawing.removesuffix(" zone"))
