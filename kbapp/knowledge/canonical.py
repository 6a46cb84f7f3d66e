"""Canonical names: how an occurrence of a finding is named and told in triples, under one prior.

A finding node is named `finding`, `finding, side` or `finding, [side] site` (the site only where it is not the finding's own),
e.g. "pleural effusion, left", "lung opacity, right upper lobe".
"""

from kbapp.core.evidence import Evidence
from kbapp.core.graph import Node
from kbapp.core.triple import LOCATED_IN, ON_SIDE, Status, Triple
from kbapp.priors.schema import DomainPrior, Entry


def finding_name(prior: DomainPrior, label: str, side: str = "", site: str = "") -> str:
    """The name of the node. side: "left", "right" or "". site: an anatomy entry, or "" for the finding's own."""
    place = "" if site in ("", home_of(prior, label)) else site
    where = f"{side} {place}".strip()
    return f"{label}, {where}" if where else label


def home_of(prior: DomainPrior, label: str) -> str:
    """Where a finding is located when nothing is said: its entry's site, else the root of the domain."""
    entry = prior.entry_by_name.get(label)
    return entry.site if entry and entry.site else prior.root


def finding_triples(
    prior: DomainPrior,
    label: str,
    status: Status,
    evidence: tuple[Evidence, ...],
    side: str = "",
    site: str = "",
    facts: tuple[tuple[str, str], ...] = (),
) -> list[Triple]:
    """One occurrence in triples: located in, on side, then `facts` as (relation, value); all with its status and evidence."""
    name = finding_name(prior, label, side, site)
    said = [(LOCATED_IN, site or home_of(prior, label))]
    if side:
        said.append((ON_SIDE, side))
    return [Triple(name, relation, tail, status, evidence) for relation, tail in (*said, *facts)]


def node_of(prior: DomainPrior, name: str, label: str = "") -> Node:
    """The node of a name: `label` is its entry (a finding's name says more than its entry); unknown names are values."""
    entry = prior.entry_by_name.get(label or name)
    if entry is None:
        return Node(name, "anatomy" if name == prior.root else "value", label or name)
    return Node(name, entry.kind, entry.name, codes_of(entry))


def codes_of(entry: Entry) -> tuple[tuple[str, str], ...]:
    """(system, code) in order of the system; the CheXpert observation counts as a code."""
    codes = {system: code.code for system, code in entry.codes.items()}
    if entry.observation:
        codes["chexpert"] = entry.observation
    return tuple(sorted(codes.items()))


def part_of(prior: DomainPrior, name: str) -> frozenset[str]:
    """The entry and all broader ones by `is_a`; cycles do no harm."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            entry = prior.entry_by_name.get(here)
            waiting.extend(entry.is_a if entry else ())
    return frozenset(found)
