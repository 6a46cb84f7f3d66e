"""From a graph to what is to be drawn: which primitive, where, how much. All clinical words come from the prior."""

import re
from dataclasses import dataclass

import numpy as np

from kbapp.core.content import Modality
from kbapp.core.graph import KnowledgeGraph
from kbapp.core.occurrence import Occurrence, occurrences
from kbapp.core.triple import HAS_COUNT, HAS_SIZE, ON_SIDE, Status
from kbapp.generation.schematic_findings import BOTH_AT_ONCE, DRAWINGS, WHOLE_FILM, ZONES, Order
from kbapp.generation.schematic_lateral import SEEN_FROM_SIDE
from kbapp.priors.schema import DomainPrior, FilmRule, Guidance

NUMBERS = {"one": 1, "single": 1, "solitary": 1, "two": 2, "couple": 2, "three": 3, "few": 3, "four": 4, "several": 4, "five": 5, "multiple": 5, "many": 8}  # fmt: skip
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(mm|cm)")
DEFAULT_SIDES = {"pacemaker": ("left",), "catheter": ("right",), "raised dome": ("right",)}
WHEN_UNSAID = 0.45  # the amount of a thing whose degree nobody said, on 0-1
WHEN_UNSURE = 0.15


@dataclass(frozen=True)
class Plan:
    """orders: in drawing order. view: "PA", "AP", "LATERAL", or "" when the prompt asked for none: then a frontal one, as the body has it."""

    orders: tuple[Order, ...]
    view: str = ""

    def amount(self, drawing: str) -> float | None:
        """The largest amount ordered of a primitive, None if it was not ordered."""
        return max((o.amount for o in self.orders if o.drawing == drawing), default=None)


def view_asked(prompt: str, prior: DomainPrior) -> str:
    """The view whose words stand in the prompt, "" if none does."""
    for view, asked in prior.guidance.get(Modality.IMAGE.value, Guidance()).views.items():
        if any(re.search(rf"\b{re.escape(words)}\b", prompt, re.IGNORECASE) for words in asked):
            return view
    return ""


def plan(graph: KnowledgeGraph, prior: DomainPrior, rng: np.random.Generator, view: str = "") -> Plan:
    """What is present (or left uncertain: drawn at its borderline) becomes an order, where there is a drawing for it."""
    orders = []
    for seen in _to_draw(graph, prior):
        drawing = _drawing(seen, prior, view)
        if drawing is not None:
            orders += _orders(seen, drawing, prior, rng)
    rank = [*WHOLE_FILM, *DRAWINGS]
    return Plan(tuple(sorted(_once(orders), key=lambda o: rank.index(o.drawing))), view)


def not_drawn(graph: KnowledgeGraph, prior: DomainPrior, view: str = "") -> tuple[str, ...]:
    """Names of the nodes that are there, or left uncertain, and for which that view has no drawing."""
    return tuple(seen.name for seen in _to_draw(graph, prior) if _drawing(seen, prior, view) is None)


def _to_draw(graph: KnowledgeGraph, prior: DomainPrior) -> list[Occurrence]:
    """What is absent is not drawn, and the anatomy is there anyway."""
    anatomy = {entry.name for entry in prior.vocabulary if entry.kind == "anatomy"}
    return [seen for seen in occurrences(graph) if seen.status is not Status.ABSENT and seen.label not in anatomy]


def _drawing(seen: Occurrence, prior: DomainPrior, view: str) -> str | None:
    entry = prior.entry_by_name.get(seen.label)
    known = SEEN_FROM_SIDE if view == "LATERAL" else (*DRAWINGS, *WHOLE_FILM)
    return entry.drawing if entry is not None and entry.drawing in known else None


def _once(orders: list[Order]) -> list[Order]:
    """One order per primitive and place: a broad and a narrow name of the same thing are not drawn on top of each other."""
    kept: dict[tuple, Order] = {}
    for order in orders:
        key = order.drawing, order.side, order.zone
        if key not in kept or kept[key].amount < order.amount:
            kept[key] = order
    return list(kept.values())


