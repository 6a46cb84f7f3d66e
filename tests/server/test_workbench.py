"""Workbench and model server together: jobs of two domains in both directions over tiny models, and a server that dies under a job."""

import json
import time
from urllib.request import urlopen

import numpy as np
import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.content import ImageContent
from kbapp.priors.version import PriorVersion
from kbapp.profiles import engines_for
from kbapp.review.workbench import Workbench
from kbapp.settings import Settings
from tests.lmm_prior import PRIOR, SCENE
from tests.review.fakes import finished
from tests.server.processes import free_port, started
from tests.server.running import Scripted, house, running
from tests.test_lmm_profile import CAPTION, EFFUSION, FILM, PHOTO, REPORT, TINY_PRIOR


def opened(folder, settings: dict, *priors: PriorVersion) -> Workbench:
    """A workbench that ships these priors, as they were written where they were. JSON is YAML too."""
    shipped = folder / "domains"
    shipped.mkdir()
    for version in priors:
        said = version.yaml or json.dumps(version.prior.model_dump(mode="json", exclude_defaults=True))
        (shipped / f"{version.prior.domain}.yaml").write_text(said, encoding="utf-8")
    chosen = Settings(storage=folder / "storage", **settings)
    return Workbench.open(chosen, lambda profile: engines_for(chosen), shipped=shipped)


def job_done(workbench: Workbench, content, domain: str, n: int):
    case_id = workbench.cases.create(LOCAL_OWNER, [content], domain=domain)
    status = finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case_id, n, 3, case_id), seconds=120)
    assert status.state == "done", status.error
    return workbench.completions.latest(LOCAL_OWNER, case_id).completion


@pytest.mark.models
@pytest.mark.parametrize(
    ("prior", "text", "picture", "models", "size", "head"),
    [
        (TINY_PRIOR, EFFUSION, FILM, {"image_model": "cheff", "embedding_model": "clip, blip"}, (32, 32), "pleural effusion, left"),
        (SCENE, CAPTION, PHOTO, {"image_model": "sdxl", "embedding_model": "clip", "score_model": "blip2"}, (16, 16), "dog"),
    ],
    ids=["chest film", "photograph"],
)
def test_jobs_are_done_in_both_directions_through_the_model_server(
    tiny_house, tiny_url, tmp_path, prior, text, picture, models, size, head
):
    with opened(tmp_path, {"profile": "cuda", "model_url": tiny_url, "model": "reader", **models}, prior) as workbench:
        painter = tiny_house.models[models["image_model"]].batcher
        before = painter.batches
        drawn = job_done(workbench, text, prior.prior.domain, n=2)
        assert painter.batches == before + 1  # two prompts, one batch
        written = job_done(workbench, picture, prior.prior.domain, n=1)  # it was taught one text, and candidates must differ
    assert head in drawn.reading.graph.heads and [c.content.pixels.shape[:2] for c in drawn.candidates] == [size, size]
    assert head in written.reading.graph.heads and written.candidates[0].content.text == text.text
    assert written.scores[0].parts["graph"].value == 100
    for completion in (drawn, written):
        assert list(completion.scores[0].parts) == ["graph", "clip", "blip"]
        assert all(score.qs is not None for score in completion.scores)


def test_a_job_whose_model_server_dies_ends_clearly_and_is_done_when_asked_again(tmp_path):
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    models = {"profile": "server", "model_url": f"{address}/v1", "model": "echo", "image_model": "flat", "embedding_model": "count"}
    server = started(port, "held")
    with opened(tmp_path, models, PRIOR) as workbench:
        case_id = workbench.cases.create(LOCAL_OWNER, [REPORT], domain=PRIOR.prior.domain)
        job = workbench.jobs.submit(LOCAL_OWNER, case_id, 2, 0, "first")
        while b'kb_batches_total{model="echo"} 1' not in urlopen(f"{address}/metrics", timeout=5).read():
            time.sleep(0.02)
        server.kill()
        status = finished(workbench, job)
        server.wait()
        assert (status.state, status.error_code) == (
            "failed_retryable",
            "model_unavailable",
        ) and "cannot be reached" in status.error
        assert not workbench.engines_health()[0] and workbench.cases.list(LOCAL_OWNER)  # looking needs no engines
        again = started(port, "scripted")
        try:
            status = finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case_id, 2, 0, "second"))
        finally:
            again.kill()
            again.wait()
        assert status.state == "done", status.error
        assert len(workbench.completions.latest(LOCAL_OWNER, case_id).completion.candidates) == 2
        assert workbench.engines_health() == (True, "")


def test_a_film_gets_three_reports_through_the_model_server_written_together_and_ranked(tmp_path):
    pixels = np.zeros((4, 5), np.uint8)
    pixels[:, [0, 2]] = 255  # an effusion on the left and a large heart, as the scripted reader sees them
    made, chat, _, encoder = house(chat=Scripted())
    with running(made) as url:
        models = {"profile": "server", "model_url": url, "model": "echo", "image_model": "flat", "embedding_model": "count"}
        with opened(tmp_path, models, PRIOR) as workbench:
            written = job_done(workbench, ImageContent(pixels), PRIOR.prior.domain, n=3)
    assert set(written.reading.graph.heads) == {"pleural effusion, left", "cardiomegaly"}
    texts = [candidate.content.text for candidate in written.candidates]
    assert len(set(texts)) == 3 and all(text.startswith("Findings: ") for text in texts)
    assert [set(reading.graph.heads) for reading in written.candidate_readings] == [set(written.reading.graph.heads)] * 3
    assert [score.parts["graph"].value for score in written.scores] == [100] * 3
    assert all(score.parts["count"].value is not None for score in written.scores)
    asked = [[request.turns[-1].text for request in batch if not request.schema] for batch in chat.batches]
    assert [sum("Write the" in text for text in batch) for batch in asked if any("Write the" in text for text in batch)] == [3]
    assert sum(encoder.batches) == 4  # the film and its three reports, each embedded once
