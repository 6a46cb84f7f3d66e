"""The report reader: a radiology report (or any text of a domain) in, its knowledge graph out. No model, no network.

It knows English word order and nothing else; every term, cue and meaning comes from the prior.
"""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import accumulate

from kbapp.core.completion import Reading
from kbapp.core.content import Content, TextContent
from kbapp.core.evidence import TextSpan
from kbapp.core.graph import KnowledgeGraph
from kbapp.core.triple import Status, Triple
from kbapp.errors import InputError
from kbapp.knowledge.interpretation import ABSENT, PRESENT, UNCERTAIN, Interpretation
from kbapp.knowledge.vocabulary import Vocabulary
from kbapp.priors.schema import DomainPrior
from kbapp.priors.version import PriorVersion

Found = dict[tuple[str, str, str], tuple[int, tuple[TextSpan, ...]]]  # fact -> its status and evidence
_STATUSES = {ABSENT: Status.ABSENT, UNCERTAIN: Status.UNCERTAIN, PRESENT: Status.PRESENT}
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
        found: Found = {}
        for index, content in enumerate(contents):
            if not isinstance(content, TextContent):
                raise InputError("the report reader reads texts; give a picture to the film reader")
            _read_text(content.text, index, vocabulary, found)
        return Reading(_graph(found, vocabulary, ref))


def _read_text(text: str, index: int, vocabulary: Vocabulary, found: Found) -> None:
    marks, pieces = vocabulary.scan(text)
    if not marks:
        return
    ends = list(accumulate(map(len, pieces)))
    said = Interpretation(vocabulary, text, pieces, ends)
    said.read(marks)
    for occurrence in said.occurrences:
        status = occurrence.status
        evidence = (_span(occurrence, pieces, ends, index),)
        for place in vocabulary.places(occurrence.entry, occurrence.sides, occurrence.sites):
            for fact in place.facts:
                _add(found, fact, status, evidence)
            if status:  # of what is absent, no degree is told: "no large effusion"
                for relation, value in occurrence.facts:
                    _add(found, (place.name, relation, value), status, evidence)
    for statement in said.statements:
        _add(found, statement.triple, PRESENT, (_span(statement, pieces, ends, index),))


def _add(found: Found, fact: tuple[str, str, str], status: int, evidence: tuple[TextSpan, ...]) -> None:
    """As `kbapp.core.triple.merged`: the strongest status wins and keeps its own evidence, once each."""
    known = found.get(fact)
    if known is None or status > known[0]:
        found[fact] = (status, evidence)
    elif status == known[0] and evidence[0] not in known[1]:
        found[fact] = (status, known[1] + evidence)


def _graph(found: Found, vocabulary: Vocabulary, ref: str) -> KnowledgeGraph:
    """The graph that `graph_of` would make of these triples, without making each triple more than once."""
    triples = tuple([Triple(*fact, _STATUSES[status], evidence) for fact, (status, evidence) in sorted(found.items())])
    names = {fact[0] for fact in found} | {fact[2] for fact in found}
    return KnowledgeGraph(triples, tuple(map(vocabulary.node, sorted(names))), ref)


def _span(said, pieces: list[str], ends: list[int], index: int) -> TextSpan:
    first, last = said.first, said.last
    piece = pieces[last]
    return TextSpan(ends[first] - len(pieces[first]), ends[last] - len(piece) + len(piece.rstrip(" -")), index)
