import pytest

from kbapp.web.gate_budgets import Budgets
from kbapp.web.gate_routes import Kind
from kbapp.web.refusal import Refusal


def spend(budgets, times, owner="alice", kind=Kind.UPLOAD) -> int:
    """How many of the calls passed."""
    passed = 0
    for _ in range(times):
        try:
            budgets.spend(owner, kind)
            passed += 1
        except Refusal as refusal:
            assert refusal.status == 429
    return passed


def test_a_minutes_worth_may_be_spent_at_once_and_then_refills_evenly():
    now = [0.0]
    budgets = Budgets({Kind.UPLOAD: 30}, clock=lambda: now[0])
    assert spend(budgets, 100) == 30
    now[0] = 10
    assert spend(budgets, 100) == 5
    now[0] = 1000
    assert spend(budgets, 100) == 30


def test_logins_and_kinds_have_budgets_of_their_own():
    budgets = Budgets({Kind.UPLOAD: 3, Kind.JOIN: 4}, clock=lambda: 0.0)
    assert spend(budgets, 9, "alice") == 3 and spend(budgets, 9, "bob") == 3 and spend(budgets, 9, "alice", Kind.JOIN) == 4


def test_kinds_without_a_budget_are_free():
    assert spend(Budgets({Kind.UPLOAD: 1}), 1000, kind=Kind.PUBLIC) == 1000


def test_a_timer_of_one_second_stays_within_its_budget():
    now = [0.0]
    budgets = Budgets(clock=lambda: now[0])
    for second in range(600):
        now[0] = float(second)
        budgets.spend("alice", Kind.JOIN)


def test_made_up_logins_do_not_fill_the_memory():
    budgets = Budgets({Kind.UPLOAD: 3}, owners=10)
    for number in range(1000):
        budgets.spend(f"owner{number}", Kind.UPLOAD)
    assert len(budgets._buckets) == 10


@pytest.mark.parametrize("kind", [Kind.UPLOAD, Kind.JOIN, Kind.CANCEL, Kind.PAGE])
def test_what_costs_has_a_budget_by_default(kind):
    assert spend(Budgets(clock=lambda: 0.0), 1000, kind=kind) < 1000
