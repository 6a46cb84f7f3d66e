"""How often one login may ask."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

from kbapp.web.gate_routes import Kind
from kbapp.web.refusal import too_many

# Per minute. A timer of one second alone takes 60 joins.
PER_MINUTE: Mapping[Kind, int] = {Kind.UPLOAD: 30, Kind.JOIN: 240, Kind.CANCEL: 120, Kind.PAGE: 120, Kind.LOGIN: 60}


class Budgets:
    """Token buckets: a full minute's worth may be spent at once, then it refills evenly."""

    def __init__(
        self, per_minute: Mapping[Kind, int] = PER_MINUTE, owners: int = 1000, clock: Callable[[], float] = time.monotonic
    ):
        self._per_minute, self._owners, self._clock = per_minute, owners, clock
        self._buckets: OrderedDict[tuple[str, Kind], tuple[float, float]] = OrderedDict()  # -> (tokens, when)

    def spend(self, owner: str, kind: Kind) -> None:
        """Raises Refusal 429 when the budget is used up; kinds without a budget are free."""
        limit = self._per_minute.get(kind)
        if limit is None:
            return
        now = self._clock()
        tokens, then = self._buckets.get((owner, kind), (float(limit), now))
        tokens = min(limit, tokens + (now - then) * limit / 60)
        if tokens < 1:
            raise too_many()
        self._buckets[(owner, kind)] = (tokens - 1, now)
        self._buckets.move_to_end((owner, kind))
        while len(self._buckets) > self._owners * len(self._per_minute):
            self._buckets.popitem(last=False)
