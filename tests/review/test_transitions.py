import pytest

from kbapp.core.decision import Action
from kbapp.errors import DecisionRefused
from kbapp.review.transitions import ALLOWED, next_status

# From -> what each action leads to; None: refused.
TABLE = {
    #                   accept      accept_edited      reject      defer       flag       undo
    "new":             (None,       None,              None,       None,       None,      None),
    "ready":           ("accepted", "accepted_edited", "rejected", "deferred", "flagged", None),
    "deferred":        ("accepted", "accepted_edited", "rejected", None,       "flagged", "ready"),
    "flagged":         ("accepted", "accepted_edited", "rejected", "deferred", None,      "ready"),
    "accepted":        (None,       None,              None,       None,       None,      "ready"),
    "accepted_edited": (None,       None,              None,       None,       None,      "ready"),
    "rejected":        (None,       None,              None,       None,       None,      "ready"),
}  # fmt: skip


@pytest.mark.parametrize("status", TABLE)
def test_each_state_allows_exactly_the_decisions_of_the_table(status):
    for action, after in zip(Action, TABLE[status], strict=True):
        if after:
            assert next_status(status, action) == after
        else:
            with pytest.raises(DecisionRefused) as refused:
                next_status(status, action)
            assert refused.value.code == "illegal_transition"


def test_every_state_that_a_decision_leads_to_is_in_the_table():
    assert {after for row in TABLE.values() for after in row if after} <= set(ALLOWED)


def test_the_refusal_says_what_to_do():
    with pytest.raises(DecisionRefused, match="accepted already; undo that first"):
        next_status("accepted", Action.REJECT)
