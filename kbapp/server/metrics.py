"""Counters in Prometheus' text form. Numbers and names of routes and models only, never content."""

import threading
from collections import Counter

from kbapp.server.house import House

_BUCKETS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)


class Metrics:
    def __init__(self):
        self._lock = threading.Lock()
        self._requests: Counter = Counter()  # (route, status)
        self._seconds: Counter = Counter()  # route
        self._within: Counter = Counter()  # (route, bucket)

    def count(self, route: str, status: int, seconds: float) -> None:
        with self._lock:
            self._requests[route, status] += 1
            self._seconds[route] += seconds
            for bucket in _BUCKETS:
                if seconds <= bucket:
                    self._within[route, bucket] += 1

    def text(self, house: House) -> str:
        lines = ["# TYPE kb_requests_total counter"]
        with self._lock:
            lines += [f'kb_requests_total{{route="{r}",status="{s}"}} {n}' for (r, s), n in sorted(self._requests.items())]
            lines.append("# TYPE kb_request_seconds histogram")
            for route in sorted(self._seconds):
                total = sum(n for (r, _), n in self._requests.items() if r == route)
                lines += [f'kb_request_seconds_bucket{{route="{route}",le="{b}"}} {self._within[route, b]}' for b in _BUCKETS]
                lines.append(f'kb_request_seconds_bucket{{route="{route}",le="+Inf"}} {total}')
                lines.append(f'kb_request_seconds_sum{{route="{route}"}} {self._seconds[route]:.6f}')
                lines.append(f'kb_request_seconds_count{{route="{route}"}} {total}')
        lines.append("# TYPE kb_waiting gauge")
        lines += [f'kb_waiting{{model="{m.name}"}} {m.batcher.waiting}' for m in house.models.values()]
        lines.append("# TYPE kb_model_ready gauge")
        lines += [f'kb_model_ready{{model="{m.name}"}} {int(m.state == "ready")}' for m in house.models.values()]
        lines.append("# TYPE kb_batches_total counter")
        lines += [f'kb_batches_total{{model="{m.name}"}} {m.batcher.batches}' for m in house.models.values()]
        lines.append("# TYPE kb_batched_requests_total counter")
        lines += [f'kb_batched_requests_total{{model="{m.name}"}} {m.batcher.batched}' for m in house.models.values()]
        lines += ["# TYPE kb_overlapped_batches_total counter", f"kb_overlapped_batches_total {house.lanes.overlapped}"]
        if house.turns is not None:
            lines += ["# TYPE kb_moves_total counter", f"kb_moves_total {house.turns.moves}"]
        return "\n".join(lines) + "\n"
