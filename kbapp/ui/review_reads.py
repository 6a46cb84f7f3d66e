"""What stands above a case that is between two readers: its task, both decisions side by side, or the feedback it came back with."""

from dataclasses import dataclass

from kbapp.core.decision import Action
from kbapp.review.second_reads import BothReads, Feedback, SecondRead
from kbapp.ui.html import Html, tag
from kbapp.ui.review_words import utc_time


@dataclass(frozen=True)
class Reads:
    """second: this person reads it the second time. both: two readers differ. settles: this person may settle that. blind: the scores
    are hidden until they ask. order: candidates as they stand on the screen; as made when empty."""

    second: bool = False
    both: BothReads | None = None
    settles: bool = False
    feedback: Feedback | None = None
    blind: bool = False
    order: tuple[int, ...] = ()

    @property
    def disputed(self) -> int | None:
        """The candidate that two readers differ on: the one that the second accepted, else the one of the first."""
        if self.both is None:
            return None
        accepted = self.both.second.candidate
        return self.both.first.candidate if accepted is None else accepted

    @property
    def not_now(self) -> dict[str, str]:
        """What is not offered here, and why."""
        if self.second:
            why = "a second reader accepts or rejects; say in a comment what to change"
            return dict.fromkeys(("edit", "defer", "flag"), why)
        return dict.fromkeys(("defer", "flag"), "two readers differ: decide, or return the case") if self.settles else {}


def reads_notice(reads: Reads) -> Html | None:
    if reads.both and reads.settles:
        return _both(reads.both)
    if reads.feedback:
        said = reads.feedback
        return _notice("Returned", tag("p", f"“{said.text}” ", said.actor, ", ", utc_time(said.utc)))
    if reads.second:
        words = "Somebody else has decided this case. You see how once you have decided it too."
        return _notice("Second read", tag("p", words))
    return None


def _both(both: BothReads) -> Html:
    first, second = both.first, both.second
    difference = tag("pre", both.text_difference, class_="kb-diff", tabindex="0") if both.text_difference else None
    back = tag(
        "button", "Return to the first reader", type="button", class_="kb-button", data_do="give_back", title="with a word on why"
    )
    sides = tag(
        "dl",
        *(
            tag("dt", f"First: {first.actor}"),
            tag("dd", _said(first.action, first.candidate, first.reason, first.note), difference),
        ),
        *(tag("dt", f"Second: {second.actor}"), tag("dd", _of_second(second))),
        class_="kb-sides",
    )
    return _notice("Two readers differ", sides, back)


def _of_second(read: SecondRead) -> str:
    return _said(read.action, read.candidate, read.reason, read.note)


def _said(action: Action, candidate: int | None, reason: str, note: str) -> str:
    words = f"rejected: {reason}" if candidate is None else f"accepted candidate {candidate + 1}"
    words += ", edited" if action is Action.ACCEPT_EDITED else ""
    return f"{words}. “{note}”" if note else f"{words}."


def _notice(title: str, *more: object) -> Html:
    return tag("section", tag("b", title), *more, class_="kb-message good kb-reads", aria_label="Reading of this case")
