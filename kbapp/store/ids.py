"""Short ids that sort by the time they were made: 9 characters of milliseconds, 4 of chance. Lower case, safe in addresses."""

import secrets
import threading
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u to misread
_lock = threading.Lock()
_last_ms = 0


def new_id() -> str:
    """A new id, greater than every id this process made before, also when the clock is set back."""
    global _last_ms
    with _lock:
        _last_ms = max(time.time_ns() // 1_000_000, _last_ms + 1)
        ms = _last_ms
    return _digits(ms, 9) + _digits(secrets.randbits(20), 4)


def _digits(number: int, length: int) -> str:
    return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(length)))
