import os
import sqlite3
import threading
import time

import pytest
from sqlalchemy import update

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.content import TextContent
from kbapp.errors import Cancelled, DecisionRefused, InputError, ModelUnavailable, NotFound, StoreError
from kbapp.pipeline import MAX_CANDIDATES
from kbapp.store.artifacts import SWEEP_AFTER_S
from kbapp.store.tables import jobs
from tests.review.fakes import Step, completed_case, finished, opened, quick, waits_until

TEXT = [TextContent("Fluid on the left.")]


class Slowed:
    """A pipeline that does a step whenever the test lets it, and says how far it is."""

    def __init__(self, steps=3):
        self.steps, self.go, self.calls = steps, threading.Semaphore(0), 0

    def __call__(self, case, prior, engines, *, n, seed, on_progress, cancelled, start=None):
        self.calls += 1
        for k in range(self.steps):
            on_progress(Step("generate", k, self.steps, f"writing {k + 1} of {self.steps}"))
            while not self.go.acquire(timeout=0.01):
                if cancelled():
                    raise Cancelled("stopped on request")
        return quick(case, prior, engines, n=n, seed=seed, on_progress=on_progress, cancelled=cancelled)


@pytest.fixture
def slowed(tmp_path):
    pipeline = Slowed()
    with opened(tmp_path / "storage", pipeline) as workbench:
        workbench.pipeline = pipeline
        yield workbench


def _submit(workbench, key="k", n=2, seed=7, case_id=None):
    case_id = case_id or workbench.cases.create(LOCAL_OWNER, TEXT)
    return case_id, workbench.jobs.submit(LOCAL_OWNER, case_id, n, seed, key)


def test_a_job_completes_its_case_with_the_n_and_seed_it_was_given(workbench):
    case_id, job_id = _submit(workbench, n=2, seed=7)
    status = finished(workbench, job_id)
    assert (status.state, status.text, status.error) == ("done", "done", "")
    stored = workbench.completions.latest(LOCAL_OWNER, case_id)
    assert status.completion == stored.id
    assert (len(stored.completion.candidates), stored.completion.provenance.seed) == (2, 7)
    assert stored.times["started"] <= stored.times["finished"] and set(stored.times["seconds"]) >= {"generate"}


def test_a_slow_model_shows_growing_progress(slowed):
    _, job_id = _submit(slowed)
    for k in range(3):
        waits_until(lambda k=k: slowed.jobs.status(LOCAL_OWNER, job_id).text == f"writing {k + 1} of 3")
        status = slowed.jobs.status(LOCAL_OWNER, job_id)
        assert (status.state, status.step, status.done, status.total) == ("running", "generate", k, 3)
        slowed.pipeline.go.release()
    assert finished(slowed, job_id).state == "done"


def test_the_progress_is_in_the_row_as_well_for_whoever_reads_beside_the_app(tmp_path, monkeypatch):
    monkeypatch.setattr("kbapp.review.worker.HEARTBEAT_S", 0.0)
    pipeline = Slowed()
    with opened(tmp_path / "storage", pipeline) as workbench:
        _, job_id = _submit(workbench)
        monkeypatch.setattr(workbench.jobs, "_worker", None)  # as a reading process sees it
        waits_until(lambda: workbench.jobs.status(LOCAL_OWNER, job_id).text == "writing 1 of 3")


def test_the_list_and_the_case_show_work_under_way(slowed):
    case_id, job_id = _submit(slowed)
    waits_until(lambda: slowed.jobs.status(LOCAL_OWNER, job_id).state == "running")
    assert slowed.cases.list(LOCAL_OWNER)[0].status == "running"
    assert slowed.jobs.active(LOCAL_OWNER, case_id).id == job_id
    for _ in range(3):
        slowed.pipeline.go.release()
    finished(slowed, job_id)
    assert slowed.jobs.active(LOCAL_OWNER, case_id) is None
    assert slowed.cases.list(LOCAL_OWNER)[0].status == "ready"


def test_jobs_run_one_at_a_time_in_the_order_they_came(slowed):
    _, first = _submit(slowed, "a")
    _, second = _submit(slowed, "b")
    _, third = _submit(slowed, "c")
    waits_until(lambda: slowed.jobs.status(LOCAL_OWNER, first).state == "running")
    assert [slowed.jobs.status(LOCAL_OWNER, job).ahead for job in (first, second, third)] == [0, 1, 2]
    for _ in range(9):
        slowed.pipeline.go.release()
    ended = [finished(slowed, job) for job in (first, second, third)]
    assert ended[0].finished <= ended[1].started and ended[1].finished <= ended[2].started


