"""The recorded sample: reviewed without any engine, and the page says which candidate is good and what the others got wrong."""

import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.decision import Action
from kbapp.errors import SettingsError
from kbapp.ui.new_case import recorded_run
from tests.browser.conftest import go, running_workbench
from tests.browser.seeds import reader, saved
from tests.browser.test_decisions import FIELD
from tests.browser.test_reading import PASSWORD, signed_in

pytestmark = pytest.mark.browser
TITLE = "Recorded: five reports"
WRONG_SIDE, WRONG_DEGREE, GOOD, INVENTED, LEFT_OUT = range(5)


def no_engines(settings):
    """Whoever asks for an engine fails."""
    raise SettingsError("no engine is here")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with running_workbench(tmp_path_factory.mktemp("storage"), no_engines) as served:
        yield served


@pytest.fixture
def opened(home):
    home.click(f".kb-sample:has-text('{TITLE}')")
    home.wait_for_selector(".kb-candidate:not([hidden])")
    return home


def option(page, k):
    return page.locator(f".kb-strip [role=option][data-k='{k}']")


def counted(page, k, what):
    """The number on a candidate's chip, such as that of the missing facts."""
    return int(page.locator(f".kb-candidate[data-k='{k}'] .kb-count.d-{what}").text_content().split()[1])


def test_the_good_report_is_put_forward_and_nothing_of_it_differs(opened):
    assert opened.get_attribute(".kb-candidate:not([hidden])", "data-k") == str(GOOD)
    assert option(opened, GOOD).locator(".kb-star").count() == 1
    assert opened.locator(".kb-strip .kb-star").count() == 1
    assert [counted(opened, GOOD, what) for what in ("missing", "extra", "contradicted")] == [0, 0, 0]
    assert "clear" in opened.inner_text(".kb-margin")


def test_the_wrong_side_bears_the_mark_of_a_contradiction(opened):
    assert "≠ 1" in option(opened, WRONG_SIDE).inner_text()
    assert opened.locator(".kb-strip .kb-against").count() == 1
    opened.keyboard.press(str(WRONG_SIDE + 1))
    assert "right in the source, left here" in opened.inner_text(".kb-candidate:not([hidden]) .kb-alert")


def test_what_was_left_out_invented_or_told_in_another_degree_is_counted(opened):
    assert counted(opened, LEFT_OUT, "missing") >= 3 and counted(opened, LEFT_OUT, "extra") == 0
    assert counted(opened, INVENTED, "extra") >= 4 and counted(opened, INVENTED, "missing") == 0
    assert counted(opened, WRONG_DEGREE, "missing") == 2
    opened.keyboard.press(str(WRONG_DEGREE + 1))
    assert "small in the source, large here" in opened.inner_text(".kb-candidate:not([hidden]) .kb-facts")


def test_the_strip_alone_says_what_is_wrong_with_each(opened):
    said = [option(opened, k).locator(".kb-mini-subject").inner_text() for k in range(5)]
    assert said[WRONG_SIDE].startswith("≠ pleural effusion") and said[WRONG_DEGREE].startswith("− cardiomegaly: mild → severe")
    assert said[GOOD] == "no fact missing, none added"
    assert said[INVENTED].startswith("+ ") and said[LEFT_OUT].startswith("− lung opacity")


def test_a_second_click_makes_a_case_of_its_own(opened, served):
    before = opened.url
    opened.goto("/")
    opened.wait_for_selector("#kb_samples .kb-sample")
    opened.click(f".kb-sample:has-text('{TITLE}')")
    opened.wait_for_selector(".kb-candidate:not([hidden])")
    assert opened.url != before


def calm(page):
    page.wait_for_function("KB.data.claimed && KB.openFor() > 1600")


def case_of(page):
    return page.evaluate("KB.data.case")


def only_decision(workbench, case_id):
    (row,) = workbench.decisions.history(LOCAL_OWNER, case_id=case_id)
    return row.decision


def reject(page, reason):
    page.keyboard.press("x")
    page.wait_for_selector("#kb-reject-dialog[open]")
    page.keyboard.press(str(reason))


def test_the_good_report_is_accepted_by_one_key(opened, served):
    case_id = case_of(opened)
    calm(opened)
    opened.keyboard.press("a")
    saved(opened, f"accepted candidate {GOOD + 1}")
    decision = only_decision(served[1], case_id)
    assert (decision.action, decision.candidate) == (Action.ACCEPT, GOOD)


