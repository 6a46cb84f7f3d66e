"""What somebody wants to decide, checked as far as no case is needed for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from kbapp.core.decision import ACCEPTS, Action, Reason
from kbapp.errors import DecisionRefused, InputError
from kbapp.ingest.text import clean_text

MAX_NOTE = 4_000
MAX_KEY = 100


@dataclass(frozen=True)
class Wish:
    """What somebody wants to decide; the fields are those of `Decisions.decide`, in plain form."""

    action: Action
    candidate: int | None
    reason: str
    note: str
    revision: int
    idempotency_key: str
    ms_visible: int | None
    confirm: bool
    order_shown: tuple[int, ...]
    edited_text: str | None = field(default=None, repr=False)


def wished(
    action: Action | str,
    *,
    revision: int,
    idempotency_key: str,
    candidate: int | None = None,
    reason: Reason | str = "",
    note: str = "",
    edited_text: str | None = None,
    ms_visible: int | None = None,
    order_shown: Sequence[int] = (),
    confirm: bool = False,
) -> Wish:
    """The arguments in plain form, the text as ingest leaves one. Raises DecisionRefused for what no case could allow."""
    try:
        action, reason = Action(action), Reason(reason).value if reason else ""
    except ValueError as error:
        raise DecisionRefused(f"unknown decision or reason: {error}") from error
    if not 0 < len(idempotency_key) <= MAX_KEY:
        raise DecisionRefused(f"expected an idempotency key of 1 to {MAX_KEY} characters")
    if len(note) > MAX_NOTE:
        raise DecisionRefused(f"expected a note of at most {MAX_NOTE} characters, got {len(note)}")
    if (candidate is not None) != (action in ACCEPTS):
        raise DecisionRefused("an acceptance names its candidate, and no other decision does")
    if action is Action.REJECT and not reason:
        raise DecisionRefused("a rejection needs a reason", code="needs_reason")
    if reason == Reason.OTHER and not note.strip():
        raise DecisionRefused('the reason "other" needs a note that says what it is', code="needs_note")
    if (edited_text is not None) != (action is Action.ACCEPT_EDITED):
        raise DecisionRefused("an edited text comes with the decision to accept as edited, and with no other")
    text = None if edited_text is None else _clean(edited_text)
    shown = tuple(order_shown)
    return Wish(action, candidate, reason, note, revision, idempotency_key, ms_visible, confirm, shown, text)


def _clean(text: str) -> str:
    """As ingest leaves a given text. Raises DecisionRefused."""
    try:
        return clean_text(text)
    except InputError as error:
        raise DecisionRefused(str(error), code=error.code) from error
