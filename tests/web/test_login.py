"""Browser ids and who acts (threats B9, B14)."""

from types import SimpleNamespace

import pytest

from kbapp.core.actor import LOCAL_OWNER
from kbapp.errors import NotAllowed
from kbapp.web.login import SCOPE_KEY, BrowserIds, actor_of

IDS = BrowserIds(7860)


def test_a_browser_is_recognised_by_what_it_was_given():
    login, line = IDS.introduce()
    assert IDS.recognise(line.split(";")[0]) == login and login.actor == LOCAL_OWNER
    assert "HttpOnly" in line and "SameSite=Lax" in line and "Path=/" in line


def test_two_browsers_are_two_owners():
    assert IDS.introduce()[0].owner != IDS.introduce()[0].owner


def test_ids_that_were_not_given_are_not_taken():
    cookie = IDS.introduce()[1].split(";")[0]
    name, value = cookie.split("=", 1)
    forged = value[:10] + ("A" if value[10] != "A" else "B") + value[11:]
    for bad in (
        "",
        "x",
        name,
        f"{name}=",
        f"{name}={forged}",
        f"{name}={value[:-1]}",
        f"{name}={value}0",
        f"other={value}",
        f"{name}={'A' * 32}.{'0' * 64}",
        "\x01=;",
    ):
        assert IDS.recognise(bad) is None
    assert BrowserIds(7860).recognise(cookie) is None  # another process


def test_odd_cookies_of_other_programs_do_not_hide_ours():
    login, line = IDS.introduce()
    ours = line.split(";")[0]
    for header in (f'x={{"a": "b,c"}}; {ours}', f"{ours}; \x01=\x02", f"a b c; =; {ours}", f"{ours.split('=')[0]}=stale; {ours}"):
        assert IDS.recognise(header) == login


def test_two_workbenches_on_one_machine_do_not_share_a_cookie():
    assert BrowserIds(1).introduce()[1].split("=")[0] != BrowserIds(2).introduce()[1].split("=")[0]


def test_the_owner_in_logs_does_not_give_the_cookie_away():
    login, line = IDS.introduce()
    assert login.owner.removeprefix("browser-") not in line


def test_the_actor_comes_from_the_gate_and_from_nothing_the_client_says():
    login, _ = IDS.introduce()
    starlette = SimpleNamespace(scope={SCOPE_KEY: login})
    assert actor_of(starlette) == LOCAL_OWNER
    assert actor_of(SimpleNamespace(request=starlette)) == LOCAL_OWNER
    for around in (
        SimpleNamespace(),
        SimpleNamespace(scope={}),
        SimpleNamespace(scope={SCOPE_KEY: None}),
        SimpleNamespace(username="admin", headers={}),
    ):
        with pytest.raises(NotAllowed):
            actor_of(around)
