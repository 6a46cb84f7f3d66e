"""How long each step of a job took."""

import time

from kbapp.store.clock import utc_now


class StepTimes:
    """When the work began and how long each of its steps took."""

    def __init__(self):
        self._started, self._mark = utc_now(), time.perf_counter()
        self._step = "prepare"
        self._seconds: dict[str, float] = {}

    def enter(self, step: str) -> None:
        if step != self._step:
            now = time.perf_counter()
            self._seconds[self._step] = self._seconds.get(self._step, 0.0) + now - self._mark
            self._step, self._mark = step, now

    def end(self) -> dict:
        self.enter("")
        seconds = {step: round(s, 4) for step, s in self._seconds.items()}
        return {"started": self._started, "finished": utc_now(), "seconds": seconds}
