"""Sessions belong to whom used them first (threats B5, B27)."""

import pytest

from kbapp.web.gate_claims import Claims
from kbapp.web.refusal import Refusal


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("name", [None, 7, "", "abc", "a" * 65, "abc def", "../../x", "abcdef\n", ["abcdef"]])
def test_names_of_another_form_are_refused(name):
    with pytest.raises(Refusal) as caught:
        Claims().use(name, "alice")
    assert caught.value.status == 400


def test_the_first_to_use_a_name_owns_it():
    claims = Claims()
    claims.use("session1", "alice")
    claims.use("session1", "alice")
    with pytest.raises(Refusal) as caught:
        claims.use("session1", "bob")
    assert caught.value.status == 403


def test_a_login_that_makes_up_names_loses_its_own_oldest_ones_only():
    claims = Claims(per_owner=20)
    claims.use("session_of_alice", "alice")
    for number in range(10_000):
        claims.use(f"session_{number}", "bob")
    assert len(claims) == 21
    with pytest.raises(Refusal):
        claims.use("session_of_alice", "bob")


def test_an_open_stream_keeps_its_name():
    claims = Claims(per_owner=2)
    claims.use("session1", "alice").streams += 1
    claims.use("session2", "alice")
    claims.use("session3", "alice")  # takes the place of session2
    with pytest.raises(Refusal):
        claims.use("session1", "bob")
    claims.use("session2", "bob")


def test_when_all_places_have_streams_there_is_no_more_room():
    claims = Claims(per_owner=2)
    for name in ("session1", "session2"):
        claims.use(name, "alice").streams += 1
    with pytest.raises(Refusal) as caught:
        claims.use("session3", "alice")
    assert caught.value.status == 429


def test_all_logins_together_are_bounded_too():
    claims = Claims(total=5)
    for number in range(50):
        claims.use(f"session_{number}", f"owner_{number}")
    assert len(claims) == 5


def test_an_idle_name_is_forgotten_but_not_one_with_a_stream():
    clock = Clock()
    claims = Claims(idle_s=10, clock=clock)
    claims.use("session1", "alice")
    claims.use("session2", "alice").streams += 1
    clock.now = 11
    claims.use("session1", "bob")
    with pytest.raises(Refusal):
        claims.use("session2", "bob")
