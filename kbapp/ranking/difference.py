"""How a candidate's facts differ from the source's, fact by fact.

Every triple of the source falls into one class, every triple of the candidate is the partner of one of them or extra; only a fact that is
kept in one place and contradicted in another stands there twice. Contradicted means that both cannot be true: absent against present of the same or a narrower entry and place, or left against right
of something that both know on one side only. Other words, other degrees and doubts are no contradictions.
"""

from kbapp.core.content import Modality
from kbapp.core.difference import Difference, FactClass, FactDifference
from kbapp.core.graph import KnowledgeGraph
from kbapp.core.occurrence import Occurrence, occurrences
from kbapp.core.triple import LOCATED_IN, ON_SIDE, Status, Triple
from kbapp.priors.schema import DomainPrior
from kbapp.ranking.assessable import answering_part, can_be_shown, can_be_told, is_assessable
from kbapp.ranking.subsumption import denies, is_anywhere, related

_SIDES = frozenset({"left", "right"})
_JUDGED = (FactClass.REWORDED, FactClass.MISSING)  # what only a reader that can tell the fact itself may say of it


def difference(
    source: KnowledgeGraph,
    candidate: KnowledgeGraph,
    prior: DomainPrior,
    *,
    target: Modality,
    assesses: frozenset[str] | None = None,
) -> Difference:
    """Facts in the order of the source's triples, then the candidate's extra ones.

    target: the modality of the candidate. assesses: what the candidate's reader can tell, None for everything.
    """
    comparison = _Comparison(source, answering_part(candidate, source, prior, target), prior, target, assesses)
    comparison.match_facts()
    comparison.match_heads()
    comparison.match_contradictions()
    comparison.match_dropped_doubts()
    comparison.match_rewordings()
    return comparison.result()


