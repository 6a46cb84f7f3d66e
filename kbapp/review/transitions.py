"""Which decision is allowed from which state of a case, and where it leads. Pure."""

from kbapp.core.decision import FINAL, Action
from kbapp.errors import DecisionRefused

ALLOWED: dict[str, frozenset[Action]] = {
    "ready": frozenset({*FINAL, Action.DEFER, Action.FLAG}),
    "deferred": frozenset({*FINAL, Action.FLAG, Action.UNDO}),
    "flagged": frozenset({*FINAL, Action.DEFER, Action.UNDO}),
    "accepted": frozenset({Action.UNDO}),
    "accepted_edited": frozenset({Action.UNDO}),
    "rejected": frozenset({Action.UNDO}),
}
_LEADS_TO = {
    Action.ACCEPT: "accepted",
    Action.ACCEPT_EDITED: "accepted_edited",
    Action.REJECT: "rejected",
    Action.DEFER: "deferred",
    Action.FLAG: "flagged",
    Action.UNDO: "ready",
}
DECIDED = tuple(_LEADS_TO[action] for action in FINAL)  # the statuses from which there is only an undo


def next_status(status: str, action: Action) -> str:
    """The status after `action`. Raises DecisionRefused saying what is possible instead."""
    if action in ALLOWED.get(status, frozenset()):
        return _LEADS_TO[action]
    if action is Action.UNDO:
        raise DecisionRefused("there is no decision on this case to undo", code="illegal_transition")
    said = status.replace("_", " ")
    if ALLOWED.get(status) == {Action.UNDO}:
        raise DecisionRefused(f"this case is {said} already; undo that first, then decide anew", code="illegal_transition")
    raise DecisionRefused(f"this case is {said}; {action.value} is not possible now", code="illegal_transition")