def _orders(seen: Occurrence, drawing: str, prior: DomainPrior, rng) -> list[Order]:
    count = _count(seen)
    sides = _sides(seen, drawing, count, rng)
    zones = _zones(seen, drawing, prior, rng)
    amount = amount_of(seen, drawing, prior, rng)
    places = [(side, zone) for side in sides for zone in zones]
    share = [count // len(places) + (k < count % len(places)) for k in range(len(places))]
    size = _millimetres(seen)
    return [Order(drawing, side, zone, amount, max(1, n), size) for (side, zone), n in zip(places, share, strict=True)]


def _sides(seen: Occurrence, drawing: str, count: int, rng) -> tuple[str, ...]:
    if drawing in BOTH_AT_ONCE:
        return ("left",)
    said = [s for s in seen.sides if s in ("left", "right")]
    if "bilateral" in seen.sides or len(said) > 1:
        return ("left", "right")
    if said:
        return (said[0],)
    if count > 1:
        return ("left", "right")
    return DEFAULT_SIDES.get(drawing) or (("left", "right")[int(rng.integers(2))],)


def _zones(seen: Occurrence, drawing: str, prior: DomainPrior, rng) -> tuple[str, ...]:
    """The thirds of the lung that the sites name, by the sites' own key `drawing` ("upper zone")."""
    entries = [prior.entry_by_name.get(site) for site in seen.sites]
    named = {e.drawing.removesuffix(" zone") for e in entries if e is not None and e.drawing}
    zones = tuple(z for z in ZONES if z in named)
    if zones:
        return zones
    return (ZONES[int(rng.integers(1, 3))],) if drawing == "patch" else ("",)


def _count(seen: Occurrence) -> int:
    for triple in seen.said:
        if triple.relation == HAS_COUNT and triple.status is not Status.ABSENT:
            word = triple.tail.casefold().strip()
            return int(word) if word.isdigit() else NUMBERS.get(word, 1)
    return 1


def _millimetres(seen: Occurrence) -> float:
    for triple in seen.said:
        found = _LENGTH.search(triple.tail) if triple.relation == HAS_SIZE else None
        if found:
            return float(found[1]) * (10 if found[2] == "cm" else 1)
    return 0.0


def amount_of(seen: Occurrence, drawing: str, prior: DomainPrior, rng) -> float:
    """The measure's value in the middle of the said degree; borderline where the status is uncertain."""
    degree, share = _degree(seen, prior)
    rule = next((r for r in prior.film_rules if r.finding == seen.label or r.drawing == drawing), None)
    if rule is None:
        return WHEN_UNSURE if seen.status is Status.UNCERTAIN else share
    if seen.status is Status.UNCERTAIN:
        return (rule.present + rule.uncertain) / 2
    low, high = _range(rule, degree, share)
    return low + (high - low) * (0.45 + 0.2 * rng.random())


def _degree(seen: Occurrence, prior: DomainPrior) -> tuple[str | None, float]:
    """The degree said, and how far up its scale it stands, 0-1."""
    scales = {scale.relation: tuple(scale.degrees) for scale in prior.scales.values()}
    for triple in seen.said:
        ladder = scales.get(triple.relation, ())
        if triple.tail in ladder and triple.relation != ON_SIDE:
            return triple.tail, (ladder.index(triple.tail) + 0.5) / len(ladder)
    return None, WHEN_UNSAID


def _range(rule: FilmRule, degree: str | None, share: float) -> tuple[float, float]:
    """The measure's values that a degree stands for. A degree that the rule does not know is placed by its rank."""
    steps = sorted(rule.degrees.items(), key=lambda item: item[1], reverse=rule.below) or [("", rule.present)]
    values = [value for _, value in steps]
    values.append(2 * values[-1] - values[-2] if len(values) > 1 else 1.3 * values[-1])
    names = [name for name, _ in steps]
    k = names.index(degree) if degree in names else min(int(share * len(names)), len(names) - 1)
    low = max(values[k], rule.present) if not rule.below else min(values[k], rule.present)
    return low, values[k + 1]
