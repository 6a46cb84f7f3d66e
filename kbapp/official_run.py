"""A sample of a run of the official code as a completion: compared here, with nothing made anew. No model and no network is needed.

Where the run wrote down the source's graph, its graphs are the ones compared, under this prior's names; a candidate without one is not
compared. Where it did not (the official medical path makes no graph), source and candidates are both read by the builtin readers. Never
one by the run and the other by them: two readers that look for different things would differ where the contents do not. The run's own
scores stand beside the candidates as they were given, on their own scales, and order nothing.
"""

from collections.abc import Sequence

from kbapp import __version__
from kbapp.core.candidate import Candidate, Description
from kbapp.core.case import Case
from kbapp.core.completion import Completion, Provenance, Reading
from kbapp.core.content import Content, Modality
from kbapp.core.difference import Difference
from kbapp.core.graph import KnowledgeGraph
from kbapp.core.score import PartScore
from kbapp.errors import InputError
from kbapp.formats.run_folder import RunCandidate, RunSample
from kbapp.knowledge.film_reader import FilmReader
from kbapp.knowledge.given_graph import own_words, under_prior
from kbapp.knowledge.lmm_names import Names
from kbapp.knowledge.report_reader import ReportReader
from kbapp.pipeline import MAX_CANDIDATES
from kbapp.priors.version import PriorVersion
from kbapp.ranking.graph_part import NO_GRAPH, differences, graph_parts
from kbapp.ranking.order import rank
from kbapp.ranking.quality_score import GRAPH, quality_scores

ORIGIN = "official run"
_UNKNOWN = (
    "The run's folder names neither its models nor its seed. The seed shown as 0 is a placeholder: the real one is not known."
)


def domain_of(sample: RunSample) -> str:
    """The shipped domain that the run's path is for; the folder itself names none."""
    return "general-scene" if sample.general else "chest-xray"


def completion_of(sample: RunSample, prior: PriorVersion, *, origin: str) -> Completion:
    """prior: the version of the sample's domain to compare under. origin: of the case, in words."""
    case = Case((sample.source,), prior.prior.domain, origin=origin)
    reader = _Given(prior) if sample.graph is not None else _Builtin(prior)
    reading, readings = reader.source(sample), tuple(map(reader.candidate, sample.candidates))
    differing, parts = _compared(reading, readings, prior, case.missing)
    if sample.graph is not None:
        parts = [NO_GRAPH if given.graph is None else part for given, part in zip(sample.candidates, parts, strict=True)]
    scores = quality_scores([{GRAPH: part} for part in parts], prior.prior.weights)
    engines = {"reader": reader.id(sample.source), "candidate reader": reader.id(sample.candidates[0].content), "generator": ORIGIN}
    made = Provenance(__version__, ORIGIN, engines, prior.ref, prior.prior.sha256, 0, min(sample.expected, MAX_CANDIDATES))
    candidates = tuple(_candidate(k, given, sample) for k, given in enumerate(sample.candidates))
    notes = (*_told(sample), _UNKNOWN)
    return Completion(case, reading, candidates, readings, scores, differing, rank(scores, differing), made, notes)


def _told(sample: RunSample) -> tuple[str, ...]:
    short = sample.expected - len(sample.candidates)
    number = f"There are {len(sample.candidates)} candidates, where the run's files speak of {sample.expected}."
    return (*((number,) if short > 0 else ()), *sample.remarks)


def _candidate(index: int, given: RunCandidate, sample: RunSample) -> Candidate:
    """The official code puts the whole of what was read before each candidate: there is no subject of its own."""
    told = Description("all that was read", given.prompt or sample.thoughts, KnowledgeGraph())
    notes = () if index == given.number else (f"Number {given.number} in the run's folder.",)
    return Candidate(index, told, given.content, 0, ORIGIN, given.prompt, notes, given.scores)


class _Given:
    """The run's own graphs, under the names of this prior."""

    def __init__(self, prior: PriorVersion):
        self.prior, self.names = prior, Names(prior.prior)

    def id(self, content: Content) -> str:
        return f"{ORIGIN}'s model"

    def source(self, sample: RunSample) -> Reading:
        return self._reading(sample.graph)

    def candidate(self, given: RunCandidate) -> Reading:
        if given.graph is None:
            return _unread("The run holds no graph of this candidate.")
        return self._reading(given.graph)

    def _reading(self, given: KnowledgeGraph) -> Reading:
        graph = under_prior(given, self.prior, self.names, ORIGIN)
        notes = ["The graph is the run's own; where in the content a fact stands, it does not say."]
        if own := own_words(graph, self.prior):
            notes.append(f"{own} of {len(graph.nodes)} names are not in the prior and stand in their own words.")
        return Reading(graph, notes=tuple(notes))


class _Builtin:
    """Read anew, where the builtin readers can."""

    def __init__(self, prior: PriorVersion):
        self.prior, self.readers = prior, {Modality.TEXT: ReportReader(), Modality.IMAGE: FilmReader()}

    def id(self, content: Content) -> str:
        return self.readers[content.modality].id

    def source(self, sample: RunSample) -> Reading:
        return self._reading(sample.source)

    def candidate(self, given: RunCandidate) -> Reading:
        return self._reading(given.content)

    def _reading(self, content: Content) -> Reading:
        if self.prior.prior.why_not_builtin():
            pictures = f'the pictures of "{self.prior.prior.title}"'
            return _unread(f"The run holds no graph of it, and the builtin readers do not read {pictures}.")
        try:
            return self.readers[content.modality].read([(content,)], self.prior)[0]
        except InputError as error:
            return _unread(f"It could not be read: {error}")


def _unread(why: str) -> Reading:
    return Reading(KnowledgeGraph(), assesses=frozenset(), notes=(why,))


def _compared(
    source: Reading, readings: Sequence[Reading], prior: PriorVersion, missing: Modality
) -> tuple[tuple[Difference, ...], tuple[PartScore, ...]]:
    """Against a source that nobody has read nothing is missing and nothing is extra."""
    if not source.graph and source.assesses == frozenset():
        return (Difference(()),) * len(readings), (PartScore(None, "the source was not read"),) * len(readings)
    return differences(source.graph, readings, prior.prior, missing), graph_parts(source.graph, readings, prior.prior, missing)
