"""A model's statements -> knowledge graph: canonical names, side and site in the finding's node, evidence for each triple.

A statement without evidence, with a relation the prior does not know, or about something this modality cannot show is dropped and
counted. Every finding ends up with its "located in" triple.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kbapp.core.content import Content
from kbapp.core.evidence import Evidence
from kbapp.core.graph import KnowledgeGraph, Node, graph_of
from kbapp.core.triple import LOCATED_IN, ON_SIDE, STRENGTH, Status, Triple
from kbapp.knowledge.canonical import finding_name, finding_triples, node_of
from kbapp.knowledge.lmm_evidence import locate
from kbapp.knowledge.lmm_names import Mention, Names, words_of
from kbapp.knowledge.lmm_reply import Statement
from kbapp.priors.schema import Pairing, Phrase
from kbapp.priors.version import PriorVersion

NAME_CHARS = 80
_FINDINGS = ("finding", "device")


@dataclass(frozen=True)
class _Said:
    """A statement that stands, its names taken apart."""

    head: Mention
    relation: str
    tail: Mention
    status: Status
    evidence: Evidence


def graph_from(
    statements: Iterable[Statement], contents: Sequence[Content], answers: Mapping[str, str], prior: PriorVersion, names: Names
) -> tuple[KnowledgeGraph, Counter]:
    """The graph, and why statements were dropped ({"no evidence": 2}). answers: by the entity of their rule."""
    dropped: Counter = Counter()
    groups: dict[tuple[str, ...], list[_Said]] = {}
    for statement in statements:
        said = _checked(statement, contents, answers, prior, names)
        if isinstance(said, str):
            dropped[said] += 1
        else:
            groups.setdefault((said.head.label, *words_of(statement.head)), []).append(said)
    builder = _Builder(names)
    for group in groups.values():
        builder.add(group)
    builder.finish()
    return graph_of(builder.triples, builder.nodes.values(), prior.ref), dropped


def _checked(
    statement: Statement, contents: Sequence[Content], answers: Mapping[str, str], prior: PriorVersion, names: Names
) -> _Said | str:
    """The statement taken apart, or why it is dropped."""
    if not (_is_name(statement.head) and _is_name(statement.tail)):
        return "no usable name"
    relation = _relation(statement.relation, prior)
    if relation is None:
        return "relation not in the prior"
    evidence = locate(statement.quote, contents, answers)
    if evidence is None:
        return "no evidence"
    head, tail = names.mention(statement.head), names.mention(statement.tail)
    status = Status(head.cue) if head.cue and statement.status == "present" else Status(statement.status)
    pairing = names.meaning(head.label, statement.tail) if relation not in (LOCATED_IN, ON_SIDE) else None
    if pairing and pairing.finding:  # (heart, has size, enlarged) is cardiomegaly
        side = head.side
        head = names.found(pairing, head.label)
        relation, tail = LOCATED_IN, Mention(head.site, prior.prior.entry_by_name.get(head.site), side)
    if head.entry and contents[0].modality.value not in head.entry.shown_by:
        return f"not to be seen in this {contents[0].modality.value}"
    return _Said(head, relation, tail, status, evidence)


def _is_name(text: str) -> bool:
    return len(text) <= NAME_CHARS and bool(words_of(text)) and not any(ord(c) < 32 or c in "<>{}" for c in text)


def _relation(text: str, prior: PriorVersion) -> str | None:
    known = {words_of(relation): relation for relation in prior.prior.relations}
    wanted = words_of(text)
    if not known:
        return " ".join(wanted) or None
    return known.get(wanted)


class _Builder:
    """Collects the triples of one graph, one group of statements (same head) after the other."""

    def __init__(self, names: Names):
        self.names, self.prior = names, names.prior
        self.triples: list[Triple] = []
        self.nodes: dict[str, Node] = {}
        self._denials: list[tuple[str, str, tuple[Evidence, ...]]] = []  # (label, side, evidence), implied by something else

    def add(self, group: Sequence[_Said]) -> None:
        head = group[0].head
        if head.entry and head.entry.kind in _FINDINGS:
            for side, site, here in self._places(group):
                self._add_finding(group, side, site, here)
        else:
            for side in _sides(group) or [""]:
                self._add_structure(group, side)

    def _places(self, group: Sequence[_Said]) -> list[tuple[str, str, Sequence[_Said]]]:
        """(side, site, what says so) for each occurrence of a finding; without any "located in" its name and "on side" decide."""
        head, sides = group[0].head, _sides(group) or [""]
        found: dict[tuple[str, str], list[_Said]] = {}
        for said in group:
            if said.relation == LOCATED_IN:
                tail = said.tail
                place = tail.label if tail.entry and self.names.is_place(head.entry, tail.entry) else ""
                here = _one_by_one(tail.side) if head.entry.paired else []
                for side in here or sides:
                    found.setdefault((side, head.site or place), []).append(said)
        return [(*place, said) for place, said in found.items()] or [(side, head.site, group) for side in sides]

    def _add_finding(self, group: Sequence[_Said], side: str, site: str, here: Sequence[_Said]) -> None:
        """One occurrence of a finding at its place; `here` says that it is there, the whole group how it is."""
        head = group[0].head
        status = max((s.status for s in here), key=STRENGTH.__getitem__)
        evidence = tuple(dict.fromkeys(s.evidence for s in here))
        facts = (head.degree,) if head.degree else ()
        told = finding_triples(self.prior, head.label, status, evidence, side, site, facts)
        self._node(told[0].head, head.label)
        for triple in told:
            self._node(triple.tail)
        self.triples += told
        for said in group:
            if said.relation not in (LOCATED_IN, ON_SIDE):
                self._say(told[0].head, said)

    def _add_structure(self, group: Sequence[_Said], side: str) -> None:
        head = group[0].head
        name = finding_name(self.prior, head.label, side)
        self._node(name, head.label)
        for said in group:
            pairing = self.names.meaning(head.label, said.tail.label)
            if pairing and said.status is Status.PRESENT:
                self._mean(pairing, name, side, (said.evidence,))
            elif said.relation != ON_SIDE or not side:
                self._say(name, said)

    def _mean(self, pairing: Pairing | Phrase, name: str, side: str, evidence: tuple[Evidence, ...]) -> None:
        """What a wording says, "@" standing for `name`, and what it denies, on the same side."""
        for head, relation, tail in pairing.says:
            head = name if head == "@" else head
            self._node(head)
            self._node(tail)
            self.triples.append(Triple(head, relation, tail, Status.PRESENT, evidence))
        self._denials += [(label, side, evidence) for label in pairing.absent]

    def _say(self, head: str, said: _Said) -> None:
        tail = self.names.degree(said.relation, said.tail.label)
        if not tail:
            site = said.tail.site
            tail = finding_name(self.prior, said.tail.label, said.tail.side if said.tail.entry else "", site)
            self._node(tail, said.tail.label)
        self._node(tail)
        self.triples.append(Triple(head, said.relation, tail, said.status, (said.evidence,)))

    def _node(self, name: str, label: str = "") -> None:
        """The first to name a node says what it is; an unknown head is "other", an unknown tail a value."""
        if name not in self.nodes:
            known = label in self.prior.entry_by_name or not label
            self.nodes[name] = node_of(self.prior, name, label) if known else Node(name, "other", label)

    def finish(self) -> None:
        """What wordings imply: (heart, has size, normal) denies cardiomegaly, unless something was said about it."""
        stated = {t.fact: t for t in self.triples if t.status is Status.PRESENT}
        for phrase in self.prior.phrases:
            ground = [stated.get(tuple(fact)) for fact in phrase.says]
            if ground and None not in ground:
                self._mean(phrase, "", "", tuple(dict.fromkeys(e for t in ground for e in t.evidence)))
        spoken_of = {self.nodes[t.head].label for t in self.triples}
        for label, side, evidence in self._denials:
            if label not in spoken_of:
                entry = self.prior.entry_by_name.get(label)
                told = finding_triples(self.prior, label, Status.ABSENT, evidence, side if entry and entry.paired else "")
                self._node(told[0].head, label)
                self._node(told[0].tail)
                self.triples += told


def _one_by_one(side: str) -> list[str]:
    return ["left", "right"] if side == "bilateral" else [side] if side else []


def _sides(group: Sequence[_Said]) -> list[str]:
    """The sides said of a head: in its name or by "on side", each once, left before right; none where a side says nothing."""
    head = group[0].head
    said = _one_by_one(head.side)
    for s in group:
        if s.relation == ON_SIDE and s.status is not Status.ABSENT and not (head.entry and not head.entry.paired):
            said += _one_by_one(s.tail.side)
    return sorted(set(said))
