"""The report reader: a radiology report (or any text of a domain) in, its knowledge graph out. No model, no network.

It knows English word order and nothing else; every term, cue and meaning comes from the prior.
"""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import accumulate

from kbapp.core.completion import Reading
from kbapp.core.content import Content, TextContent
from kbapp.core.evidence import TextSpan
from kbapp.core.graph import Node, graph_of
from kbapp.core.triple import Status, Triple
from kbapp.errors import InputError
from kbapp.knowledge.canonical import finding_name, finding_triples, home_of, node_of
from kbapp.knowledge.interpretation import Interpretation, Occurrence
from kbapp.knowledge.vocabulary import Vocabulary
from kbapp.priors.schema import DomainPrior
from kbapp.priors.version import PriorVersion

_KEPT = 8  # compiled priors: the versions that are compared in one session


class ReportReader:
    """Reader for texts. A compiled vocabulary is kept per prior (by its sha256), the last few only."""

    id = "report-reader-1"

    def __init__(self):
        self._vocabularies: OrderedDict[str, Vocabulary] = OrderedDict()

    def read(self, studies: Sequence[tuple[Content, ...]], prior: PriorVersion) -> list[Reading]:
        """One reading per study. Raises InputError when a content is no text."""
        vocabulary = self._vocabulary(prior.prior)
        return [self._study(contents, vocabulary, prior.ref) for contents in studies]

    def _vocabulary(self, prior: DomainPrior) -> Vocabulary:
        found = self._vocabularies.get(prior.sha256)
        if found is None:
            found = self._vocabularies[prior.sha256] = Vocabulary(prior)
            if len(self._vocabularies) > _KEPT:
                self._vocabularies.popitem(last=False)
        return found

    def _study(self, contents: tuple[Content, ...], vocabulary: Vocabulary, ref: str) -> Reading:
        triples: list[Triple] = []
        labels: dict[str, str] = {}
        for index, content in enumerate(contents):
            if not isinstance(content, TextContent):
                raise InputError("the report reader reads texts; give a picture to the film reader")
            _read_text(content.text, index, vocabulary, triples, labels)
        names = {name for t in triples for name in (t.head, t.tail)}
        nodes: list[Node] = [node_of(vocabulary.prior, name, labels.get(name, "")) for name in names]
        return Reading(graph_of(triples, nodes, ref))


def _read_text(text: str, index: int, vocabulary: Vocabulary, triples: list[Triple], labels: dict[str, str]) -> None:
    marks, pieces = vocabulary.scan(text)
    if not marks:
        return
    ends = list(accumulate(map(len, pieces)))
    said = Interpretation(vocabulary, text, pieces, ends)
    said.read(marks)
    for occurrence in said.occurrences:
        evidence = (_span(occurrence, pieces, ends, index),)
        for side, site in _places(occurrence, vocabulary):
            prior = vocabulary.prior
            labels[finding_name(prior, occurrence.entry, side, site)] = occurrence.entry
            facts = () if occurrence.status is Status.ABSENT else occurrence.facts
            triples += finding_triples(prior, occurrence.entry, occurrence.status, evidence, side, site, facts)
    for statement in said.statements:
        triples.append(Triple(*statement.triple, Status.PRESENT, (_span(statement, pieces, ends, index),)))


def _span(said, pieces: list[str], ends: list[int], index: int) -> TextSpan:
    start = ends[said.first - 1] if said.first else 0
    return TextSpan(
        start, ends[said.last - 1] + len(pieces[said.last].rstrip(" -")) if said.last else len(pieces[0].rstrip(" -")), index
    )


def _places(occurrence: Occurrence, vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """Each (side, site) that the occurrence is at: both sides one by one, every said site; ("", home) when none is said."""
    entry = vocabulary.entries[occurrence.entry]
    sides = set()
    for side in occurrence.sides:
        sides |= {"left", "right"} if side == "bilateral" else {side}
    sites = _narrowest(occurrence.sites, vocabulary) or [home_of(vocabulary.prior, occurrence.entry)]
    places = []
    for site in dict.fromkeys(sites):
        anatomy = vocabulary.entries.get(site)
        natural = anatomy.side if anatomy and anatomy.side and entry.paired else ""
        for side in [natural] if natural else sorted(sides) or [""]:
            called = anatomy.on_side.get(side, site) if anatomy and side else site
            places.append((side, called))
    return places


def _narrowest(sites: tuple[str, ...], vocabulary: Vocabulary) -> list[str]:
    """Drop sites that another said site is part of: "right lung ... lower lobe" is the lower lobe."""
    return [s for s in sites if not any(s != other and s in vocabulary.parts[other] for other in sites)]
