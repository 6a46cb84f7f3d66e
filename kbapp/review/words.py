"""The words to search in, for cases that an older workbench stored without them."""

from sqlalchemy import select

from kbapp.errors import KbError
from kbapp.store import tables
from kbapp.store.artifacts import ArtifactStore
from kbapp.store.case_texts import put_words, words_of
from kbapp.store.completion_rows import fetch_case, fetch_completion
from kbapp.store.database import Database

BATCH = 200


def put_missing_words(database: Database, artifacts: ArtifactStore) -> int:
    """Read the texts of the cases that have no words yet; returns how many there were."""
    done = 0
    while batch := _without_words(database):
        found = [(row.id, row.origin, _contents(database, artifacts, row)) for row in batch]
        with database.write() as connection:
            for case_id, origin, contents in found:
                put_words(connection, case_id, words_of(origin, contents))
        done += len(batch)
    return done


def _without_words(database: Database) -> list:
    case = tables.cases
    missing = select(case).where(case.c.id.not_in(select(tables.case_texts.c.case_id))).order_by(case.c.id).limit(BATCH)
    with database.read() as connection:
        return connection.execute(missing).all()


def _contents(database: Database, artifacts: ArtifactStore, row) -> list:
    """Given and made contents; none where a file is missing or was changed: that must not keep the workbench from starting."""
    with database.read() as connection:
        case = fetch_case(connection, row)
        made = select(tables.completions).where(tables.completions.c.id == row.completion_id)
        run = connection.execute(made).first()
        rows = fetch_completion(connection, run, row) if run else None
    try:
        if rows is None:
            return list(case.case(artifacts).contents)
        completion = rows.completion(artifacts)
    except KbError:
        return []
    return [*completion.case.contents, *(candidate.content for candidate in completion.candidates)]
