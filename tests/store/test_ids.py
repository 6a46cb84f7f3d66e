from kbapp.store import ids


def test_ids_are_short_lower_case_and_safe_in_addresses():
    assert set(ids.new_id()) <= set("0123456789abcdefghjkmnpqrstvwxyz")
    assert len(ids.new_id()) == 13


def test_ids_sort_by_the_time_they_were_made_and_never_repeat():
    made = [ids.new_id() for _ in range(2000)]
    assert made == sorted(set(made))


def test_ids_keep_their_order_when_the_clock_is_set_back(monkeypatch):
    first = ids.new_id()
    monkeypatch.setattr(ids.time, "time_ns", lambda: 0)
    assert ids.new_id() > first
