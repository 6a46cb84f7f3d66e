"""Narrower and broader names under one prior: what a statement about one entry says about others."""

from kbapp.core.occurrence import Occurrence
from kbapp.priors.schema import DomainPrior


def broader(prior: DomainPrior, label: str) -> frozenset[str]:
    """The entry itself and everything it is a kind of. For a place also the places it lies in."""
    found: set[str] = set()
    waiting = [label]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        entry = prior.entry_by_name.get(name)
        if entry:
            waiting += entry.is_a
            if entry.kind == "anatomy" and entry.site:
                waiting.append(entry.site)
    return frozenset(found)


def related(prior: DomainPrior, a: str, b: str) -> bool:
    """One is a kind of the other, or they are the same."""
    return a in broader(prior, b) or b in broader(prior, a)


def is_anywhere(prior: DomainPrior, occurrence: Occurrence) -> bool:
    """Whether its site says no more than the entry itself: none, the root, or the entry's own."""
    entry = prior.entry_by_name.get(occurrence.label)
    own = {prior.root, entry.site if entry else None}
    return all(site in own for site in occurrence.sites)


def within(prior: DomainPrior, narrow: Occurrence, wide: Occurrence) -> bool:
    """Whether the place of `narrow` lies in the place of `wide`, side and site."""
    if wide.sides and not set(narrow.sides) & set(wide.sides):
        return False
    return is_anywhere(prior, wide) or any(set(wide.sites) & broader(prior, site) for site in narrow.sites)


def denies(prior: DomainPrior, absent: Occurrence, present: Occurrence) -> bool:
    """Whether "absent" rules "present" out: the same or a broader entry is denied for the same or a wider place.

    "No effusion" denies a left effusion; "no left effusion" denies neither a right one nor one whose side is not told;
    "no consolidation" does not deny an opacity.
    """
    return absent.label in broader(prior, present.label) and within(prior, present, absent)
