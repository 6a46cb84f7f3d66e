"""A person's corrections of a graph: facts taken out, said otherwise, or added, in the prior's own names."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kbapp.core.evidence import ImageRegion
from kbapp.core.graph import KnowledgeGraph, Node, graph_of
from kbapp.core.occurrence import Occurrence, occurrences
from kbapp.core.triple import LOCATED_IN, ON_SIDE, Status, Triple
from kbapp.errors import UserError
from kbapp.knowledge.canonical import finding_name, finding_triples, home_of, node_of
from kbapp.priors.schema import DomainPrior

SIDES = ("", "left", "right")
_SIDED = ("finding", "device")


@dataclass(frozen=True)
class Correction:
    """node: the name of a node of the graph, or "" to add `label`. status: None takes the node's facts out. side: "", "left", "right";
    None leaves it as it is. site: of an added finding, "" for its own. degrees: (relation, value) of the prior's scales, "" for no value;
    a relation that is not named stays as it is."""

    status: Status | None
    node: str = ""
    label: str = ""
    side: str | None = None
    site: str = ""
    degrees: tuple[tuple[str, str], ...] = ()


def corrected(graph: KnowledgeGraph, corrections: Sequence[Correction], prior: DomainPrior) -> KnowledgeGraph:
    """The graph as the person says it should be. What is kept keeps its evidence, what is said otherwise only its places; what is added has none,
    because nobody read it.

    Raises UserError for a node that the graph does not have, a name that the prior does not have, or when nothing changes.
    """
    told = {c.node: c for c in corrections if c.node}
    if unknown := told.keys() - set(graph.heads):
        raise UserError(f'the graph says nothing about "{min(unknown)}"; reload the page')
    triples, nodes = [], list(graph.nodes)
    for seen in occurrences(graph):
        kept = _said_otherwise(seen, told[seen.name], prior) if seen.name in told else seen.triples
        triples += kept
        nodes += [node_of(prior, t.head, seen.label) for t in kept if t.head != seen.name]
        nodes += [node_of(prior, t.tail) for t in kept]
    for added in (c for c in corrections if not c.node):
        made = _added(added, prior)
        triples += made
        nodes += [node_of(prior, made[0].head, added.label), *(node_of(prior, t.tail) for t in made)]
    result = graph_of(triples, _first_of_each(nodes), graph.prior)
    if result == graph:
        raise UserError("nothing was changed in the graph; change a fact, or close the panel", code="unchanged")
    return result


def may_have_side(seen: Occurrence, prior: DomainPrior) -> bool:
    entry = prior.entry_by_name.get(seen.label)
    return bool(entry and entry.kind in _SIDED and entry.paired)


def degrees_of(prior: DomainPrior) -> dict[str, tuple[str, ...]]:
    """The canonical degrees of each relation that the prior has a scale for, weakest first."""
    found: dict[str, tuple[str, ...]] = {}
    for scale in prior.scales.values():
        found[scale.relation] = (*found.get(scale.relation, ()), *scale.degrees)
    return found


def degree_said(seen: Occurrence, relation: str) -> str | None:
    """The one degree that is said of it, "" for none; None where several are said, which no single choice can stand for."""
    said = [t.tail for t in seen.said if t.relation == relation]
    return None if len(said) > 1 else said[0] if said else ""


def _said_otherwise(seen: Occurrence, change: Correction, prior: DomainPrior) -> Sequence[Triple]:
    if change.status is None:
        return ()
    placed = _placed_otherwise(seen, change, change.status, prior)
    told = {relation: degree for relation, degree in change.degrees if degree_said(seen, relation) != degree}
    _check_degrees(tuple(told.items()), prior)
    said = [
        *(t for t in placed if t.relation not in told),
        *(Triple(placed[0].head, relation, degree, change.status) for relation, degree in told.items() if degree),
    ]
    return said if {t.key for t in said} == {t.key for t in seen.triples} else [_unmeasured(t) for t in said]


def _unmeasured(triple: Triple) -> Triple:
    """A number that said something else would leave open what the person has put right; the place stays."""
    evidence = (replace(e, measurement=None) if isinstance(e, ImageRegion) else e for e in triple.evidence)
    return Triple(*triple.fact, triple.status, tuple(evidence))


def _placed_otherwise(seen: Occurrence, change: Correction, status: Status, prior: DomainPrior) -> list[Triple]:
    side = seen.sides[0] if change.side is None and len(seen.sides) == 1 else change.side
    if side is None or not may_have_side(seen, prior) or {side} == set(seen.sides) or (not side and not seen.sides):
        return [Triple(*t.fact, status, t.evidence) for t in seen.triples]
    _check_side(side)
    name = finding_name(prior, seen.label, side, next((s for s in seen.sites if s != home_of(prior, seen.label)), ""))
    moved = [Triple(name, t.relation, t.tail, status, t.evidence) for t in seen.triples if t.relation != ON_SIDE]
    evidence = seen.first(LOCATED_IN).evidence
    return [*moved, Triple(name, ON_SIDE, side, status, evidence)] if side else moved


def _added(new: Correction, prior: DomainPrior) -> list[Triple]:
    entry, side = prior.entry_by_name.get(new.label), new.side or ""
    if entry is None or entry.kind == "anatomy":
        raise UserError(f'the prior knows no finding "{new.label}"; choose one from the list')
    if new.site and new.site not in prior.entry_by_name:
        raise UserError(f'the prior knows no place "{new.site}"; choose one from the list')
    if new.status is None:
        raise UserError("an added fact needs a status: present, uncertain or absent")
    _check_side(side)
    _check_degrees(new.degrees, prior)
    graded = tuple((relation, degree) for relation, degree in new.degrees if degree)
    return finding_triples(prior, entry.name, new.status, (), side if entry.paired else "", new.site, graded)


def _check_side(side: str) -> None:
    if side not in SIDES:
        raise UserError(f'expected the side left, right or none, got "{side}"')


def _check_degrees(degrees: Sequence[tuple[str, str]], prior: DomainPrior) -> None:
    known = degrees_of(prior)
    for relation, degree in degrees:
        if degree not in ("", *known.get(relation, ())) or relation not in known:
            raise UserError(f'the prior knows no degree "{relation} {degree}"; choose one from the list')


def _first_of_each(nodes: Sequence[Node]) -> list[Node]:
    return list({node.name: node for node in reversed(nodes)}.values())
