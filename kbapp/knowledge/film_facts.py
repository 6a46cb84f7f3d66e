"""From measures to facts, by the prior's film rules: thresholds, degrees, sites. No clinical word stands here."""

from dataclasses import dataclass

from kbapp.core.content import Modality
from kbapp.core.evidence import ImageRegion, Measurement
from kbapp.core.graph import KnowledgeGraph, graph_of
from kbapp.core.triple import Status, Triple
from kbapp.knowledge.canonical import finding_triples, node_of
from kbapp.knowledge.film_measures import Measure, Measured
from kbapp.priors.schema import DomainPrior, FilmRule
from kbapp.priors.version import PriorVersion

COVERED = 0.4  # share of a zone's height that another finding must cover to explain its measure away


@dataclass(frozen=True)
class Facts:
    """not_assessed: entries that a picture can show but nothing was said of; assesses: entries that could be told here."""

    graph: KnowledgeGraph
    not_assessed: tuple[str, ...]
    assesses: frozenset[str]


def facts_of(measured: Measured, prior: PriorVersion, content: int = 0) -> Facts:
    """content: index of the picture within its case, for the evidence."""
    telling = _Telling(prior.prior, content)
    rules = [rule for rule in prior.prior.film_rules if _active(prior.prior, rule.finding)]
    for rule in sorted(rules, key=lambda rule: len(rule.unless)):  # what explains others away is told first
        taken = [m for m in measured.measures if m.name == rule.measure]
        if taken and rule.measure not in dict(measured.failed):
            telling.tell(rule, taken)
    names = {name for triple in telling.triples for name in (triple.head, triple.tail)}
    nodes = [node_of(prior.prior, name, telling.labels.get(name, "")) for name in names]
    graph = graph_of(telling.triples, nodes, prior.ref)
    return Facts(graph, _not_assessed(prior.prior, telling.assessed), frozenset(telling.assessed))


def status_of(rule: FilmRule, value: float, uncertainty: float) -> Status:
    """Beyond `present` by more than the uncertainty: present; borderline or within the uncertainty of `present`: uncertain; else absent."""
    sign = -1 if rule.below else 1
    beyond = sign * (value - rule.present)
    if beyond >= uncertainty:
        return Status.PRESENT
    if beyond >= -uncertainty or sign * (value - rule.uncertain) >= 0:
        return Status.UNCERTAIN
    return Status.ABSENT


def degree_of(rule: FilmRule, value: float) -> str | None:
    """The strongest degree whose lowest value is reached; the weakest one if none is."""
    sign = -1 if rule.below else 1
    ladder = sorted(rule.degrees.items(), key=lambda item: sign * item[1])
    reached = [name for name, least in ladder if sign * (value - least) >= 0]
    return reached[-1] if reached else ladder[0][0] if ladder else None


class _Telling:
    """Collects the triples rule by rule."""

    def __init__(self, prior: DomainPrior, content: int):
        self.prior, self.content = prior, content
        self.triples: list[Triple] = []
        self.labels: dict[str, str] = {}  # node name -> entry
        self.assessed: set[str] = set()
        self.seen: list[tuple[str, Measure]] = []  # (finding, where) that is present or borderline

    def tell(self, rule: FilmRule, taken: list[Measure]) -> None:
        self.assessed |= {rule.finding, *rule.absent, *(head for head, _, _ in rule.normal)}
        open_places = [m for m in taken if not self._explained(rule, m)]
        abnormal = [(m, status_of(rule, m.value, m.uncertainty)) for m in open_places]
        abnormal = [(m, status) for m, status in abnormal if status is not Status.ABSENT]
        for m, status in abnormal:
            self.seen.append((rule.finding, m))
            self._add(rule.finding, status, (self._evidence(m),), m.side, self._site(rule, m), self._degree(rule, m, status))
        if not abnormal and len(open_places) == len(taken):
            self._normal(rule, tuple(self._evidence(m) for m in taken))

    def _normal(self, rule: FilmRule, evidence: tuple) -> None:
        for label in (rule.finding, *rule.absent):
            if _active(self.prior, label):
                self._add(label, Status.ABSENT, evidence)
        for fact in rule.normal:
            self.triples.append(Triple(*fact, Status.PRESENT, evidence))

    def _add(self, label, status, evidence, side="", site="", facts=()) -> None:
        said = finding_triples(self.prior, label, status, evidence, side, site, facts)
        self.labels[said[0].head] = label
        self.triples += said

    def _explained(self, rule: FilmRule, m: Measure) -> bool:
        """Another finding of `unless` covers the place."""
        return any(label in rule.unless and at.side == m.side and _covers(at.box, m.box) >= COVERED for label, at in self.seen)

    def _site(self, rule: FilmRule, m: Measure) -> str:
        """The zone's anatomy entry, by the name it goes by on this side."""
        site = rule.sites.get(m.zone, "")
        entry = self.prior.entry_by_name.get(site)
        return entry.on_side.get(m.side, site) if entry else site

    def _degree(self, rule: FilmRule, m: Measure, status: Status) -> tuple[tuple[str, str], ...]:
        scale = self.prior.scales.get(rule.scale or "")
        degree = degree_of(rule, m.value) if scale and status is Status.PRESENT else None
        return ((scale.relation, degree),) if degree else ()

    def _evidence(self, m: Measure) -> ImageRegion:
        return ImageRegion(m.box, Measurement(m.name, round(m.value, 4), round(m.uncertainty, 4), m.unit), self.content)


def _covers(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """Share of b's height that a covers."""
    return max(0.0, min(a[3], b[3]) - max(a[1], b[1])) / max(b[3] - b[1], 1e-6)


def _active(prior: DomainPrior, label: str) -> bool:
    """The entry exists and its group is asked for on pictures."""
    entry = prior.entry_by_name.get(label)
    return entry is not None and entry.group in {rule.entity for rule in prior.rules_for(Modality.IMAGE)}


def _not_assessed(prior: DomainPrior, assessed: set[str]) -> tuple[str, ...]:
    groups = {rule.entity for rule in prior.rules_for(Modality.IMAGE)}
    shown = (e for e in prior.vocabulary if e.kind in ("finding", "device") and "image" in e.shown_by and e.group in groups)
    return tuple(e.name for e in shown if e.name not in assessed)
