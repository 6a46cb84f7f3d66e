from hypothesis import HealthCheck, given, settings
from sqlalchemy import insert, select

from kbapp.core.case import Case
from kbapp.core.content import TextContent
from kbapp.store import tables
from kbapp.store.artifacts import ArtifactStore
from kbapp.store.completion_rows import fetch_completion, insert_artifact, insert_completion, store_contents
from kbapp.store.database import Database
from kbapp.store.ids import new_id
from kbapp.store.migrations import migrate
from tests.formats.completions import completions, deep, small_completion
from tests.store.test_append_only import CASE


def _opened(folder):
    folder.mkdir()
    artifacts, database = ArtifactStore(folder / "artifacts"), Database(folder / "test.sqlite3")
    artifacts.prepare()
    with database.write() as connection:
        migrate(connection)
    return database, artifacts


def _stored(database, artifacts, completion):
    """Store a completion and its case, and read it back."""
    case, completion_id = completion.case, new_id()
    given_files = store_contents(artifacts, case.contents)
    made_files = store_contents(artifacts, [c.content for c in completion.candidates], synthetic=True)
    with database.write() as connection:
        connection.execute(insert(tables.cases).values({**CASE, "id": case.id, "domain": case.domain, "origin": case.origin}))
        for position, stored in enumerate(given_files):
            insert_artifact(connection, stored)
            row = {"case_id": case.id, "position": position, "modality": case.available.value}
            connection.execute(insert(tables.contents).values(row | {"artifact": stored.sha256, "meta": dict(stored.meta)}))
        insert_completion(connection, completion_id, completion, made_files, job_id=None, times={})
    with database.read() as connection:
        row = connection.execute(select(tables.completions).where(tables.completions.c.id == completion_id)).one()
        case_row = connection.execute(select(tables.cases).where(tables.cases.c.id == case.id)).one()
        rows = fetch_completion(connection, row, case_row)
    return rows, rows.completion(artifacts)


def test_any_completion_comes_back_whole_with_scores_at_full_precision(tmp_path):
    database, artifacts = _opened(tmp_path / "store")

    @settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
    @given(completions())
    def holds(completion):
        case = Case(completion.case.contents, completion.case.domain, new_id(), completion.case.origin)
        completion = type(completion)(case, *(getattr(completion, f) for f in list(completion.__dataclass_fields__)[1:]))
        _, back = _stored(database, artifacts, completion)
        assert back == completion and deep(back) == deep(completion)

    holds()
    database.close()


def test_the_list_columns_say_what_the_completion_says(tmp_path):
    database, artifacts = _opened(tmp_path / "store")
    completion = small_completion(Case((TextContent("Fluid."),), id="x"), n=3, contradicted=(1, 2))
    rows, _ = _stored(database, artifacts, completion)
    assert (rows.row.n, rows.row.top_qs, rows.row.margin_kind, rows.row.contradicted) == (3, 85.0, "close", 2)
    assert [c.contradicted for c in rows.candidates] == [0, 1, 1]
    database.close()