def test_another_report_is_put_right_by_hand_and_accepted(opened, served):
    case_id = case_of(opened)
    opened.keyboard.press(str(LEFT_OUT + 1))
    opened.keyboard.press("e")
    opened.wait_for_selector(FIELD)
    opened.keyboard.press("Control+Home")
    opened.keyboard.type("Small right pleural effusion. ")
    opened.keyboard.press("Control+Enter")
    saved(opened, f"accepted candidate {LEFT_OUT + 1}, edited")
    assert only_decision(served[1], case_id).candidate == LEFT_OUT
    assert served[1].decisions.accepted(LOCAL_OWNER, case_id).data.decode().startswith("Small right pleural effusion. ")


def test_all_are_rejected_and_the_undo_opens_the_case_again(opened, served):
    case_id = case_of(opened)
    reject(opened, 4)
    saved(opened, "wrong side")
    rejected = only_decision(served[1], case_id)
    opened.wait_for_timeout(300)
    opened.keyboard.press("u")
    saved(opened, "undone")
    opened.wait_for_selector(".kb-actions [data-do=reject]:not([disabled])")
    assert case_of(opened) == case_id
    newest = served[1].decisions.history(LOCAL_OWNER, case_id=case_id)[0].decision
    assert (newest.action, newest.supersedes) == (Action.UNDO, rejected.id)


def test_the_graph_is_put_right_and_the_reports_are_scored_again_without_a_model(opened, served):
    case_id = case_of(opened)
    opened.keyboard.press("v")
    opened.wait_for_selector("#kb-correct-dialog[open]")
    opened.select_option("[data-correct='pleural effusion, right'] [data-field=side]", "left")
    opened.fill("#kb-correct-why", "the film is mirrored")
    opened.keyboard.press("Control+Enter")
    opened.wait_for_selector(".kb-strip-notes :text('(version 2): the film is mirrored')")
    assert len(served[1].completions.list(LOCAL_OWNER, case_id)) == 2
    assert counted(opened, WRONG_SIDE, "contradicted") == 0 and counted(opened, GOOD, "contradicted") == 1
    assert opened.get_attribute(".kb-candidate:not([hidden])", "data-k") != str(GOOD)


def recorded_case(workbench):
    return workbench.imports.completion(LOCAL_OWNER, recorded_run("recorded-film.png")[0], origin="recorded")


def test_a_blind_reader_sees_the_reports_and_asks_for_the_scores(chromium, tmp_path):
    with running_workbench(tmp_path, no_engines) as (origin, workbench):
        workbench.reading.set_rules(LOCAL_OWNER, blind=True, reads_required=1)
        case_id = recorded_case(workbench)
        with reader(chromium, origin, f"/?case={case_id}") as page:
            page.wait_for_selector(".kb-candidate:not([hidden])")
            assert page.locator("#kb_review .kb-scores, #kb_review .kb-star, #kb_review .kb-count").count() == 0
            page.wait_for_function("KB.data.claimed")
            page.keyboard.press(" ")
            page.wait_for_selector(".kb-candidate:not([hidden]) .kb-scores")
            assert option(page, GOOD).locator(".kb-star").count() == 1
            reject(page, 4)
            saved(page, "wrong side")
        (row,) = workbench.audit.show(LOCAL_OWNER)
        assert not row.blind and row.ms_to_reveal > 0


def test_two_people_read_it_and_the_insight_counts_what_they_decided(chromium, tmp_path):
    with running_workbench(tmp_path, no_engines) as (origin, workbench):
        workbench.reading.set_rules(LOCAL_OWNER, blind=False, reads_required=2)
        case_id = recorded_case(workbench)
        for name, role in (("ada", "admin"), ("anna", "clinician"), ("ben", "annotator")):
            workbench.people.add(LOCAL_OWNER, name, role, PASSWORD)
        with signed_in(chromium, origin, case_id, "anna") as page:
            calm(page)
            page.keyboard.press("a")
            saved(page, f"accepted candidate {GOOD + 1}")
        with signed_in(chromium, origin, case_id, "ben") as page:
            page.wait_for_selector(".kb-reads:has-text('Second read')")
            calm(page)
            page.keyboard.press("a")
            page.wait_for_selector(".kb-toast:has-text('The first reader decided the same')")
            go(page, "/audit")
            page.wait_for_selector("#kb_insight .kb-insight")
            said = page.inner_text("#kb_insight .kb-insight")
        assert "1 of 1" in said.split("First by QS was the accepted one")[1].splitlines()[0]
        assert "1 of 1" in said.split("Two readers, same decision")[1].splitlines()[0]
