import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.content import TextContent
from kbapp.core.decision import Action
from kbapp.errors import ArtifactTampered, NotFound
from kbapp.formats.picture import png_text
from tests.formats.completions import drawn
from tests.review.fakes import completed_case, finished
from tests.review.test_cases import STRANGER


def _path(workbench_folder, sha256):
    return workbench_folder / "artifacts" / sha256[:2] / sha256[2:4] / sha256


def test_given_and_made_contents_are_served_with_their_type_and_mark(workbench):
    stored = workbench.completions.latest(LOCAL_OWNER, completed_case(workbench, "Fluid."))
    given = workbench.artifacts.get(LOCAL_OWNER, stored.source_artifacts[0])
    assert (given.data, given.media_type, given.synthetic) == (b"Fluid.", "text/plain; charset=utf-8", False)
    made = workbench.artifacts.get(LOCAL_OWNER, stored.candidate_artifacts[0])
    assert (made.media_type, made.synthetic, png_text(made.data)) == ("image/png", True, {"synthetic": "true"})


def test_an_edited_text_is_served_too(workbench):
    case_id = workbench.cases.create(LOCAL_OWNER, [drawn()])
    finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case_id, 1, 0, "k"))
    stored = workbench.completions.latest(LOCAL_OWNER, case_id)
    edit = {"candidate": 0, "edited_text": "Mine.", "revision": stored.revision, "idempotency_key": "e"}
    workbench.decisions.decide(LOCAL_OWNER, stored.id, Action.ACCEPT_EDITED, **edit)
    (row,) = workbench.audit.show(LOCAL_OWNER)
    assert workbench.artifacts.get(LOCAL_OWNER, row.after_sha256).data == b"Mine."


def test_another_project_and_unknown_names_get_the_same_answer(workbench):
    stored = workbench.completions.latest(LOCAL_OWNER, completed_case(workbench))
    for actor, name in ((STRANGER, stored.source_artifacts[0]), (STRANGER, stored.candidate_artifacts[0]), (LOCAL_OWNER, "0" * 64)):
        with pytest.raises(NotFound, match="no artifact"):
            workbench.artifacts.get(actor, name)


def test_a_file_changed_on_disk_is_found_by_whoever_reads_it(workbench, tmp_path):
    case_id = completed_case(workbench)
    stored = workbench.completions.latest(LOCAL_OWNER, case_id)
    made = stored.candidate_artifacts[1]
    path = _path(tmp_path / "storage", made)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(ArtifactTampered):
        workbench.artifacts.get(LOCAL_OWNER, made)
    with pytest.raises(ArtifactTampered):
        workbench.completions.get(LOCAL_OWNER, stored.id).completion.candidates[1].content.pixels.sum()
    with pytest.raises(ArtifactTampered):
        workbench.decisions.decide(
            LOCAL_OWNER, stored.id, Action.ACCEPT, candidate=1, revision=stored.revision, idempotency_key="k"
        )
    assert workbench.decisions.history(LOCAL_OWNER) == []


def test_a_case_whose_own_content_was_changed_is_not_worked_on(workbench, tmp_path):
    case_id = workbench.cases.create(LOCAL_OWNER, [TextContent("Fluid.")])
    _path(tmp_path / "storage", workbench.cases.content_artifacts(LOCAL_OWNER, case_id)[0]).write_bytes(b"Other.")
    status = finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case_id, 1, 0, "k"))
    assert (status.state, status.error_code) == ("failed_retryable", "artifact_tampered")
