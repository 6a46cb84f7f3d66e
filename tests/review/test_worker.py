"""The worker with two jobs at once, as it works beside a model server."""

import threading

import pytest
from sqlalchemy import update

from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.content import TextContent
from kbapp.errors import Cancelled, SettingsError
from kbapp.settings import Settings
from kbapp.store.tables import jobs
from tests.review.fakes import finished, opened, quick, waits_until


class Held:
    """A pipeline that holds each case, by its text, until the test lets it go. begun: the texts in the order they came."""

    def __init__(self):
        self.begun, self.engines, self._free = [], [], {}

    def let(self, text: str) -> None:
        self._free.setdefault(text, threading.Event()).set()

    def __call__(self, case, prior, engines, *, cancelled, **given):
        text = case.contents[0].text
        self.begun.append(text)
        self.engines.append(engines)
        while not self._free.setdefault(text, threading.Event()).wait(0.01):
            if cancelled():
                raise Cancelled("stopped on request")
        if text == "broken":
            raise ValueError("not meant to happen")
        return quick(case, prior, engines, cancelled=cancelled, **given)


@pytest.fixture
def pipeline():
    return Held()


@pytest.fixture
def two(tmp_path, pipeline):
    with opened(tmp_path / "storage", pipeline, engines_for=lambda profile: object(), jobs_at_once=2) as workbench:
        yield workbench


def submit(workbench, *texts: str) -> list[str]:
    cases = [workbench.cases.create(LOCAL_OWNER, [TextContent(text)]) for text in texts]
    return [workbench.jobs.submit(LOCAL_OWNER, case, 2, 0, f"job {case}") for case in cases]


def state(workbench, job: str) -> str:
    return workbench.jobs.status(LOCAL_OWNER, job).state


def test_two_jobs_run_together_and_the_third_begins_when_one_of_them_ends(two, pipeline):
    first, second, third = submit(two, "a", "b", "c")
    waits_until(lambda: len(pipeline.begun) == 2)
    assert [state(two, job) for job in (first, second, third)] == ["running", "running", "queued"]
    assert two.jobs.status(LOCAL_OWNER, third).ahead == 2
    pipeline.let("b")
    assert finished(two, second).state == "done"  # before the one that came first
    waits_until(lambda: "c" in pipeline.begun)
    assert state(two, first) == "running"
    pipeline.let("a"), pipeline.let("c")
    assert {finished(two, job).state for job in (first, third)} == {"done"}


def test_jobs_begin_in_the_order_they_came(two, pipeline):
    texts = [f"{k}" for k in range(8)]
    ended = submit(two, *texts)
    for text in texts:
        waits_until(lambda text=text: text in pipeline.begun)
        pipeline.let(text)
    started = [finished(two, job).started for job in ended]
    assert started == sorted(started) and sorted(pipeline.begun) == texts


def test_both_threads_wake_for_two_jobs_that_come_while_they_wait(two, pipeline):
    for k in range(10):
        waits_until(lambda: not any(lane.woken.is_set() for lane in two._worker._lanes))
        names = f"a{k}", f"b{k}"
        pair = submit(two, *names)
        waits_until(lambda names=names: set(names) <= set(pipeline.begun))  # neither waits for the other's end
        for name in names:
            pipeline.let(name)
        assert {finished(two, job).state for job in pair} == {"done"}


def test_a_job_at_work_is_not_taken_for_an_interrupted_one_by_the_other_thread(two, pipeline):
    long, *others = submit(two, "long", "b", "c", "d")
    for text, job in zip("bcd", others, strict=True):
        pipeline.let(text)
        assert finished(two, job).state == "done"
    assert state(two, long) == "running"
    pipeline.let("long")
    assert finished(two, long).state == "done" and pipeline.begun.count("long") == 1


def test_cancelling_one_leaves_the_other(two, pipeline):
    first, second = submit(two, "a", "b")
    waits_until(lambda: len(pipeline.begun) == 2)
    two.jobs.cancel(LOCAL_OWNER, first)
    assert finished(two, first).state == "cancelled"
    assert state(two, second) == "running"
    pipeline.let("b")
    assert finished(two, second).state == "done"


def test_a_fault_in_one_leaves_the_other(two, pipeline):
    first, second = submit(two, "broken", "b")
    pipeline.let("broken")
    assert (finished(two, first).state, state(two, second)) == ("failed", "running")
    pipeline.let("b")
    assert finished(two, second).state == "done"


def test_each_thread_has_engines_of_its_own(two, pipeline):
    ended = submit(two, "a", "b")
    waits_until(lambda: len(pipeline.begun) == 2)
    pipeline.let("a"), pipeline.let("b")
    assert {finished(two, job).state for job in ended} == {"done"}
    assert pipeline.engines[0] is not pipeline.engines[1]


def test_closing_puts_both_back_and_the_next_start_does_both(tmp_path, pipeline):
    workbench = opened(tmp_path / "storage", pipeline, jobs_at_once=2)
    ended = submit(workbench, "a", "b")
    waits_until(lambda: len(pipeline.begun) == 2)
    workbench.close()
    with opened(tmp_path / "storage", jobs_at_once=2) as again:
        assert {finished(again, job).state for job in ended} == {"done"}


def test_two_jobs_that_a_kill_left_running_are_done_by_the_next_start(tmp_path):
    with opened(tmp_path / "storage", jobs_at_once=2) as workbench:
        ended = submit(workbench, "a", "b")
        assert {finished(workbench, job).state for job in ended} == {"done"}
        with workbench._database.write() as connection:  # as a kill would leave them
            connection.execute(update(jobs).values(state="running", attempts=1))
    with opened(tmp_path / "storage", jobs_at_once=2) as again:
        assert {finished(again, job).state for job in ended} == {"done"}


def test_the_builtin_engines_do_one_job_at_a_time_and_a_model_server_two():
    assert [Settings(profile=name).lanes for name in ("builtin", "server", "cuda")] == [1, 2, 2]
    assert Settings(profile="server", jobs_at_once=1).lanes == 1
    for number in (0, 5):
        with pytest.raises(SettingsError, match="1 to 4"):
            Settings(jobs_at_once=number)
