"""Stored files for those who may see them."""

from dataclasses import dataclass

from sqlalchemy import select

from kbapp.core.actor import Actor
from kbapp.errors import NotFound
from kbapp.review.access import EVERYONE, needs
from kbapp.review.truths import settled
from kbapp.store import tables
from kbapp.store.artifacts import ArtifactStore
from kbapp.store.database import Database


@dataclass(frozen=True)
class Artifact:
    """data: checked against the hash just now. synthetic: made by the workbench, never given by anybody."""

    sha256: str
    media_type: str
    data: bytes
    synthetic: bool


class Artifacts:
    def __init__(self, database: Database, artifacts: ArtifactStore):
        self._database, self._artifacts = database, artifacts

    @needs(EVERYONE)
    def get(self, actor: Actor, sha256: str) -> Artifact:
        """A file that a case of the actor's project holds; the true content of a case only once it is settled. Raises NotFound (also for
        another project's), ArtifactTampered."""
        with self._database.read() as connection:
            row = connection.execute(select(tables.artifacts).where(tables.artifacts.c.sha256 == sha256)).first()
            given = connection.execute(_of_project(tables.contents, actor, sha256)).first()
            by_us = (_made(tables.candidates, actor, sha256), _made(tables.decoys, actor, sha256), _edited(actor, sha256))
            true = connection.execute(_of_project(tables.truths, actor, sha256).where(settled())).first()
            made = any(connection.execute(wanted).first() for wanted in by_us)
        if row is None or not (given or made or true):
            raise NotFound(f'there is no artifact "{sha256[:80]}"')
        return Artifact(row.sha256, row.media_type, self._artifacts.get(sha256), not (given or true))


def _of_project(table, actor: Actor, sha256: str):
    wanted = select(table.c.case_id).join(tables.cases, tables.cases.c.id == table.c.case_id)
    return wanted.where(table.c.artifact == sha256, tables.cases.c.project == actor.project).limit(1)


def _made(table, actor: Actor, sha256: str):
    run = tables.completions
    wanted = select(table.c.idx).join(run, run.c.id == table.c.completion_id)
    wanted = wanted.join(tables.cases, tables.cases.c.id == run.c.case_id)
    return wanted.where(table.c.artifact == sha256, tables.cases.c.project == actor.project).limit(1)


def _edited(actor: Actor, sha256: str):
    edited = tables.decisions
    return select(edited.c.id).where(edited.c.after_sha256 == sha256, edited.c.project == actor.project).limit(1)
