from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.decision import Action
from kbapp.ui.audit_detail import action_words, counts_words, detail
from kbapp.ui.replies import said
from tests.review.conftest import workbench  # noqa: F401
from tests.review.fakes import completed_case
from tests.review.test_decisions import ANNA, Desk
from tests.review.test_second_reads import BEN, EVE, TwoReaders


def test_the_candidates_stand_in_the_order_shown_with_the_chosen_one_marked(workbench):  # noqa: F811
    Desk(workbench, completed_case(workbench)).accept(1, actor=ANNA, order_shown=[2, 1, 0], note="<b>fits</b>")
    html = str(detail(workbench.audit.show(LOCAL_OWNER)[0]))
    cells = [piece.split("<")[0] for piece in html.split('class="kb-shown"')[1].split("<tr><td>")[1:]]
    assert cells == ["3", "2 ✓", "1"]
    assert "accept candidate 2" in html and "&lt;b&gt;fits&lt;/b&gt;" in html and "<b>fits" not in html


def test_only_a_case_that_stands_accepted_is_offered_as_a_download(workbench):  # noqa: F811
    Desk(workbench, completed_case(workbench)).accept(0)
    (row,) = workbench.audit.show(LOCAL_OWNER)
    assert 'href="/kb/audit/1.zip"' in detail(row, accepts=True) and "/kb/audit/" not in detail(row)


def test_two_reads_stand_in_words(workbench):  # noqa: F811
    workbench.reading.set_rules(LOCAL_OWNER, blind=True, reads_required=2)
    desk = TwoReaders(workbench, completed_case(workbench))
    desk.decide(Action.REJECT, actor=ANNA, reason="wrong side")
    workbench.reading.reveal(BEN, desk.shown.id, 2100)
    desk.second(Action.ACCEPT, candidate=1, confirm=True)
    html = str(detail(workbench.audit.show(LOCAL_OWNER)[0]))
    assert "reject: wrong side" in html and "hidden until the decision" in html
    assert "differs – accept candidate 2, Ben (annotator)" in html


def test_what_an_expert_settled_is_not_called_taken_back(workbench):  # noqa: F811
    workbench.reading.set_rules(LOCAL_OWNER, blind=False, reads_required=2)
    desk = TwoReaders(workbench, completed_case(workbench))

    def words():
        return [counts_words(row) for row in workbench.audit.show(LOCAL_OWNER)]

    desk.accept(1, actor=ANNA, confirm=True)
    assert words() == ["waits for a second reader"]
    desk.second(Action.REJECT, reason="wrong side")
    assert words() == ["waits for an expert"]
    desk.decide(Action.REJECT, actor=EVE, reason="wrong side")
    assert words() == ["yes", "settled by #2"]
    desk.decide(Action.UNDO, actor=EVE)
    assert words() == ["–", "taken back by #3", "waits for an expert"]
    desk.give_back()
    assert words() == ["–", "–", "taken back by #3", "returned by #4"]


def test_a_return_to_the_first_reader_and_a_settlement_are_called_what_they_are(workbench):  # noqa: F811
    workbench.reading.set_rules(LOCAL_OWNER, blind=False, reads_required=2)
    desk = TwoReaders(workbench, completed_case(workbench))
    desk.accept(1, actor=ANNA, confirm=True)
    desk.second(Action.REJECT, reason="wrong side")
    desk.decide(Action.REJECT, actor=EVE, reason="wrong side", note="the left one")
    html = str(detail(workbench.audit.show(LOCAL_OWNER)[0]))
    assert "what two readers differ on" in html and "the left one" in html and "no word" not in html
    desk.decide(Action.UNDO, actor=EVE)
    desk.give_back()
    rows = workbench.audit.show(LOCAL_OWNER)
    assert [action_words(row) for row in rows[:2]] == ["returned to the first reader", "undo"]
    assert "what two readers differ on" not in detail(rows[0])
    history = workbench.decisions.history(EVE, mine=True)
    assert [said(row.decision, row.returned) for row in history] == [
        "returned to the first reader",
        "undone",
        "rejected: wrong side",
    ]


def test_a_case_stands_under_the_name_it_has_on_the_list(workbench):  # noqa: F811
    case_id = completed_case(workbench)
    Desk(workbench, case_id).accept(0)
    (row,) = workbench.audit.show(LOCAL_OWNER)
    (line,) = workbench.cases.list(LOCAL_OWNER)
    assert row.origin == line.origin and row.case == case_id
