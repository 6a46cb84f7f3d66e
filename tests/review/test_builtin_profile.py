"""The real three steps through the real store."""

import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.content import TextContent
from kbapp.core.decision import Action
from kbapp.pipeline import complete
from kbapp.profiles import engines_for
from kbapp.resources import DOMAINS
from kbapp.settings import Settings
from kbapp.store.artifacts import ArtifactStore
from kbapp.ui import case_page
from tests.formats.completions import deep
from tests.review.fakes import finished, opened

REPORT = "Small left pleural effusion. The heart is mildly enlarged. No pneumothorax. Possible opacity in the right lower lobe."


@pytest.fixture
def workbench(tmp_path):
    engines = engines_for(Settings(storage=tmp_path))
    with opened(tmp_path / "storage", complete, DOMAINS, lambda profile: engines) as workbench:
        workbench.engines = engines
        yield workbench


def _completed(workbench, content, n):
    case_id = workbench.cases.create(LOCAL_OWNER, [content])
    status = finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case_id, n, 3, f"complete {case_id}"), seconds=100)
    assert status.state == "done", status.error
    return workbench.completions.latest(LOCAL_OWNER, case_id)


def test_what_is_stored_is_what_the_pipeline_made_in_both_directions(workbench):
    prior = workbench.priors.published(LOCAL_OWNER, "chest-xray")
    drawn = _completed(workbench, TextContent(REPORT), n=2)
    written = _completed(workbench, drawn.completion.candidates[0].content, n=2)
    for stored in (drawn, written):
        again = complete(stored.completion.case, prior, workbench.engines, n=2, seed=3)
        assert stored.completion == again and deep(stored.completion) == deep(again)
        made = workbench.decisions.decide(
            LOCAL_OWNER, stored.id, Action.ACCEPT, candidate=0, revision=1, idempotency_key=stored.id, confirm=True
        )
        (row,) = workbench.audit.show(LOCAL_OWNER, made.id)
        assert row.engines == again.provenance.engines and row.prior == prior.ref


def test_opening_a_case_for_review_reads_none_of_its_pictures(workbench, monkeypatch):
    made, read = _completed(workbench, TextContent(REPORT), n=2), []
    case_id = made.completion.case.id
    untouched = ArtifactStore.get
    monkeypatch.setattr(ArtifactStore, "get", lambda store, sha256: read.append(sha256) or untouched(store, sha256))
    stored = workbench.completions.latest(LOCAL_OWNER, case_id)
    page = case_page.review(workbench, LOCAL_OWNER, case_id, stored, None)
    assert all(f"/kb/artifact/{sha256}" in str(page["html"]) for sha256 in stored.candidate_artifacts)
    assert read == list(stored.source_artifacts)  # the report; a picture's file is the browser's to fetch


def test_what_the_page_gets_of_a_case_has_no_parts_within_parts_which_gradio_would_copy_again_and_again(workbench):
    made = _completed(workbench, TextContent(REPORT), n=2)
    page = case_page.review(workbench, LOCAL_OWNER, made.completion.case.id, made, None)
    assert page["graph"] and all(isinstance(value, str | int | bool) for value in page.values())
