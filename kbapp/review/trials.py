"""Trying a draft of a prior before it is published: recent cases are read under it and under the published version. Nothing is stored."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Row, select

from kbapp.core.actor import Actor
from kbapp.core.case import Case
from kbapp.core.graph import KnowledgeGraph
from kbapp.core.graph_change import GraphChange, graph_change
from kbapp.errors import ArtifactTampered, ExtractionError, InputError, ModelUnavailable, PriorError
from kbapp.knowledge.reader import Reader
from kbapp.pipeline import Engines
from kbapp.priors.document import parse_prior
from kbapp.priors.version import PriorVersion
from kbapp.review.access import EXPERTS, needs
from kbapp.review.priors import Priors
from kbapp.store import tables
from kbapp.store.artifacts import ArtifactStore
from kbapp.store.completion_rows import fetch_case
from kbapp.store.database import Database

MOST_CASES = 5


@dataclass(frozen=True)
class TriedCase:
    """facts: how many were read under the published version and under the draft. trouble: why this case could not be read, else empty."""

    id: str
    origin: str
    facts: tuple[int, int] = (0, 0)
    change: GraphChange = GraphChange()
    trouble: str = ""


@dataclass(frozen=True)
class Trial:
    """The newest cases of the domain first. published: its reference, "chest-xray@3"."""

    published: str
    cases: tuple[TriedCase, ...]


class Trials:
    """profile: its name. engines: builds them, asked at the first trial; None where the storage was opened for reading only."""

    def __init__(
        self, database: Database, artifacts: ArtifactStore, priors: Priors, profile: str, engines: Callable[[], Engines] | None
    ):
        self._database, self._artifacts, self._priors = database, artifacts, priors
        self.profile, self._build_engines, self._engines = profile, engines, None

    @property
    def calls_models(self) -> bool:
        """Whether a trial asks a model server, which takes time and may cost money."""
        return self.profile != "builtin"

    @needs(EXPERTS)
    def read(self, actor: Actor, domain: str, yaml: str) -> Trial:
        """What the sources of up to five recent cases of the actor's project say under the draft, against the published version.

        Raises PriorError for a draft that is none of the domain, NotFound, ModelUnavailable, ModelBusy.
        """
        published = self._priors.published(actor, domain)
        draft = PriorVersion(parse_prior(yaml), published.number + 1, yaml, "draft")
        if draft.prior.domain != domain:
            raise PriorError(f'expected the domain "{domain}", got "{draft.prior.domain}"; a version stays in its domain')
        recent = self._recent(actor, domain)
        readers = self._readers() if recent else {}
        return Trial(published.ref, tuple(self._tried(row, readers, published, draft) for row in recent))

    def _recent(self, actor: Actor, domain: str) -> list[Row]:
        case = tables.cases
        of_it = select(case).where(case.c.project == actor.project, case.c.domain == domain)
        with self._database.read() as connection:
            return list(connection.execute(of_it.order_by(case.c.id.desc()).limit(MOST_CASES)).all())

    def _readers(self):
        if self._build_engines is None:
            raise ModelUnavailable("the storage was opened for reading only; start the workbench to try a draft")
        if self._engines is None:
            self._engines = self._build_engines()
        return self._engines.readers

    def _tried(self, row: Row, readers, published: PriorVersion, draft: PriorVersion) -> TriedCase:
        """A case that cannot be read keeps the others from nothing; a model that cannot be reached ends the trial."""
        try:
            with self._database.read() as connection:
                stored = fetch_case(connection, row)
            case = stored.case(self._artifacts)
            reader = readers[case.available]
            before, after = (_graph(reader, case, prior) for prior in (published, draft))
        except (ExtractionError, InputError, ArtifactTampered) as error:
            return TriedCase(row.id, row.origin, trouble=str(error))
        return TriedCase(row.id, row.origin, (len(before.triples), len(after.triples)), graph_change(before, after))


def _graph(reader: Reader, case: Case, prior: PriorVersion) -> KnowledgeGraph:
    return reader.read([case.contents], prior)[0].graph