def test_a_running_job_stops_when_it_is_cancelled_and_leaves_nothing(slowed):
    case_id, job_id = _submit(slowed)
    waits_until(lambda: slowed.jobs.status(LOCAL_OWNER, job_id).state == "running")
    slowed.jobs.cancel(LOCAL_OWNER, job_id)
    status = finished(slowed, job_id)
    assert (status.state, status.error_code) == ("cancelled", "cancelled")
    assert slowed.completions.latest(LOCAL_OWNER, case_id) is None
    assert slowed.cases.list(LOCAL_OWNER)[0].status == "new"


def test_a_job_cancelled_at_the_last_moment_stores_nothing(tmp_path):
    """The pipeline asked for the last time before the click: the outcome asks once more."""

    def cancelled_after_the_work(case, prior, engines, **given):
        workbench.jobs.cancel(LOCAL_OWNER, workbench.jobs.latest(LOCAL_OWNER, case.id).id)
        return quick(case, prior, engines, **given | {"cancelled": lambda: False})

    with opened(tmp_path / "storage", cancelled_after_the_work) as workbench:
        case_id, job_id = _submit(workbench)
        assert finished(workbench, job_id).state == "cancelled"
        assert workbench.completions.latest(LOCAL_OWNER, case_id) is None


def test_a_waiting_job_is_cancelled_at_once(slowed):
    _, first = _submit(slowed, "a")
    _, second = _submit(slowed, "b")
    waits_until(lambda: slowed.pipeline.calls == 1)
    slowed.jobs.cancel(LOCAL_OWNER, second)
    assert slowed.jobs.status(LOCAL_OWNER, second).state == "cancelled"
    slowed.jobs.cancel(LOCAL_OWNER, first)
    finished(slowed, first)
    slowed.jobs.cancel(LOCAL_OWNER, second)  # nothing happens to a finished one
    assert slowed.pipeline.calls == 1


def test_a_double_click_is_one_job(slowed):
    case_id, job_id = _submit(slowed, "same")
    assert _submit(slowed, "same", case_id=case_id)[1] == job_id
    with pytest.raises(DecisionRefused, match="another job"):
        _submit(slowed, "same", seed=8, case_id=case_id)


def test_a_case_is_worked_on_by_one_job_at_a_time(slowed):
    case_id, _ = _submit(slowed, "a")
    with pytest.raises(DecisionRefused) as refused:
        _submit(slowed, "b", case_id=case_id)
    assert refused.value.code == "job_active"


@pytest.mark.parametrize(("n", "seed"), [(0, 0), (MAX_CANDIDATES + 1, 0), (5, -1), (5, 2**63)])
def test_impossible_numbers_are_refused(workbench, n, seed):
    with pytest.raises(InputError):
        _submit(workbench, n=n, seed=seed)


def test_a_job_that_does_not_exist_is_not_found(workbench):
    with pytest.raises(NotFound):
        workbench.jobs.status(LOCAL_OWNER, "nothing")


@pytest.mark.parametrize(
    ("error", "state", "code", "sentence"),
    [
        (ModelUnavailable("the model is away; start it"), "failed_retryable", "model_unavailable", "the model is away; start it"),
        (InputError("expected a chest X-ray", code="not_a_chest"), "failed", "not_a_chest", "expected a chest X-ray"),
        (ValueError("secret key path"), "failed", "internal", "something went wrong inside the workbench"),
    ],
)
def test_a_failure_becomes_one_sentence_and_the_next_job_runs(tmp_path, error, state, code, sentence, caplog):
    failures = [error]

    def failing_once(*given, **more):
        if failures:
            raise failures.pop()
        return quick(*given, **more)

    with opened(tmp_path / "storage", failing_once) as workbench:
        case_id, job_id = _submit(workbench, "a")
        status = finished(workbench, job_id)
        assert (status.state, status.error_code) == (state, code)
        assert status.error.startswith(sentence) and "secret" not in status.error
        assert ("secret key path" in caplog.text) == (code == "internal")  # the log keeps what the page does not show
        assert workbench.cases.list(LOCAL_OWNER)[0].status == "failed"
        assert workbench.engines_health()[0] == (code != "model_unavailable")
        assert finished(workbench, _submit(workbench, "b", case_id=case_id)[1]).state == "done"
        assert workbench.engines_health() == (True, "")


def test_a_storage_that_is_busy_for_a_while_costs_no_work(tmp_path, monkeypatch, caplog):
    """Another program (a backup, say) holds the database longer than a write waits, just when the work is done."""
    monkeypatch.setattr("kbapp.store.database.WAIT_S", 0.05)
    monkeypatch.setattr("kbapp.review.worker.HEARTBEAT_S", 0.0)

    def while_a_backup_runs(*given, **more):
        other = sqlite3.connect(tmp_path / "storage" / "kb.sqlite3", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.25, other.close).start()
        return quick(*given, **more)

    with opened(tmp_path / "storage", while_a_backup_runs) as workbench:
        _, job_id = _submit(workbench)
        waits_until(lambda: "progress" in caplog.text)
        waits_until(lambda: _state(workbench, job_id) == "done")


