"""The recorded sample: reviewed without any engine, and the page says which candidate is good and what the others got wrong."""

import pytest

from kbapp.errors import SettingsError
from tests.browser.conftest import running_workbench

pytestmark = pytest.mark.browser
TITLE = "Recorded: five reports"
WRONG_SIDE, WRONG_DEGREE, GOOD, INVENTED, LEFT_OUT = range(5)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Without any engine: whoever asks for one fails."""

    def no_engines(settings):
        raise SettingsError("no engine is here")

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
