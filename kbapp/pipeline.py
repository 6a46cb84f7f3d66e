"""The three steps in order: read, generate, rank. Knows no store and no web.

Each role is called once per step with all n candidates, so that engines can batch: the reader once for the source and once for the
candidates, the generator once, each scorer once. Only candidates that came out equal are asked for again.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from kbapp import __version__
from kbapp.core.candidate import Candidate, Description
from kbapp.core.case import Case
from kbapp.core.completion import Completion, Provenance, Reading
from kbapp.core.content import Content, Modality, TextContent
from kbapp.core.difference import Difference
from kbapp.core.graph import KnowledgeGraph
from kbapp.core.score import PartScore, QualityScore, Ranking
from kbapp.engines.image_generator import ImageGenerator
from kbapp.errors import Cancelled, ExtractionError, InputError, UserError
from kbapp.generation.prompt import Prompt, condense, fitted
from kbapp.generation.views import candidate_seed, views
from kbapp.generation.writer import Writer
from kbapp.knowledge.reader import Reader
from kbapp.priors.schema import Guidance
from kbapp.priors.version import PriorVersion
from kbapp.ranking.graph_part import NO_GRAPH, differences, graph_parts, mean_pairwise_similarity
from kbapp.ranking.order import rank, rank_at_random
from kbapp.ranking.quality_score import GRAPH, SWITCHED_OFF, quality_scores
from kbapp.ranking.scorer import Scorer

MAX_CANDIDATES = 15  # the most that the paper tries (Table 4); a reviewer does not compare more
_RETRIES = 2  # calls for candidates that came out equal to an earlier one


@dataclass(frozen=True)
class Engines:
    """Which engine plays each role: what a profile is made of."""

    profile: str
    readers: Mapping[Modality, Reader]
    writer: Writer
    image_generator: ImageGenerator
    scorers: tuple[Scorer, ...]


@dataclass(frozen=True)
class Switches:
    """The ablations of the paper's Table 3; all on is the method.

    knowledge: generate from the graph; off: from the source text as it is, or from the bare instruction where the source is a picture.
    ranking: order by QS; off: at random. graph_part, encoder_parts: terms of QS.
    """

    knowledge: bool = True
    ranking: bool = True
    graph_part: bool = True
    encoder_parts: bool = True


GRAPH_VERSION, CORRECTED_BY = (
    "graph version",
    "graph corrected by",
)  # in the provenance's engines, where a person corrected the graph


@dataclass(frozen=True)
class Progress:
    """step: "read", "generate" or "rank". done of total within the step. text: what is being done, in words."""

    step: str
    done: int
    total: int
    text: str


def complete(
    case: Case,
    prior: PriorVersion,
    engines: Engines,
    *,
    n: int = 5,
    seed: int = 0,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    cancelled: Callable[[], bool] = lambda: False,
    switches: Switches = Switches(),
    start: Completion | None = None,
) -> Completion:
    """Complete the missing modality of a case with n ranked candidates. The same arguments give an equal completion.

    start: an earlier completion of the case, whose source graph, perhaps corrected by a person, is taken as it is: step 1 is not run.

    Raises UserError for n outside 1-15, a case that the profile cannot read or a start under another prior, Cancelled when
    `cancelled()` turns true, and what the engines raise.
    """
    if not 1 <= n <= MAX_CANDIDATES:
        raise UserError(f"expected 1 to {MAX_CANDIDATES} candidates, got {n}")
    if start is not None:
        _refuse_other_prior(start, prior, "its graph")
    return _Run(case, prior, engines, n, seed, switches, _Steps(on_progress, cancelled), start).completion()


def regenerate(completion: Completion, index: int, prior: PriorVersion, engines: Engines) -> Candidate:
    """One candidate made again alone, from its description, prompt and seed. Equal to the byte on engines that are deterministic.

    Raises UserError for another prior than the completion was made under, or an index that is none.
    """
    _refuse_other_prior(completion, prior, "this candidate")
    if not 0 <= index < len(completion.candidates):
        raise UserError(f"expected a candidate from 1 to {len(completion.candidates)}, got {index + 1}")
    old = completion.candidates[index]
    if completion.case.missing is Modality.TEXT:
        (text,) = engines.writer.write([old.description], prior, [old.seed])
        return replace(old, content=TextContent(text), model=engines.writer.id)
    (picture,) = engines.image_generator.generate([old.prompt], [old.seed], prior)
    return replace(old, content=picture, model=engines.image_generator.id)


def _refuse_other_prior(completion: Completion, prior: PriorVersion, what: str) -> None:
    if prior.prior.sha256 != completion.provenance.prior_sha256:
        made = completion.provenance.prior
        raise UserError(f"{what} was made under {made}; choose that version of the prior, not {prior.ref}")


def rescored(completion: Completion, graph: KnowledgeGraph, prior: PriorVersion) -> Completion:
    """The same candidates against another source graph: differences, graph part, QS and order anew, without any engine. The encoders'
    parts stay: they compare contents, not graphs. prior: the version that the completion was made under."""
    missing, readings = completion.case.missing, completion.candidate_readings
    chosen = [candidate.description.resolutions for candidate in completion.candidates]
    differing = differences(graph, readings, prior.prior, missing, chosen)
    parts = [{**score.parts} for score in completion.scores]
    if completion.provenance.switches.get("graph_part", True):
        anew = graph_parts(graph, readings, prior.prior, missing)
        _add(parts, GRAPH, [NO_GRAPH if old.get(GRAPH) == NO_GRAPH else new for old, new in zip(parts, anew, strict=True)])
    scores = quality_scores(parts, prior.prior.weights)
    reading = replace(completion.reading, graph=graph)
    return replace(completion, reading=reading, differences=differing, scores=scores, ranking=rank(scores, differing))


def substituted(
    completion: Completion,
    index: int,
    graph: KnowledgeGraph,
    prior: PriorVersion,
    engines: Engines,
    *,
    cancelled: Callable[[], bool] = lambda: False,
) -> Completion:
    """The completion with the candidate at `index` made anew from another graph than the source's, on the same seed, and compared with the
    source and ranked among the others as they are. The engines are asked for this one alone.

    Raises Cancelled, UserError for a case that the profile cannot read, and what the engines raise.
    """
    made, case, old = completion.provenance, completion.case, completion.candidates[index]
    run = _Run(case, prior, engines, 1, made.seed, Switches(), _Steps(lambda progress: None, cancelled))
    described = views(graph, prior.prior, case.missing, index + 1, case_sha256(case), made.seed)[index]
    (content,), (prompt,) = run._contents([described], [old.seed])
    notes = run.notes_of(described, prompt)
    candidate = replace(old, description=described, content=content, prompt=prompt.text, notes=notes)
    (reading,) = run._reader(case.missing).read([(content,)], prior)
    (own,) = run._scores(completion.reading.graph, [candidate], [reading])
    with_it = replace(
        completion,
        candidates=_with(completion.candidates, index, candidate),
        candidate_readings=_with(completion.candidate_readings, index, reading),
        scores=_with(completion.scores, index, own),
    )
    return rescored(with_it, completion.reading.graph, prior)


def _with(values: tuple, index: int, value: object) -> tuple:
    return (*values[:index], value, *values[index + 1 :])


def case_sha256(case: Case) -> str:
    """Hash of what is seen of a case; of nothing that comes from where it is kept."""
    return hashlib.sha256("|".join(content.sha256 for content in case.contents).encode()).hexdigest()


class _Steps:
    """Tells of progress, and stops the run where it was cancelled."""

    def __init__(self, on_progress: Callable[[Progress], None], cancelled: Callable[[], bool]):
        self._on_progress, self._cancelled = on_progress, cancelled

    def at(self, step: str, done: int, total: int, text: str) -> None:
        if self._cancelled():
            raise Cancelled("The run was stopped.")
        self._on_progress(Progress(step, done, total, text))


class _Run:
    def __init__(
        self,
        case: Case,
        prior: PriorVersion,
        engines: Engines,
        n: int,
        seed: int,
        switches: Switches,
        steps: _Steps,
        start: Completion | None = None,
    ):
        self.start = start
        self.case, self.prior, self.engines = case, prior, engines
        self.n, self.seed, self.switches, self.steps = n, seed, switches, steps
        self.missing_name = prior.prior.names.get(case.missing.value, case.missing.value)
        self.notes: list[str] = []

    def completion(self) -> Completion:
        reading = self._read_source()
        candidates, readings = self._read_candidates(self._generate(reading.graph))
        chosen = [candidate.description.resolutions for candidate in candidates]
        differing = differences(reading.graph, readings, self.prior.prior, self.case.missing, chosen)
        scores = self._scores(reading.graph, candidates, readings)
        ranking = self._ranking(scores, differing)
        self.steps.at("rank", self._rank_steps, self._rank_steps, "Done")
        return Completion(
            self.case, reading, candidates, readings, scores, differing, ranking, self._provenance(), tuple(self.notes)
        )

    # --- step 1

    def _reader(self, modality: Modality) -> Reader:
        reader = self.engines.readers.get(modality)
        if reader is None:
            name = self.prior.prior.names.get(modality.value, modality.value)
            raise UserError(f"the profile {self.engines.profile} cannot read a {name}; choose another profile")
        return reader

    def _read_source(self) -> Reading:
        name = self.prior.prior.names.get(self.case.available.value, self.case.available.value)
        reader = self._reader(self.case.available)
        self._reader(self.case.missing)  # said before the work, not after it
        if self.start is not None:
            return self._reading_as_it_stands(self.start)
        self.steps.at("read", 0, 1, f"Reading the {name}")
        (reading,) = reader.read([self.case.contents], self.prior)
        self.steps.at("read", 1, 1, f"{len(reading.graph.triples)} facts read")
        if not reading.graph:
            self.notes.append(f"Nothing was read from the {name}: the candidates are made without any fact.")
        return reading

    def _reading_as_it_stands(self, start: Completion) -> Reading:
        by = start.provenance.engines.get(CORRECTED_BY)
        stood = f"version {start.provenance.engines[GRAPH_VERSION]}, corrected by {by}" if by else "as it was read before"
        self.steps.at("read", 1, 1, f"{len(start.reading.graph.triples)} facts, {stood}")
        self.notes.append(f"Made from the source graph {stood}; the source was not read again.")
        return start.reading

    # --- step 2

    def _generate(self, graph: KnowledgeGraph) -> tuple[Candidate, ...]:
        self.steps.at("generate", 0, self.n, f"Describing the {self.missing_name}")
        sha256 = case_sha256(self.case)
        described = self._describe(graph, sha256)
        seeds = [candidate_seed(sha256, self.seed, index) for index in range(self.n)]
        contents, prompts = self._contents(described, seeds)
        for attempt in range(1, _RETRIES + 1):
            again = _repeated(contents)
            if not again:
                break
            for k in again:
                seeds[k] = candidate_seed(sha256, self.seed, k + attempt * MAX_CANDIDATES)
            new, _ = self._contents([described[k] for k in again], [seeds[k] for k in again])
            for k, content in zip(again, new, strict=True):
                contents[k] = content
        return self._candidates(described, seeds, contents, prompts)

    def _describe(self, graph: KnowledgeGraph, sha256: str) -> tuple[Description, ...]:
        prior = self.prior.prior
        if not self.switches.knowledge:
            instruction = prior.guidance.get(self.case.missing.value, Guidance()).instruction
            texts = [content.text for content in self.case.contents if isinstance(content, TextContent)]
            return (Description(prior.root, "\n".join(texts) or instruction, KnowledgeGraph()),) * self.n
        described = views(graph, prior, self.case.missing, self.n, sha256, self.seed)
        different = len({description.graph for description in described})
        if graph and different < self.n:
            self.notes.append(_why_alike(different, self.n, self.case.missing))
        return described

    def _contents(self, described: Sequence[Description], seeds: Sequence[int]) -> tuple[list[Content], list[Prompt]]:
        total = len(described)
        self.steps.at("generate", 0, total, f"Making {total} candidates")
        if self.case.missing is Modality.TEXT:
            texts = self.engines.writer.write(described, self.prior, seeds)
            self.steps.at("generate", total, total, f"{total} candidates made")
            return [TextContent(text) for text in texts], [Prompt(d.text) for d in described]
        prompts = [self._prompt(description) for description in described]

        def on_step(step: int, steps: int) -> None:
            self.steps.at("generate", step, steps, f"Making {total} candidates")

        pictures = self.engines.image_generator.generate([p.text for p in prompts], seeds, self.prior, on_step=on_step)
        return list(pictures), prompts

    def _prompt(self, description: Description) -> Prompt:
        most = self.engines.image_generator.max_prompt_words
        if self.switches.knowledge:
            return condense(description, self.prior.prior, most)
        return fitted([description.text], most)

    def _candidates(self, described, seeds, contents, prompts) -> tuple[Candidate, ...]:
        """The distinct ones, numbered anew; a shortfall is said."""
        again = set(_repeated(contents))
        model = self.engines.writer.id if self.case.missing is Modality.TEXT else self.engines.image_generator.id
        if again:
            self.notes.append(
                f"{self.n - len(again)} distinct candidates instead of {self.n}: the others came out the same in {_RETRIES + 1} tries."
            )
        kept = [k for k in range(self.n) if k not in again]
        return tuple(
            Candidate(index, described[k], contents[k], seeds[k], model, prompts[k].text, self.notes_of(described[k], prompts[k]))
            for index, k in enumerate(kept)
        )

    def notes_of(self, description: Description, prompt: Prompt) -> tuple[str, ...]:
        """What a candidate does not show: what its generator has no means for, nodes that its description does not name, statements for
        which its prompt had no room."""
        picture = self.case.missing is Modality.IMAGE
        lacking = self.engines.image_generator.not_shown(prompt.text, self.prior) if picture else ()
        return (*((f"Not drawn: {'; '.join(lacking)}.",) if lacking else ()), *_unnamed(description), *prompt.notes)

    # --- step 3

    @property
    def _rank_steps(self) -> int:
        return 1 + (len(self.engines.scorers) if self.switches.encoder_parts else 0)

    def _read_candidates(self, made: Sequence[Candidate]) -> tuple[tuple[Candidate, ...], tuple[Reading, ...]]:
        """From their contents alone, never from what they were made of. One whose content is refused says so and holds no fact; one that
        the reader itself failed on is left out, because nobody could say what it tells."""
        self.steps.at("rank", 0, self._rank_steps, "Reading the candidates")
        reader = self._reader(self.case.missing)
        studies = [(candidate.content,) for candidate in made]
        try:
            return tuple(made), tuple(reader.read(studies, self.prior))
        except (InputError, ExtractionError):
            readings = [self._read_alone(reader, study) for study in studies]
            if not any(readings):
                raise
        kept = [(candidate, reading) for candidate, reading in zip(made, readings, strict=True) if reading is not None]
        if len(kept) < len(made):
            self.notes.append(f"{len(made) - len(kept)} of {len(made)} candidates were left out: the reader failed on them.")
        return tuple(replace(c, index=k) for k, (c, _) in enumerate(kept)), tuple(reading for _, reading in kept)

    def _read_alone(self, reader: Reader, study: tuple[Content, ...]) -> Reading | None:
        self.steps.at("rank", 0, self._rank_steps, "Reading the candidates one by one")
        try:
            return reader.read([study], self.prior)[0]
        except InputError as error:
            return Reading(KnowledgeGraph(), assesses=frozenset(), notes=(f"This candidate could not be read: {error}",))
        except ExtractionError:
            return None

    def _scores(
        self, source: KnowledgeGraph, candidates: Sequence[Candidate], readings: Sequence[Reading]
    ) -> tuple[QualityScore, ...]:
        parts: list[dict[str, PartScore]] = [{} for _ in candidates]
        graph = graph_parts(source, readings, self.prior.prior, self.case.missing)
        _add(parts, GRAPH, graph if self.switches.graph_part else [SWITCHED_OFF] * len(parts))
        contents = [candidate.content for candidate in candidates]
        for k, scorer in enumerate(self.engines.scorers):
            if self.switches.encoder_parts:
                self.steps.at("rank", 1 + k, self._rank_steps, f"Comparing by {scorer.name}")
                _add(parts, scorer.name, scorer.similarity(self.case.contents, contents, self.prior))
            else:
                _add(parts, scorer.name, [SWITCHED_OFF] * len(parts))
        alike = mean_pairwise_similarity([reading.graph for reading in readings])
        if alike is not None:
            self.notes.append(f"The candidates' graphs are alike by {alike:.1f} of 100 on average, pair by pair.")
        return quality_scores(parts, self.prior.prior.weights)

    def _ranking(self, scores: Sequence[QualityScore], differing: Sequence[Difference]) -> Ranking:
        return rank(scores, differing) if self.switches.ranking else rank_at_random(scores, self.seed)

    def _provenance(self) -> Provenance:
        engines = self.engines
        used = {"reader": self._reader(self.case.available).id, "candidate reader": self._reader(self.case.missing).id}
        used["generator"] = engines.writer.id if self.case.missing is Modality.TEXT else engines.image_generator.id
        used |= {f"scorer {scorer.name}": scorer.id for scorer in engines.scorers}
        if self.start is not None:
            told = self.start.provenance.engines
            used |= {name: told[name] for name in ("reader", GRAPH_VERSION, CORRECTED_BY) if name in told}
        prior = self.prior
        return Provenance(
            __version__, engines.profile, used, prior.ref, prior.prior.sha256, self.seed, self.n, asdict(self.switches)
        )


def _add(parts: Sequence[dict[str, PartScore]], name: str, scores: Sequence[PartScore]) -> None:
    for of_one, score in zip(parts, scores, strict=True):
        of_one[name] = score


def _unnamed(description: Description) -> tuple[str, ...]:
    nodes = len(description.graph.nodes)
    named = round(description.coverage * nodes)
    return (f"The description names {named} of {nodes} nodes of the graph.",) if named < nodes else ()


def _repeated(contents: Sequence[Content]) -> list[int]:
    """Places whose content stands at an earlier place already."""
    first: dict[str, int] = {}
    return [k for k, content in enumerate(contents) if first.setdefault(content.sha256, k) != k]


def _why_alike(different: int, n: int, missing: Modality) -> str:
    manner = "wording" if missing is Modality.TEXT else "appearance"
    if different == 1:
        return f"No fact of the source is open, so all {n} candidates were asked to tell the same facts, with another subject or {manner}."
    return f"The open facts of the source allow {different} different accounts; {n - different} of {n} candidates were asked to repeat one with another subject or {manner}."