def _state(workbench, job_id):
    try:
        return workbench.jobs.status(LOCAL_OWNER, job_id).state
    except StoreError:
        return "busy"


def test_no_transaction_is_open_while_a_model_works(tmp_path):
    in_use = []

    def looking(case, prior, engines, *, on_progress, **given):
        waits_until(lambda: workbench._database._engine.pool.checkedout() == 0, seconds=5)  # the click's own may just be ending
        in_use.append(0)
        return quick(case, prior, engines, on_progress=on_progress, **given)

    with opened(tmp_path / "storage", looking) as workbench:
        case_id = workbench.cases.create(LOCAL_OWNER, TEXT)
        job_id = workbench.jobs.submit(LOCAL_OWNER, case_id, 1, 0, "k")
        waits_until(lambda: in_use)  # nothing else is asked meanwhile: this thread would count
        assert finished(workbench, job_id).state == "done"


def test_files_that_a_crash_left_without_a_row_are_swept_by_the_next_start(tmp_path):
    with opened(tmp_path / "storage") as workbench:
        completed_case(workbench)
        sha256 = workbench._worker._artifacts.put(b"left by a crash")
    before = time.time() - 2 * SWEEP_AFTER_S
    for path in (tmp_path / "storage" / "artifacts").rglob("*"):
        if path.is_file():
            os.utime(path, (before, before))
    orphan = tmp_path / "storage" / "artifacts" / sha256[:2] / sha256[2:4] / sha256
    with opened(tmp_path / "storage") as workbench:
        waits_until(lambda: not orphan.exists())
        assert workbench.completions.latest(LOCAL_OWNER, workbench.cases.list(LOCAL_OWNER)[0].id) is not None


def test_engines_are_built_by_the_first_job_and_once(tmp_path):
    built, used = [], []

    def using(case, prior, engines, **given):
        used.append(engines)
        return quick(case, prior, engines, **given)

    with opened(tmp_path / "storage", using, engines_for=lambda profile: built.append(profile) or "engines") as workbench:
        assert built == []
        completed_case(workbench, seed=1)
        completed_case(workbench, seed=2)
    assert (built, used) == (["test"], ["engines", "engines"])


def test_engines_that_cannot_be_built_fail_the_job_and_show_as_trouble(tmp_path):
    def none_there(profile):
        raise ModelUnavailable("no server answers; start it with kbapp serve")

    with opened(tmp_path / "storage", engines_for=none_there) as workbench:
        assert workbench.engines_health() == (True, "")
        _, job_id = _submit(workbench)
        assert finished(workbench, job_id).state == "failed_retryable"
        assert workbench.engines_health() == (False, "no server answers; start it with kbapp serve")


def test_a_job_survives_a_restart(tmp_path):
    pipeline = Slowed()
    workbench = opened(tmp_path / "storage", pipeline)
    case_id, job_id = _submit(workbench)
    waits_until(lambda: workbench.jobs.status(LOCAL_OWNER, job_id).state == "running")
    workbench.close()
    with opened(tmp_path / "storage") as workbench:
        assert finished(workbench, job_id).state == "done"
        assert workbench.completions.latest(LOCAL_OWNER, case_id) is not None


def test_a_job_that_was_interrupted_twice_waits_for_a_person(tmp_path):
    storage = tmp_path / "storage"
    with opened(storage) as workbench:
        _, job_id = _submit(workbench)
        finished(workbench, job_id)
        _killed_while_running(workbench, job_id, attempts=1)
    with opened(storage) as workbench:
        assert finished(workbench, job_id).state == "done"
        _killed_while_running(workbench, job_id, attempts=2)
    with opened(storage) as workbench:
        status = workbench.jobs.status(LOCAL_OWNER, job_id)
        assert (status.state, status.error_code) == ("failed_retryable", "interrupted")


def _killed_while_running(workbench, job_id, attempts):
    """Leave the row as a kill would."""
    with workbench._database.write() as connection:
        connection.execute(update(jobs).where(jobs.c.id == job_id).values(state="running", attempts=attempts))


def test_completing_again_keeps_the_old_completion(workbench):
    case_id = completed_case(workbench, seed=1)
    old = workbench.completions.latest(LOCAL_OWNER, case_id)
    finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case_id, 3, 2, "again"))
    new = workbench.completions.latest(LOCAL_OWNER, case_id)
    assert [row.id for row in workbench.completions.list(LOCAL_OWNER, case_id)] == [new.id, old.id]
    kept = workbench.completions.get(LOCAL_OWNER, old.id)
    assert kept.completion == old.completion
    assert (new.latest, kept.latest) == (True, False)
