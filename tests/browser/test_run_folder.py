"""A run of the official code on the page of a workbench that has no engine at all."""

import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.errors import SettingsError
from kbapp.formats.run_folder import read_sample
from kbapp.formats.run_folder_files import opened_folder
from kbapp.official_run import completion_of, domain_of
from tests.browser.conftest import go, running_workbench
from tests.browser.seeds import open_case, saved
from tests.formats import official_runs as runs

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Without any engine: whoever asks for one fails."""

    def no_engines(settings):
        raise SettingsError("no engine is here")

    with running_workbench(tmp_path_factory.mktemp("storage"), no_engines) as served:
        yield served


def imported(workbench, folder) -> str:
    with opened_folder(folder) as root:
        sample = read_sample(root, ".")
    prior = workbench.priors.published(LOCAL_OWNER, domain_of(sample))
    completion = completion_of(sample, prior, origin="a run")
    return workbench.imports.completion(LOCAL_OWNER, completion, origin="a run", truth=sample.truth)


def test_it_is_read_accepted_and_then_compared_with_the_truth(page, served, tmp_path):
    case_id = imported(served[1], runs.general_to_image(tmp_path / "12"))
    open_case(page, case_id)
    shown = page.locator(".kb-candidate:not([hidden])").inner_text()
    assert "SYNTHETIC" in shown and "official run's own scores: SS 20.5" in shown
    assert page.locator(".kb-truth").count() == 0
    page.wait_for_timeout(1600)  # nothing is accepted before anybody can have looked
    page.keyboard.press("a")
    saved(page, "accept")
    go(page, f"/?case={case_id}")
    page.locator(".kb-truth summary").click()
    page.wait_for_function("() => document.querySelector('.kb-truth img').naturalWidth > 0")


def test_texts_on_the_medical_path_are_read_without_a_model(page, served, tmp_path):
    folder = runs.medical_to_text(tmp_path / "run" / "12", **{"film.png": runs.FILM})
    open_case(page, imported(served[1], folder))
    assert page.locator(".kb-strip [role=option]").count() == 3
    assert "cardiomegaly" in page.locator(".kb-candidate[data-k='1']").text_content()
    page.keyboard.press("2")
    page.wait_for_selector(".kb-candidate[data-k='1']:not([hidden]) .kb-alert")
