import numpy as np
import pytest

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.core.content import ImageContent, Modality, TextContent
from kbapp.errors import InputError, NotFound
from tests.formats.completions import drawn
from tests.review.fakes import completed_case

STRANGER = Actor("s", "stranger", Role.ADMIN, project="other")


def test_a_case_comes_back_as_it_was_given(workbench):
    pixels = np.arange(600, dtype=np.uint16).reshape(20, 30)
    views = (ImageContent(pixels, (10.0, 500.5), "PA", 0.143), ImageContent(pixels + 1, None, "LATERAL"))
    case_id = workbench.cases.create(LOCAL_OWNER, views, origin="two views", domain="chest-xray")
    case = workbench.cases.get(LOCAL_OWNER, case_id)
    assert case.contents == views  # by pixels, window, view and pixel size
    assert (case.id, case.origin, case.domain, case.missing) == (case_id, "two views", "chest-xray", Modality.TEXT)


def test_the_same_content_twice_is_two_cases_and_one_file(workbench):
    first, second = (workbench.cases.create(LOCAL_OWNER, [TextContent("The same.")]) for _ in range(2))
    assert first < second
    (one,), (other,) = (workbench.cases.content_artifacts(LOCAL_OWNER, c) for c in (first, second))
    assert one == other


def test_the_list_is_newest_first_and_pages_by_the_last_id(workbench):
    made = [workbench.cases.create(LOCAL_OWNER, [TextContent(f"Text {k}.")]) for k in range(5)]
    pages, before = [], ""
    while rows := workbench.cases.list(LOCAL_OWNER, before=before, limit=2):
        pages.append([row.id for row in rows])
        before = rows[-1].id
    assert pages == [made[:2:-1], made[2:0:-1], made[:1]]


def test_a_row_says_what_is_missing_and_how_far_the_work_is(workbench):
    new = workbench.cases.create(LOCAL_OWNER, [drawn()], origin="drawn")
    ready = completed_case(workbench, n=3)
    newer, older = workbench.cases.list(LOCAL_OWNER)
    assert (older.id, older.missing, older.status, older.n, older.top_qs) == (new, Modality.TEXT, "new", None, None)
    assert (newer.id, newer.missing, newer.status, newer.n, newer.top_qs) == (ready, Modality.IMAGE, "ready", 3, 85.0)
    assert (newer.margin_kind, newer.contradicted) == ("close", 0)
    assert [row.id for row in workbench.cases.list(LOCAL_OWNER, status="ready")] == [ready]


def test_another_project_sees_nothing_of_it(workbench):
    case_id = completed_case(workbench)
    assert workbench.cases.list(STRANGER) == []
    for call in (workbench.cases.get, workbench.completions.latest, workbench.jobs.latest, workbench.decisions.accepted):
        with pytest.raises(NotFound, match="no case"):
            call(STRANGER, case_id)
    completion = workbench.completions.latest(LOCAL_OWNER, case_id).id
    with pytest.raises(NotFound, match="no completion"):
        workbench.completions.get(STRANGER, completion)


@pytest.mark.parametrize("contents", [[], [TextContent("a"), drawn()]])
def test_contents_of_no_or_two_modalities_make_no_case(workbench, contents):
    with pytest.raises(InputError, match="pictures or texts"):
        workbench.cases.create(LOCAL_OWNER, contents)
    assert workbench.cases.list(LOCAL_OWNER) == []
