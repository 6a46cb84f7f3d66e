"""How a candidate's facts differ from the source's."""

from dataclasses import dataclass
from enum import StrEnum

from kbapp.core.triple import Triple


class FactClass(StrEnum):
    KEPT = "kept"
    REWORDED = "reworded"
    MISSING = "missing"
    EXTRA = "extra"
    CONTRADICTED = "contradicted"
    NOT_ASSESSABLE = "not_assessable"


@dataclass(frozen=True)
class FactDifference:
    """source: the triple of the source, candidate: that of the candidate (None where there is none). why: one plain sentence."""

    fact_class: FactClass
    source: Triple | None
    candidate: Triple | None
    why: str = ""


@dataclass(frozen=True)
class Difference:
    facts: tuple[FactDifference, ...]

    def count(self, fact_class: FactClass) -> int:
        return sum(f.fact_class is fact_class for f in self.facts)

    @property
    def counts(self) -> dict[str, int]:
        """By class name, in the order of `FactClass`."""
        return {c.value: self.count(c) for c in FactClass}
