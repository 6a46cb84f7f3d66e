"""One generated completion, and what it was told."""

from dataclasses import dataclass

from kbapp.core.content import Content
from kbapp.core.graph import KnowledgeGraph


@dataclass(frozen=True)
class Resolution:
    """How an uncertain or borderline fact of the source was told in one candidate.

    kind "status": `before` and `after` are statuses; kind "degree": they are values of a scale (severity, size).
    """

    node: str
    kind: str
    before: str
    after: str


@dataclass(frozen=True)
class Description:
    """The standardized text of one view of the graph: what a candidate is written or drawn from.

    subject: the entity that leads. graph: the source graph with the resolutions applied. text: that graph, told with the subject first.
    coverage: share (0-1) of the graph's nodes that the text names.
    """

    subject: str
    text: str
    graph: KnowledgeGraph
    resolutions: tuple[Resolution, ...] = ()
    coverage: float = 1.0


@dataclass(frozen=True)
class Candidate:
    """index: 0-based, in order of generation. seed: the same seed gives the same content. model: id of the engine that made it.
    prompt: for an image the words given to the image model; for a text the description. given_scores: of a candidate that was made
    elsewhere, what it was scored there, by the names and on the scales of there; they are no part of QS."""

    index: int
    description: Description
    content: Content
    seed: int
    model: str
    prompt: str = ""
    notes: tuple[str, ...] = ()  # what was cut or could not be told, in words
    given_scores: tuple[tuple[str, float], ...] = ()

    @property
    def subject(self) -> str:
        return self.description.subject
