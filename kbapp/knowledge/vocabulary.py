"""The words of a prior, compiled once for reading text: a trie over words whose leaves say what a term does.

A text is cut into pieces that cover it without a gap: a word or number with the blanks and hyphens behind it, or any other single
character with the blanks behind it. Terms are looked up piece by piece, longest first; there is no regular expression per term.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from kbapp.core.content import Modality
from kbapp.core.graph import Node
from kbapp.core.triple import LOCATED_IN, ON_SIDE
from kbapp.knowledge import kinds
from kbapp.knowledge.canonical import finding_name, home_of, node_of, part_of
from kbapp.priors.schema import DomainPrior, Entry

PIECES = re.compile(r"[a-z]\w*[ -]*|\d+(?:\.\d+)?(?:st|nd|rd|th)?[ -]*|\w+[ -]*|\W[ -]*")
_WORDS = re.compile(r"[a-z]\w*|\d+(?:\.\d+)?(?:st|nd|rd|th)?|\w+|[^\w\s-]")  # the same, without the blanks


_STOPS = frozenset(".;!?")
_SENTENCES_KEPT = 4_096
_REMEMBERED = 20_000  # places and nodes: far more than one prior has of them, unless a text is made to fill the memory


class Role(NamedTuple):
    kind: int  # see `kbapp.knowledge.kinds`
    value: object


class Places(NamedTuple):
    """Where an occurrence is: the names of its nodes and what is said of their places, as (head, relation, tail)."""

    names: tuple[str, ...]
    facts: tuple[tuple[str, str, str], ...]


class Outcome(NamedTuple):
    """What a pairing or a phrase means: an occurrence of `finding`, or statements and denials."""

    finding: str
    facts: tuple[tuple[str, str], ...]
    says: tuple[tuple[str, str, str], ...]
    absent: tuple[str, ...]


UNITS = {"mm": 1, "millimeter": 1, "millimeters": 1, "millimetre": 1, "millimetres": 1}
UNITS |= {"cm": 10, "centimeter": 10, "centimeters": 10, "centimetre": 10, "centimetres": 10}

_PUNCTUATION = {
    ",": kinds.COMMA,
    ".": kinds.STOP,
    "!": kinds.STOP,
    "?": kinds.STOP,
    ";": kinds.STOP,
    "\n": kinds.LINE,
    "/": kinds.ALTERNATIVE,
}


class Vocabulary:
    """Everything the report reader knows of one prior. Only groups whose rule stands (for text) are looked for."""

    def __init__(self, prior: DomainPrior):
        self.prior = prior
        groups = {rule.entity for rule in prior.rules_for(Modality.TEXT)}
        self.entries = {e.name: e for e in prior.vocabulary if e.group in groups and "text" in e.shown_by}
        self.parts = {name: part_of(prior, name) for name in self.entries}
        self.homes = {e.name: self._homes(e) for e in self.entries.values()}
        self.pairings = {
            (site, quality): self._outcome(p) for p in prior.pairings if p.group in groups
            for site in p.anatomy if site in self.entries for quality in p.quality
        }  # fmt: skip
        self.phrases = [(p.words, self._outcome(p)) for p in prior.phrases if p.group in groups]
        self.sentences: dict[str, tuple] = {}  # what the report reader has read already
        self._places: dict[tuple, Places] = {}
        self._nodes: dict[str, Node] = {}
        self.words: dict[str, str] = {}  # a piece as it stands in the text -> the word of the trie
        self.first: dict[str, list] = {}  # word -> [roles or None, {word: ...}]
        self._dotted: list[str] = []  # the words in front of a full stop that ends no sentence: "vs."
        if self.entries:
            self._compile()

    def _homes(self, entry: Entry) -> frozenset[str]:
        """The anatomy that a said place of this finding must be part of."""
        return frozenset(entry.within or ([entry.site] if entry.site else [self.prior.root]))

    def _outcome(self, meaning) -> Outcome:
        known = self.entries
        finding = getattr(meaning, "finding", None)
        degree = getattr(meaning, "degree", None)
        says = tuple(t for t in meaning.says if t[0] in known or t[0] == "@")
        return Outcome(
            finding if finding in known else "", (degree,) if degree else (), says, tuple(n for n in meaning.absent if n in known)
        )

    def _compile(self) -> None:
        self._alias: dict[str, str] = {}
        terms = list(self._entry_terms())
        for term, _ in terms:
            for word in _WORDS.findall(term.lower())[-1:]:
                self._alias.update({plural: word for plural in _plurals(word)})
        for entry in self.entries.values():  # "lung bases" says both sides: there the plural is a word of its own
            for term in entry.sided.get("bilateral", ()):
                self._alias.pop(_WORDS.findall(term.lower())[-1], None)
        for term, role in (*terms, *self._phrase_terms(), *self._modifier_terms(), *self._cue_terms()):
            self._add(term, role)
        for mark, kind in _PUNCTUATION.items():
            self._add_words([mark], Role(kind, mark))
        for plural, word in self._alias.items():
            if word in self.words:
                for blank in ("", " ", "-"):
                    self.words[plural + blank] = word

    def _add(self, term: str, role: Role) -> None:
        if not _STOPS.isdisjoint(term):
            self._dotted += [term.lower(), term.upper(), term.capitalize()]
        self._add_words([self._alias.get(w, w) for w in _WORDS.findall(term.lower())], role)

    def _add_words(self, words: list[str], role: Role) -> None:
        branch = self.first
        for word in words:
            for blank in ("", " ", "-"):
                self.words[word + blank] = word
            leaf = branch.setdefault(word, [None, {}])
            branch = leaf[1]
        if words and role not in (leaf[0] or ()):
            leaf[0] = (*(leaf[0] or ()), role)

    def _entry_terms(self) -> Iterable[tuple[str, Role]]:
        for entry in self.entries.values():
            kind = kinds.SITE if entry.kind == "anatomy" else kinds.FINDING
            for term in (entry.name, *entry.synonyms):
                yield term, Role(kind, (entry.name, ""))
            for side, terms in entry.sided.items():
                for term in terms:
                    yield term, Role(kind, (entry.name, side))

    def _phrase_terms(self) -> Iterable[tuple[str, Role]]:
        for words, outcome in self.phrases:
            for term in words:
                yield term, Role(kinds.PHRASE, outcome)
        for quality, terms in self.prior.qualities.items():
            for term in (quality, *terms):
                yield term, Role(kinds.QUALITY, quality)

    def _modifier_terms(self) -> Iterable[tuple[str, Role]]:
        for side, terms in self.prior.sides.items():
            for term in (side, *terms):
                yield term, Role(kinds.SIDE, side)
        for scale in self.prior.scales.values():
            for degree, terms in scale.degrees.items():
                for term in (degree, *terms):
                    yield term, Role(kinds.DEGREE, (scale.relation, degree))
        for unit, factor in UNITS.items():
            yield unit, Role(kinds.UNIT, factor)

    def _cue_terms(self) -> Iterable[tuple[str, Role]]:
        """A word of several lists plays its roles in this order: first it looks back, and what was used up there does not look ahead."""
        cues = self.prior.cues
        for kind, terms, value in (
            (kinds.END, cues.scope_end, ""), (kinds.AFTER, cues.absent_after, "absent"), (kinds.AFTER, cues.uncertain_after, "uncertain"),
            (kinds.ABSENT_BEFORE, cues.absent_before, ""), (kinds.UNCERTAIN_BEFORE, cues.uncertain_before, ""),
            (kinds.UNCERTAIN_NEXT, cues.uncertain_next, ""), (kinds.VERSUS, cues.versus, ""), (kinds.READING, cues.reading, ""),
            (kinds.HISTORY, cues.history, ""), (kinds.ALTERNATIVE, cues.alternatives, ""),
            (kinds.JOIN, [w for w in cues.joins if w not in cues.alternatives], ""), (kinds.PLACING, cues.placing, ""),
            (kinds.HEADING, cues.skipped_sections, "skip"), (kinds.HEADING, cues.read_sections, "read"), (kinds.IGNORE, cues.ignore, ""),
        ):  # fmt: skip
            for term in terms:
                yield term, Role(kind, value)

    def places(self, entry: str, sides: tuple[str, ...], sites: tuple[str, ...]) -> Places:
        """Each place an occurrence is at: both sides one by one, every said site, the finding's own when none is said."""
        key = (entry, sides, sites)
        known = self._places.get(key)
        if known is None:
            if len(self._places) > _REMEMBERED:
                self._places.clear()
            known = self._places[key] = self._placed(entry, self._spread(entry, sides, sites))
        return known

    def _placed(self, entry: str, spread: list[tuple[str, str]]) -> Places:
        names, facts = [], []
        for side, site in spread:
            name = finding_name(self.prior, entry, side, site)
            self._nodes[name] = node_of(self.prior, name, entry)
            names.append(name)
            facts += [(name, LOCATED_IN, site), (name, ON_SIDE, side)] if side else [(name, LOCATED_IN, site)]
        return Places(tuple(names), tuple(facts))

    def _spread(self, entry: str, sides: tuple[str, ...], sites: tuple[str, ...]) -> list[tuple[str, str]]:
        said = {one for side in sides for one in (("left", "right") if side == "bilateral" else (side,))}
        spread = []
        for site in dict.fromkeys(self._narrowest(sites) or [home_of(self.prior, entry)]):
            anatomy = self.entries.get(site)
            natural = anatomy.side if anatomy and anatomy.side and self.entries[entry].paired else ""
            for side in [natural] if natural else sorted(said) or [""]:
                spread.append((side, anatomy.on_side.get(side, site) if anatomy and side else site))
        return list(dict.fromkeys(spread))

    def _narrowest(self, sites: tuple[str, ...]) -> list[str]:
        """Drop sites that another said site is part of: "right lung ... lower lobe" is the lower lobe."""
        return [s for s in sites if not any(s != other and s in self.parts[other] for other in sites)]

    def remember(self, sentence: str, said: tuple) -> None:
        if len(self.sentences) >= _SENTENCES_KEPT:
            self.sentences.clear()
        self.sentences[sentence] = said

    def reads_as_one(self, text: str) -> bool:
        """Whether a text may not be read sentence by sentence: headings reach over sentences, and some terms hold a full stop."""
        return ":" in text or any(term in text for term in self._dotted)

    def nodes(self, names: list[str]) -> tuple[Node, ...]:
        known = self._nodes
        return tuple([known.get(name) or self._node(name) for name in names])

    def _node(self, name: str) -> Node:
        known = self._nodes.get(name)
        if known is None:
            if len(self._nodes) > _REMEMBERED:
                self._nodes.clear()
                self._places.clear()  # they are what names the nodes of findings
            known = self._nodes[name] = node_of(self.prior, name)
        return known

    def scan(self, text: str) -> tuple[list[tuple], list[str]]:
        """Marks (roles, first piece, last piece), and the pieces."""
        lowered = text.lower()
        if len(lowered) != len(text):  # a few letters grow when lowered; spans must index the text as it is
            lowered = "".join(low if len(low := c.lower()) == 1 else c for c in text)
        pieces = PIECES.findall(lowered)
        words = list(map(self.words.get, pieces))
        if "  " in lowered or "- " in lowered:
            words = [w or self.words.get(p.rstrip(" -")) for w, p in zip(words, pieces, strict=True)]
        return _marks(words, self.first), pieces


def _marks(words: list[str | None], first: dict[str, list]) -> list[tuple]:
    marks, behind, n = [], 0, len(words)
    for start, leaf in enumerate(map(first.get, words)):
        if leaf is None or start < behind:
            continue
        roles, branch = leaf
        behind = j = start + 1
        while branch and j < n:
            leaf = branch.get(words[j])
            if leaf is None:
                break
            j += 1
            branch = leaf[1]
            if leaf[0] is not None:
                roles, behind = leaf[0], j
        if roles is not None:
            marks.append((roles, start, behind - 1))
    return marks


def _plurals(word: str) -> list[str]:
    if word.endswith("y"):
        return [word[:-1] + "ies", word + "s"]
    if word.endswith("is"):
        return [word[:-2] + "es"]
    if word.endswith(("s", "x", "ch", "sh")):
        return [word + "es"]
    return [word + "s"]
