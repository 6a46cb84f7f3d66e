"""The findings of a graph as a plain list, the shape that scripts and measurements read."""

from dataclasses import asdict, dataclass

from kbapp.core.graph import KnowledgeGraph
from kbapp.core.triple import HAS_SEVERITY, LOCATED_IN, ON_SIDE, Triple
from kbapp.knowledge.canonical import home_of
from kbapp.priors.schema import DomainPrior, Entry


@dataclass(frozen=True)
class Finding:
    """name: canonical. observation: one of the CheXpert-14 names or None. side: left, right, bilateral or None.

    severity: a degree or None. anatomy: the words of the place, in order; without what the name itself says.
    """

    name: str
    observation: str | None
    status: str
    side: str | None = None
    severity: str | None = None
    anatomy: tuple[str, ...] = ()

    def to_json(self) -> dict:
        return {**asdict(self), "anatomy": list(self.anatomy)}


def findings_of(graph: KnowledgeGraph, prior: DomainPrior) -> list[Finding]:
    """One entry per finding, place, degree and status, in node order; left and right of the same merge into "bilateral"."""
    sides: dict[tuple, set[str]] = {}
    for node in graph.nodes:
        entry = prior.entry_by_name.get(node.label)
        if entry is None or entry.kind == "anatomy":
            continue
        status = graph.status_of(node.name)
        if status is None:
            continue
        said = [t for t in graph.about(node.name) if t.status is status]
        for severity in _tails(said, HAS_SEVERITY) or [None]:
            key = (entry.name, entry.observation, status.value, severity, _anatomy(said, entry, prior))
            sides.setdefault(key, set()).update(_tails(said, ON_SIDE) or [""])
    return [Finding(*key[:3], side, *key[3:]) for key, found in sides.items() for side in _merged(found)]


def _tails(said: list[Triple], relation: str) -> list[str]:
    return [t.tail for t in said if t.relation == relation]


def _merged(sides: set[str]) -> list[str | None]:
    if {"left", "right"} <= sides:
        return ["bilateral", *([None] if "" in sides else [])]
    return [side or None for side in sorted(sides)]


def _anatomy(said: list[Triple], entry: Entry, prior: DomainPrior) -> tuple[str, ...]:
    """The said sites and the finding's own, each by its word; not the own one where the name says it, and never the root."""
    home = home_of(prior, entry.name)
    places = {*_tails(said, LOCATED_IN), home} - {prior.root}
    if entry.names_site:
        places.discard(home)
    return tuple(sorted({_word(prior, place) for place in places}))


def _word(prior: DomainPrior, place: str) -> str:
    listed = prior.entry_by_name.get(place)
    return listed.listed_as if listed and listed.listed_as else place
