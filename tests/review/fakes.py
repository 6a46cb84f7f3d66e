"""A pipeline that makes its candidates at once, and a workbench around it."""

import time
from dataclasses import dataclass
from pathlib import Path

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.case import Case
from kbapp.core.content import TextContent
from kbapp.errors import Cancelled
from kbapp.review.workbench import Workbench
from kbapp.settings import Settings
from tests.formats.completions import small_completion

PRIOR = """domain: chest-xray
title: Test prior
role: You read test texts.
names: {image: picture, text: report}
root: chest
rules: [{entity: Fluid, prompt: "Is there fluid?"}]
vocabulary:
  - {name: chest, kind: anatomy, group: Fluid}
  - {name: fluid, group: Fluid, synonyms: [water]}
"""


@dataclass(frozen=True)
class Step:
    step: str
    done: int
    total: int
    text: str


def quick(case, prior, engines, *, n, seed, on_progress, cancelled, start=None):
    """What `kbapp.pipeline.complete` promises, without any reading or making."""
    on_progress(Step("read", 1, 1, "reading"))
    if cancelled():
        raise Cancelled("stopped on request")
    on_progress(Step("generate", n, n, "writing"))
    return small_completion(case, n, seed)


def shipped_folder(folder: Path, text: str = PRIOR) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "chest-xray.yaml").write_text(text)
    return folder


def opened(
    folder: Path, complete=quick, shipped: Path | None = None, engines_for=lambda profile: "engines", jobs_at_once: int = 1
) -> Workbench:
    shipped = shipped or shipped_folder(folder.parent / "domains")
    settings = Settings(storage=folder, profile="test", jobs_at_once=jobs_at_once)
    return Workbench.open(settings, engines_for, complete=complete, shipped=shipped)


def completed_case(workbench: Workbench, text: str = "Fluid on the left.", n: int = 3, seed: int = 0) -> str:
    case_id = workbench.cases.create(LOCAL_OWNER, [TextContent(text)], origin="test")
    finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case_id, n, seed, f"job-{case_id}-{seed}"))
    return case_id


def finished(workbench: Workbench, job_id: str, seconds: float = 20.0):
    """Wait for a job's end."""
    until = time.monotonic() + seconds
    while (status := workbench.jobs.status(LOCAL_OWNER, job_id)).unfinished:
        assert time.monotonic() < until, status
        time.sleep(0.005)
    return status


def waits_until(true, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)


CASE = Case((TextContent("Fluid on the left."),))