class _Comparison:
    """The triples not yet placed, and the facts found so far."""

    def __init__(
        self,
        source: KnowledgeGraph,
        candidate: KnowledgeGraph,
        prior: DomainPrior,
        target: Modality,
        assesses: frozenset[str] | None,
    ):
        self.prior, self.target, self.assesses = prior, target, assesses
        self.source, self.candidate = source, candidate
        self.open_source = {t.fact: t for t in source.triples}
        self.open_candidate = {t.fact: t for t in candidate.triples}
        self.facts: list[FactDifference] = []
        self.labels = {node.name: node.label or node.name for node in source.nodes}
        self.source_occurrences = occurrences(source)
        self.candidate_occurrences = occurrences(candidate)
        self.exclusive = {LOCATED_IN} | {scale.relation for scale in prior.scales.values()}

    def pair(self, fact_class: FactClass, ours: Triple, theirs: Triple, why: str = "") -> None:
        self.open_source.pop(ours.fact, None)
        self.open_candidate.pop(theirs.fact, None)
        unjudged = self._why_not_assessed(ours) if fact_class in _JUDGED else ""
        if unjudged:
            fact_class, why = FactClass.NOT_ASSESSABLE, f"{why}; {unjudged}"
        self.facts.append(FactDifference(fact_class, ours, theirs, why))

    def match_facts(self) -> None:
        """The same (head, relation, tail): kept, or told with another status. A flipped finding is one contradiction, not one per triple."""
        contradicted: set[str] = set()
        for ours in sorted(self.source.triples, key=lambda t: t.relation != LOCATED_IN):
            theirs = self.open_candidate.get(ours.fact)
            if theirs is None:
                continue
            fact_class, why = _status_class(ours.status, theirs.status)
            if fact_class is FactClass.CONTRADICTED and ours.head in contradicted:
                fact_class = FactClass.REWORDED
            elif fact_class is FactClass.CONTRADICTED:
                contradicted.add(ours.head)
            self.pair(fact_class, ours, theirs, why)

    def match_heads(self) -> None:
        """The same node with another tail of a relation that takes one: another degree, side, or place."""
        for ours in list(self.open_source.values()):
            for theirs in list(self.open_candidate.values()):
                if theirs.head == ours.head and theirs.relation == ours.relation and self._pair_tails(ours, theirs):
                    break

    def _pair_tails(self, ours: Triple, theirs: Triple) -> bool:
        """Whether the two, of one relation and about corresponding nodes, were placed as a pair."""
        if ours.tail == theirs.tail:
            fact_class, why = _status_class(ours.status, theirs.status)
            self.pair(
                FactClass.REWORDED if fact_class is FactClass.KEPT else fact_class, ours, theirs, why or f"told of {theirs.head}"
            )
        elif ours.relation == ON_SIDE and {ours.tail, theirs.tail} == _SIDES:
            self.pair(FactClass.CONTRADICTED, ours, theirs, f"{ours.tail} in the source, {theirs.tail} here")
        elif ours.relation == LOCATED_IN and ours.status is theirs.status and related(self.prior, ours.tail, theirs.tail):
            self.pair(FactClass.REWORDED, ours, theirs, f"{theirs.tail} for {ours.tail}")
        elif ours.relation != LOCATED_IN and ours.relation in self.exclusive:
            self.pair(FactClass.MISSING, ours, theirs, f"{ours.tail} in the source, {theirs.tail} here")
        else:
            return False
        return True

    def match_contradictions(self) -> None:
        for ours in self.source_occurrences:
            for theirs in self.candidate_occurrences:
                why = self._contradiction(ours, theirs) if ours.name != theirs.name and self._is_unkept(theirs) else ""
                if why:
                    self._pair_contradicted(ours, theirs, why)

    def _is_unkept(self, theirs: Occurrence) -> bool:
        """What the source says of the same node, in these words, cannot contradict the source."""
        return self.source.status_of(theirs.name) is not theirs.status

    def _contradiction(self, ours: Occurrence, theirs: Occurrence) -> str:
        """Why both cannot be true, or "".

        Reports deny a broad entry beside a narrow one that is there ("no focal opacity; a band of ..."): where one content says both
        by itself, the broad denial is no contradiction of the narrow finding.
        """
        statuses = (ours.status, theirs.status)
        if statuses == (Status.ABSENT, Status.PRESENT) and denies(self.prior, ours, theirs):
            said_by_itself = ours.label != theirs.label and self._is_present(self.source_occurrences, theirs.label)
            return "" if said_by_itself else f"the source says there is no {ours.label}"
        if statuses == (Status.PRESENT, Status.ABSENT) and denies(self.prior, theirs, ours) and self._could_be_seen(ours):
            said_by_itself = ours.label != theirs.label and self._is_present(self.candidate_occurrences, ours.label)
            return "" if said_by_itself else f"the source says there is {ours.name}"
        if statuses == (Status.PRESENT, Status.PRESENT) and self._sides_swapped(ours, theirs):
            return f"{ours.sides[0]} in the source, {theirs.sides[0]} here"
        return ""

    def _could_be_seen(self, ours: Occurrence) -> bool:
        """A reader that cannot tell this finding does not deny it by denying something broader."""
        return is_assessable(ours.label, self.prior, self.target, self.assesses)

    @staticmethod
    def _is_present(all_of_them: tuple[Occurrence, ...], label: str) -> bool:
        return any(o.label == label and o.status is Status.PRESENT for o in all_of_them)

    def _sides_swapped(self, ours: Occurrence, theirs: Occurrence) -> bool:
        if not related(self.prior, ours.label, theirs.label):
            return False
        here = self._sides_of(self.candidate_occurrences, ours.label)
        there = self._sides_of(self.source_occurrences, theirs.label)
        return {frozenset(ours.sides), frozenset(theirs.sides)} == {frozenset({"left"}), frozenset({"right"})} and (
            not here & set(ours.sides) and not there & set(theirs.sides)
        )

    def _sides_of(self, all_of_them: tuple[Occurrence, ...], label: str) -> set[str]:
        """Sides on which something related to the label is present or possible."""
        there = [o for o in all_of_them if o.status is not Status.ABSENT and related(self.prior, o.label, label)]
        return {side for o in there for side in o.sides}

    def match_dropped_doubts(self) -> None:
        """A doubt of the source that the candidate denies in wider words is missing once; the denial is no extra fact."""
        for ours in self.source_occurrences:
            for theirs in self.candidate_occurrences:
                doubted = (ours.status, theirs.status) == (Status.UNCERTAIN, Status.ABSENT)
                mine, other = ours.first(LOCATED_IN), theirs.first(LOCATED_IN)
                both_open = mine.fact in self.open_source and other.fact in self.open_candidate
                if doubted and both_open and denies(self.prior, theirs, ours) and self._could_be_seen(ours):
                    self.pair(FactClass.MISSING, mine, other, "uncertain in the source, absent here")

    def match_rewordings(self) -> None:
        """A fact answers one fact only: the same entry goes before a broader or narrower one, and what the candidate's reader can tell
        before what it could not have told in other words either."""
        pairs = [(ours, theirs) for ours in self.source_occurrences for theirs in self.candidate_occurrences]
        for ours, theirs in sorted(pairs, key=lambda pair: (pair[0].label != pair[1].label, not self._could_be_seen(pair[0]))):
            if ours.name != theirs.name and self._is_rewording(ours, theirs):
                self._pair_places(ours, theirs)
                self._pair_rest(ours, theirs)

    def _is_rewording(self, ours: Occurrence, theirs: Occurrence) -> bool:
        both_deny = (ours.status is Status.ABSENT) == (theirs.status is Status.ABSENT)
        sides_fit = not ours.sides or not theirs.sides or set(ours.sides) == set(theirs.sides)
        return both_deny and sides_fit and related(self.prior, ours.label, theirs.label) and self._places_fit(ours, theirs)

    def _places_fit(self, ours: Occurrence, theirs: Occurrence) -> bool:
        if is_anywhere(self.prior, ours) or is_anywhere(self.prior, theirs):
            return True
        return any(related(self.prior, a, b) for a in ours.sites for b in theirs.sites)

    def _pair_contradicted(self, ours: Occurrence, theirs: Occurrence, why: str) -> None:
        """One pair carries the class and its reason; what else is said of a finding on the wrong side goes along."""
        relation = ON_SIDE if ours.status is theirs.status else LOCATED_IN
        self.pair(FactClass.CONTRADICTED, ours.first(relation), theirs.first(relation), why)
        if ours.status is theirs.status:
            self._pair_rest(ours, theirs)

    def _pair_places(self, ours: Occurrence, theirs: Occurrence) -> None:
        """Their places fit (or it would be no rewording), so they correspond even where one place is no part of the other."""
        mine = next((t for t in ours.triples if t.relation == LOCATED_IN and t.fact in self.open_source), None)
        other = next((t for t in theirs.triples if t.relation == LOCATED_IN and t.fact in self.open_candidate), None)
        if mine and other:
            self.pair(FactClass.REWORDED, mine, other, f"told as {theirs.name}")

    def _pair_rest(self, ours: Occurrence, theirs: Occurrence) -> None:
        for mine in ours.triples:
            for other in theirs.triples:
                if mine.fact in self.open_source and other.fact in self.open_candidate and mine.relation == other.relation:
                    self._pair_tails(mine, other)

    def _why_not_assessed(self, ours: Triple) -> str:
        """Why nobody can say whether the candidate tells this, or ""."""
        label, name = self.labels[ours.head], self.prior.names.get(self.target.value, self.target.value)
        if can_be_told(ours, label, self.prior, self.target, self.assesses):
            return ""
        if can_be_shown(ours, label, self.prior, self.target):
            return f"the reader does not judge this on this {name}"
        return f"a {name} cannot show this"

    def result(self) -> Difference:
        for ours in self.open_source.values():
            why = self._why_not_assessed(ours)
            fact_class = FactClass.NOT_ASSESSABLE if why else FactClass.MISSING
            self.facts.append(FactDifference(fact_class, ours, None, why or "not told here"))
        for theirs in self.open_candidate.values():
            self.facts.append(FactDifference(FactClass.EXTRA, None, theirs, "not in the source"))
        place = {t.fact: i for i, t in enumerate(self.source.triples)}
        return Difference(tuple(sorted(self.facts, key=lambda f: _order(f, place))))


def _status_class(ours: Status, theirs: Status) -> tuple[FactClass, str]:
    """The same fact told with these statuses. A doubt that is settled is told; a doubt that is dropped is missing, a new one is extra."""
    if ours is theirs:
        return FactClass.KEPT, ""
    why = f"{ours.value} in the source, {theirs.value} here"
    if Status.UNCERTAIN not in (ours, theirs):
        return FactClass.CONTRADICTED, why
    if theirs is Status.ABSENT:
        return FactClass.MISSING, why
    return (FactClass.EXTRA if ours is Status.ABSENT else FactClass.REWORDED), why


def _order(fact: FactDifference, place: dict[tuple[str, str, str], int]) -> tuple:
    theirs = fact.candidate.key if fact.candidate else ()
    return (place[fact.source.fact], theirs) if fact.source else (len(place), theirs)
