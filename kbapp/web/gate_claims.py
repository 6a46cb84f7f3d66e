"""Names that clients choose (session hashes, upload ids): the first login that uses one owns it."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from kbapp.web.refusal import Refusal, too_many

_FORM = re.compile(r"[A-Za-z0-9_-]{6,64}")


@dataclass
class _Claim:
    owner: str
    used: float
    streams: int = 0


class Claims:
    """Bounded: at most `per_owner` live names for one login and `total` for all; the longest unused without a stream goes first."""

    def __init__(self, per_owner: int = 20, total: int = 2000, idle_s: float = 3600, clock: Callable[[], float] = time.monotonic):
        self._per_owner, self._total, self._idle_s, self._clock = per_owner, total, idle_s, clock
        self._claims: OrderedDict[str, _Claim] = OrderedDict()  # the longest unused first

    def use(self, name: object, owner: str) -> _Claim:
        """Raises Refusal 400 for a name of the wrong form, 403 for somebody else's, 429 when all places are taken by live ones."""
        if not isinstance(name, str) or not _FORM.fullmatch(name):
            raise Refusal(400, "session", "The request names no usable session.")
        self._forget_idle()
        claim = self._claims.get(name)
        if claim is None:
            self._make_room(owner)
            claim = self._claims[name] = _Claim(owner, self._clock())
        elif claim.owner != owner:
            raise Refusal(403, "not_yours", "This session belongs to somebody else: reload the page.")
        claim.used = self._clock()
        self._claims.move_to_end(name)
        return claim

    def __len__(self) -> int:
        return len(self._claims)

    def _forget_idle(self) -> None:
        limit = self._clock() - self._idle_s
        for name in [name for name, claim in self._claims.items() if claim.used < limit and not claim.streams]:
            del self._claims[name]

    def _make_room(self, owner: str) -> None:
        own = [name for name, claim in self._claims.items() if claim.owner == owner]
        if len(own) >= self._per_owner:
            self._drop_first_idle(own)
        if len(self._claims) >= self._total:
            self._drop_first_idle(list(self._claims))

    def _drop_first_idle(self, names: list[str]) -> None:
        for name in names:
            if not self._claims[name].streams:
                del self._claims[name]
                return
        raise too_many()
