"""A case that has been completed: the completion's rows, the case's state, its place on the worklist and its words."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, update

from kbapp.core.completion import Completion
from kbapp.review.worklist import worklist_place
from kbapp.store.case_texts import put_words, words_of
from kbapp.store.clock import utc_now
from kbapp.store.completion_rows import StoredContent, insert_completion
from kbapp.store.tables import cases


def put_completed(
    connection: Connection,
    completion_id: str,
    completion: Completion,
    files: Sequence[StoredContent],
    *,
    job_id: str | None,
    times: Mapping[str, object],
) -> None:
    """The completion becomes its case's latest, and the case is ready for review. files: the candidates' contents, stored before."""
    insert_completion(connection, completion_id, completion, files, job_id=job_id, times=times)
    connection.execute(
        update(cases)
        .where(cases.c.id == completion.case.id)
        .values(
            status="ready",
            revision=cases.c.revision + 1,
            completion_id=completion_id,
            decision_id=None,
            reading="",
            updated=utc_now(),
            **worklist_place(completion),
        )
    )
    made = [*completion.case.contents, *(c.content for c in completion.candidates)]
    put_words(connection, completion.case.id, words_of(completion.case.origin, made))
