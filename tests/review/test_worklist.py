from dataclasses import replace

import pytest
from sqlalchemy import text

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.core.decision import Action
from kbapp.errors import InputError
from kbapp.review.words import put_missing_words
from kbapp.review.worklist import Order, View
from tests.review.fakes import completed_case, opened, quick
from tests.review.test_decisions import Desk

ANNA = Actor("anna", "Anna", Role.CLINICIAN)
MARGINS = {10: (8.0, "clear", ""), 11: (0.5, "close", ""), 12: (3.0, "clear", ""), 13: (5.0, "clear", "too far from the source")}


def by_seed(case, prior, engines, *, seed, **given):
    """A completion whose lead is chosen by its seed."""
    made = quick(case, prior, engines, seed=seed, **given)
    margin, kind, abstained = MARGINS[seed]
    preselected = None if abstained else made.ranking.order[0]
    return replace(
        made, ranking=replace(made.ranking, margin=margin, margin_kind=kind, abstained=abstained, preselected=preselected)
    )


@pytest.fixture
def desk_of(tmp_path):
    """(workbench, {seed: case id}) with one case of each lead."""
    with opened(tmp_path / "storage", by_seed) as workbench:
        cases = {seed: completed_case(workbench, f"Fluid on the left, number {seed}.", seed=seed) for seed in MARGINS}
        yield workbench, cases


def ids(page):
    return [row.id for row in page.rows]


def test_the_most_uncertain_case_comes_first(desk_of):
    workbench, case = desk_of
    page = workbench.worklist.page(LOCAL_OWNER, order=Order.UNCERTAIN)
    assert ids(page) == [case[13], case[11], case[12], case[10]]


def test_pages_by_key_hold_every_case_once_in_either_order(desk_of):
    workbench, case = desk_of
    for order in Order:
        seen, after = [], ""
        for _ in range(5):
            page = workbench.worklist.page(LOCAL_OWNER, order=order, after=after, limit=1)
            seen += ids(page)
            if not (after := page.after):
                break
        assert seen == ids(workbench.worklist.page(LOCAL_OWNER, order=order)) and len(seen) == 4


def test_next_goes_down_the_list_and_round_again(desk_of):
    workbench, case = desk_of
    following = workbench.worklist.next
    assert following(LOCAL_OWNER) == case[13]
    assert following(LOCAL_OWNER, case[13]) == case[11]
    assert following(LOCAL_OWNER, case[10]) == case[13]


def test_next_leaves_out_what_is_decided_and_what_another_reads(desk_of):
    workbench, case = desk_of
    Desk(workbench, case[13]).decide(Action.DEFER)
    workbench.leases.claim(ANNA, case[11])
    assert workbench.worklist.next(LOCAL_OWNER, case[13]) == case[12]
    assert workbench.worklist.next(ANNA) == case[11]
    for seed in (12, 10):
        Desk(workbench, case[seed]).decide(Action.DEFER)
    assert workbench.worklist.next(LOCAL_OWNER) is None


def test_each_view_holds_what_its_name_says_and_counts_it(desk_of):
    workbench, case = desk_of
    Desk(workbench, case[10]).decide(Action.FLAG)
    workbench.leases.claim(LOCAL_OWNER, case[12])
    views = {view: set(ids(workbench.worklist.page(LOCAL_OWNER, view=view))) for view in View}
    assert views[View.ASIDE] == {case[10]}
    assert views[View.UNREVIEWED] == {case[11], case[12], case[13]}
    assert views[View.UNSURE] == {case[11], case[13]}
    assert views[View.MINE] == {case[12]}
    counts = workbench.worklist.counts(LOCAL_OWNER)
    assert counts.views == {view.value: len(found) for view, found in views.items()}


def test_progress_counts_final_decisions_of_completed_cases(desk_of):
    workbench, case = desk_of
    workbench.cases.create(LOCAL_OWNER, workbench.cases.get(LOCAL_OWNER, case[10]).contents)
    Desk(workbench, case[10]).decide(Action.DEFER)
    Desk(workbench, case[11]).accept(0)
    counts = workbench.worklist.counts(LOCAL_OWNER)
    assert (counts.decided, counts.completed) == (1, 4)


@pytest.mark.parametrize(
    ("asked", "seeds"),
    [("number 12", {12}), ("FLU lef", set(MARGINS)), ("test", set(MARGINS)), ('"; --', set(MARGINS)), ("fluid right", set())],
)
@pytest.mark.parametrize("indexed", [True, False])
def test_a_search_finds_beginnings_of_words_in_origin_and_texts(desk_of, asked, seeds, indexed):
    workbench, case = desk_of
    if not indexed:  # as where SQLite has no FTS5
        with workbench._database.write() as connection:
            for name in ("case_texts_search_insert", "case_texts_search_update"):
                connection.execute(text(f"DROP TRIGGER {name}"))
            connection.execute(text("DROP TABLE case_search"))
    assert set(ids(workbench.worklist.page(LOCAL_OWNER, asked=asked))) == {case[seed] for seed in seeds}


def test_words_that_an_older_workbench_did_not_keep_are_read_from_the_files(desk_of):
    workbench, case = desk_of
    with workbench._database.write() as connection:
        connection.execute(text("DELETE FROM case_texts WHERE case_id != :c"), {"c": case[10]})
    assert put_missing_words(workbench._database, workbench.decisions._artifacts) == 3
    assert ids(workbench.worklist.page(LOCAL_OWNER, asked="number 13")) == [case[13]]
    assert put_missing_words(workbench._database, workbench.decisions._artifacts) == 0


def test_a_damaged_key_of_a_page_is_refused_in_a_sentence(desk_of):
    with pytest.raises(InputError, match="open it again"):
        desk_of[0].worklist.page(LOCAL_OWNER, order=Order.UNCERTAIN, after="nonsense")


def test_another_project_sees_and_counts_nothing(desk_of):
    stranger = Actor("x", "X", Role.ADMIN, "elsewhere")
    assert desk_of[0].worklist.page(stranger).rows == ()
    assert desk_of[0].worklist.next(stranger) is None
    assert set(desk_of[0].worklist.counts(stranger).views.values()) == {0}
