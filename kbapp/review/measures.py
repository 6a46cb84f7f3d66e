"""Outlines and measures to draw over a given picture: measured when somebody asks for them, kept for the last few pictures."""

from collections import OrderedDict
from threading import Lock

from kbapp.core.actor import Actor
from kbapp.core.content import ImageContent
from kbapp.errors import InputError
from kbapp.review.access import EVERYONE, needs
from kbapp.review.rows import case_row
from kbapp.store.artifacts import ArtifactStore
from kbapp.store.completion_rows import fetch_case
from kbapp.store.database import Database

KEPT = 64


class Measures:
    def __init__(self, database: Database, artifacts: ArtifactStore):
        self._database, self._artifacts = database, artifacts
        self._known: OrderedDict[str, dict] = OrderedDict()
        self._lock = Lock()

    @needs(EVERYONE)
    def of(self, actor: Actor, case_id: str) -> list[dict]:
        """For each given picture of a case what `kbapp.knowledge.film_reader.landmarks` says; {"why": sentence} where it cannot
        be measured. Empty for a case of texts. Raises NotFound, ArtifactTampered."""
        with self._database.read() as connection:
            rows = fetch_case(connection, case_row(connection, actor, case_id))
        return [self._of(content) for content in rows.case(self._artifacts).contents if isinstance(content, ImageContent)]

    def _of(self, content: ImageContent) -> dict:
        with self._lock:
            if content.sha256 in self._known:
                self._known.move_to_end(content.sha256)
                return self._known[content.sha256]
        measured = _measured(content)
        with self._lock:
            self._known[content.sha256] = measured
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return measured


def _measured(content: ImageContent) -> dict:
    from kbapp.knowledge.film_reader import landmarks  # imports the reader's network

    try:
        return landmarks(content)
    except InputError as error:
        return {"why": str(error)}
