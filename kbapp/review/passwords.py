"""Passwords: argon2id, at most four at once (each takes 64 MB for a moment), the same time for a name that nobody has."""

import unicodedata
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kbapp.errors import UserError

SHORTEST, LONGEST = 10, 200
_hasher = PasswordHasher()
_at_once = BoundedSemaphore(4)
_NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$RRjyrFR8pRtAVrJ8WWZ9lg$wEbH5Wb8EmR7O9Ju7LWn2w2RDmszi5uDrezmGisNVwE"  # of a forgotten random word


def hashed(password: str) -> str:
    """Raises UserError("password_unfit") for one that is too short or too long."""
    password = _normal(password)
    if not SHORTEST <= len(password) <= LONGEST:
        raise UserError(
            f"expected a password of {SHORTEST} to {LONGEST} characters, got {len(password)}; a few words in a row are easy to keep",
            code="password_unfit",
        )
    with _at_once:
        return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """None: nobody has that name; the work is done all the same, so that the time tells nothing."""
    with _at_once:
        try:
            return _hasher.verify(stored or _NOBODYS, _normal(password)[: LONGEST + 1]) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def _normal(password: str) -> str:
    """Keyboards differ in how they send an accented letter."""
    return unicodedata.normalize("NFKC", password)
