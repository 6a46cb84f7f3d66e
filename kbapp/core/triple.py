"""A statement of the graph: (head, relation, tail) with its status and its evidence."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from kbapp.core.evidence import Evidence


class Status(StrEnum):
    PRESENT = "present"
    UNCERTAIN = "uncertain"
    ABSENT = "absent"


# Relations that every domain shares; a prior may name more.
LOCATED_IN = "located in"
ON_SIDE = "on side"
HAS_SEVERITY = "has severity"
HAS_SIZE = "has size"
HAS_COUNT = "has count"
HAS_STATE = "has state"

# Which of two statuses wins when one content says both of the same fact: what is stated to be there is not unsaid.
STRENGTH = {Status.PRESENT: 2, Status.UNCERTAIN: 1, Status.ABSENT: 0}


@dataclass(frozen=True, init=False)
class Triple:
    """(head, relation, tail, status); the evidence is carried along but is no part of the identity."""

    head: str
    relation: str
    tail: str
    status: Status = Status.PRESENT
    evidence: tuple[Evidence, ...] = field(default=(), compare=False)

    def __init__(self, head: str, relation: str, tail: str, status: Status = Status.PRESENT, evidence: tuple[Evidence, ...] = ()):
        own = self.__dict__  # 2.5 times as fast as the generated one, which goes through object.__setattr__; readers make many
        own["head"], own["relation"], own["tail"], own["status"], own["evidence"] = head, relation, tail, status, evidence

    @property
    def fact(self) -> tuple[str, str, str]:
        """The statement without its status."""
        return self.head, self.relation, self.tail

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Total order and identity."""
        return self.head, self.relation, self.tail, self.status.value


def merged(triples: Iterable[Triple]) -> tuple[Triple, ...]:
    """One triple per fact, ordered by key: the strongest status wins and keeps its own evidence, in order, once each."""
    best: dict[tuple[str, str, str], Triple] = {}
    for triple in triples:
        known = best.get(triple.fact)
        if known is None or STRENGTH[triple.status] > STRENGTH[known.status]:
            best[triple.fact] = triple
        elif triple.status is known.status and triple.evidence != known.evidence:
            evidence = tuple(dict.fromkeys(known.evidence + triple.evidence))
            best[triple.fact] = Triple(*triple.fact, triple.status, evidence)
    return tuple(sorted(best.values(), key=lambda t: t.key))
