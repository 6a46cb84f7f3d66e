"""Completions that were made elsewhere: taken over as they are, and reviewed like any other. No engine is asked."""

import hashlib
from dataclasses import replace

from sqlalchemy import Connection, select

from kbapp.core.actor import Actor
from kbapp.core.completion import Completion
from kbapp.core.content import Content
from kbapp.errors import NotFound
from kbapp.formats.completion_json import content_to_file
from kbapp.review.access import EVERYONE, REVIEWERS, needs
from kbapp.review.cases import insert_case
from kbapp.review.completed import put_completed
from kbapp.review.truths import insert_truth
from kbapp.store.artifacts import ArtifactStore
from kbapp.store.clock import utc_now
from kbapp.store.completion_rows import store_contents
from kbapp.store.database import Database
from kbapp.store.ids import new_id
from kbapp.store.tables import candidates, cases, completions, contents, prior_versions


class Imports:
    def __init__(self, database: Database, artifacts: ArtifactStore):
        self._database, self._artifacts = database, artifacts

    @needs(EVERYONE)
    def same(self, actor: Actor, completion: Completion, *, origin: str) -> str | None:
        """The id of a case of that origin that holds the same contents and the same candidates already, else None."""
        given = [_sha256(content, False) for content in completion.case.contents]
        made = [_sha256(candidate.content, True) for candidate in completion.candidates]
        of_origin = select(cases.c.id).where(cases.c.project == actor.project, cases.c.origin == origin)
        with self._database.read() as connection:
            for case_id in connection.execute(of_origin.order_by(cases.c.id)).scalars().all():
                if given == _given_files(connection, case_id) and made in _candidate_files(connection, case_id):
                    return case_id
        return None

    @needs(REVIEWERS)
    def completion(self, actor: Actor, completion: Completion, *, origin: str, truth: Content | None = None) -> str:
        """A new case that holds this completion, ready for review; returns the case's id. Raises NotFound for an unknown domain.

        truth: the true content of the missing modality, kept from the readers until the case is settled (`kbapp.review.truths`).
        Scores, graphs and provenance stay as they were. The prior is named as this storage names the version with the same meaning; where
        it has none, the newest one draws the graph, and a note says so.
        """
        given = store_contents(self._artifacts, completion.case.contents)
        made = store_contents(self._artifacts, [c.content for c in completion.candidates], synthetic=True)
        true = store_contents(self._artifacts, [truth] if truth else [])
        case = replace(completion.case, id=new_id(), origin=origin)
        with self._database.write() as connection:
            insert_case(connection, actor, case, given)
            here = _under_prior_of_here(connection, replace(completion, case=case))
            put_completed(connection, new_id(), here, made, job_id=None, times={"imported": utc_now()})
            for stored in true:
                insert_truth(connection, case.id, stored)
        return case.id


def _sha256(content: Content, synthetic: bool) -> str:
    return hashlib.sha256(content_to_file(content, synthetic=synthetic)[0]).hexdigest()


def _given_files(connection: Connection, case_id: str) -> list[str]:
    return list(
        connection.execute(select(contents.c.artifact).where(contents.c.case_id == case_id).order_by(contents.c.position)).scalars()
    )


def _candidate_files(connection: Connection, case_id: str) -> list[list[str]]:
    """Of each completion of the case, in the order of the candidates."""
    of_case = select(candidates.c.completion_id, candidates.c.artifact)
    of_case = of_case.join(completions, completions.c.id == candidates.c.completion_id).where(completions.c.case_id == case_id)
    files: dict[str, list[str]] = {}
    for completion_id, artifact in connection.execute(of_case.order_by(candidates.c.completion_id, candidates.c.idx)):
        files.setdefault(completion_id, []).append(artifact)
    return list(files.values())


def _under_prior_of_here(connection: Connection, completion: Completion) -> Completion:
    domain, made = completion.case.domain, completion.provenance
    of_it = select(prior_versions.c.number, prior_versions.c.sha256).where(prior_versions.c.domain == domain)
    versions = connection.execute(of_it.order_by(prior_versions.c.number)).all()
    if not versions:
        raise NotFound(f'there is no prior for the domain "{domain}"')
    same = [version.number for version in versions if version.sha256 == made.prior_sha256]
    notes = completion.notes
    if not same:
        notes += (f"Made under a version of the prior ({made.prior}) that this storage does not have.",)
    ref = f"{domain}@{same[-1] if same else versions[-1].number}"
    return replace(completion, provenance=replace(made, prior=ref), notes=notes)
