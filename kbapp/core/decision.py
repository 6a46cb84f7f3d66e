"""What a person did with a completion. Append-only: an undo is a row of its own that supersedes another."""

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    ACCEPT = "accept"
    ACCEPT_EDITED = "accept_edited"
    REJECT = "reject"
    DEFER = "defer"
    FLAG = "flag"
    UNDO = "undo"


ACCEPTS = (Action.ACCEPT, Action.ACCEPT_EDITED)
FINAL = (*ACCEPTS, Action.REJECT)  # what ends the reading of a case; after it there is only an undo


class Reason(StrEnum):
    """Why everything was rejected (or an entry deferred); `OTHER` needs a text."""

    CONTRADICTS_SOURCE = "contradicts source"
    FINDING_MISSING = "finding missing"
    FINDING_INVENTED = "finding invented"
    WRONG_SIDE = "wrong side"
    WRONG_DEGREE = "wrong degree"
    IMAGE_IMPLAUSIBLE = "image implausible"
    TEXT_UNUSABLE = "text unusable"
    SOURCE_UNUSABLE = "source unusable"
    OTHER = "other"


@dataclass(frozen=True)
class Decision:
    """candidate: index of the accepted one, None for reject/defer/flag/undo. supersedes: id of the decision that no longer counts.

    utc: ISO 8601, server time. ms_visible: how long the case was on screen, as the page says, None when unknown.
    """

    id: int
    completion: str
    action: Action
    actor: str
    role: str
    utc: str
    candidate: int | None = None
    reason: str = ""
    note: str = ""
    supersedes: int | None = None
    ms_visible: int | None = None
