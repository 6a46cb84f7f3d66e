"""The true content of a case's missing modality, where the case came with it: for comparison afterwards, never for the decision.

It is no content of the case: it is neither among the words to search in nor in an export, and neither this service nor the one of stored
files gives it to anybody before the case is settled, that is, finally decided by all who have to read it. A decision that is taken back
hides it again; the history shows that there was one before.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, insert, select

from kbapp.core.actor import Actor
from kbapp.core.content import Content
from kbapp.formats.completion_json import content_read_later
from kbapp.review.access import EVERYONE, needs
from kbapp.review.rows import case_row
from kbapp.review.transitions import DECIDED
from kbapp.store.artifacts import ArtifactStore
from kbapp.store.clock import utc_now
from kbapp.store.completion_rows import StoredContent, insert_artifact
from kbapp.store.database import Database
from kbapp.store.tables import cases, truths


@dataclass(frozen=True)
class Truth:
    content: Content
    artifact: str


class Truths:
    def __init__(self, database: Database, artifacts: ArtifactStore):
        self._database, self._artifacts = database, artifacts

    @needs(EVERYONE)
    def of(self, actor: Actor, case_id: str) -> Truth | None:
        """None where the case came without one, and until it is settled. Raises NotFound."""
        wanted = select(truths).join(cases, cases.c.id == truths.c.case_id).where(truths.c.case_id == case_id, settled())
        with self._database.read() as connection:
            case_row(connection, actor, case_id)
            row = connection.execute(wanted).first()
        if row is None:
            return None
        return Truth(content_read_later(lambda: self._artifacts.get(row.artifact), row.meta), row.artifact)


def settled() -> ColumnElement:
    """The condition on `cases` that everybody who has to decide has decided, for good."""
    return and_(cases.c.status.in_(DECIDED), cases.c.reading == "")


def insert_truth(connection: Connection, case_id: str, stored: StoredContent) -> None:
    """Inside the transaction that makes the case. stored: its file, written before."""
    insert_artifact(connection, stored)
    row = {"case_id": case_id, "artifact": stored.sha256, "meta": dict(stored.meta), "utc": utc_now()}
    connection.execute(insert(truths).values(row))
