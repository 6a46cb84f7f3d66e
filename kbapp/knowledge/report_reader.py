"""The report reader: a radiology report (or any text of a domain) in, its knowledge graph out. No model, no network.

It knows English word order and nothing else; every term, cue and meaning comes from the prior.
"""

import re
from collections import OrderedDict
from collections.abc import Sequence
from itertools import accumulate

from kbapp.core.completion import Reading
from kbapp.core.content import Content, TextContent
from kbapp.core.evidence import TextSpan
from kbapp.core.graph import KnowledgeGraph
from kbapp.core.triple import Status, Triple
from kbapp.errors import InputError
from kbapp.knowledge.interpretation import PRESENT, Interpretation
from kbapp.knowledge.vocabulary import Vocabulary
from kbapp.priors.schema import DomainPrior
from kbapp.priors.version import PriorVersion

Fact = tuple[str, str, str]
Said = tuple[tuple[int, int, int, tuple[Fact, ...]], ...]
Found = dict[Fact, list]  # fact -> its status, then its evidence
_STATUSES = (Status.ABSENT, Status.UNCERTAIN, Status.PRESENT)  # by ABSENT, UNCERTAIN, PRESENT
_SENTENCES = re.compile(
    r"[^.;!?]*(?:[.;!?](?!\s)[^.;!?]*)*[.;!?]?\s*"
)  # cover the text: each with its full stop and the blanks behind
_LONGEST = 400  # characters of a sentence worth remembering
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
    """Reports repeat their sentences, and candidates those of each other: what a sentence says is remembered."""
    if vocabulary.reads_as_one(text):
        parts = [text]
    else:
        parts = _SENTENCES.findall(text)
    remembered, start = vocabulary.sentences, 0
    for part in parts:
        said = remembered.get(part)
        if said is None:
            said = _said(part, vocabulary)
            if len(part) <= _LONGEST:
                vocabulary.remember(part, said)
        for first, last, status, facts in said:
            span = TextSpan(start + first, start + last, index)
            for fact in facts:
                known = found.get(fact)
                if known is None or status > known[0]:  # as `kbapp.core.triple.merged`: the strongest wins with its own evidence
                    found[fact] = [status, span]
                elif status == known[0]:
                    known.append(span)
        start += len(part)


def _said(text: str, vocabulary: Vocabulary) -> Said:
    """What a text says: (start, end, status, facts) for each occurrence of a finding and each statement."""
    marks, pieces = vocabulary.scan(text)
    if not marks:
        return ()
    bounds = list(accumulate(map(len, pieces), initial=0))
    reading = Interpretation(vocabulary, text, pieces, bounds)
    reading.read(marks)
    said = []
    for occurrence in reading.occurrences:
        names, facts = vocabulary.places(occurrence.entry, occurrence.sides, occurrence.sites)
        if occurrence.facts and occurrence.status:  # of what is absent, no degree is told: "no large effusion"
            facts += tuple([(name, *fact) for name in names for fact in occurrence.facts])
        last = occurrence.last
        said.append((bounds[occurrence.first], bounds[last] + len(pieces[last].rstrip(" -")), occurrence.status, facts))
    for statement in reading.statements:
        last = statement.last
        said.append((bounds[statement.first], bounds[last] + len(pieces[last].rstrip(" -")), PRESENT, (statement.triple,)))
    return tuple(said)


def _graph(found: Found, vocabulary: Vocabulary, ref: str) -> KnowledgeGraph:
    """The graph that `graph_of` would make of these triples, without making each triple more than once."""
    triples, names = [], set()
    for fact in sorted(found):
        head, relation, tail = fact
        status, *spans = found[fact]
        evidence = tuple(spans) if len(spans) == 1 else tuple(dict.fromkeys(spans))
        triples.append(Triple(head, relation, tail, _STATUSES[status], evidence))
        names.add(head)
        names.add(tail)
    return KnowledgeGraph(tuple(triples), vocabulary.nodes(sorted(names)), ref)
