"""The gate once there are accounts: nobody comes in without signing in, and nobody is sent elsewhere by it."""

import json
from urllib.parse import urlencode

import pytest

from kbapp.core.actor import LOCAL_OWNER, Actor, Role
from kbapp.errors import NotAllowed
from kbapp.web.gate import Gate
from kbapp.web.gate_origin import Site
from kbapp.web.gate_routes import RouteTable
from kbapp.web.login import SCOPE_KEY, Visitors, actor_of
from kbapp.web.login_page import inside
from tests.web.asgi import Inner, call

FORM = (b"content-type", b"application/x-www-form-urlencoded")
TOKEN = "t" * 43


class OneAccount:
    """Signs in ada with one password; `closed` ends her login."""

    def __init__(self):
        self.closed = False
        self.signed_out = []

    def needed(self):
        return True

    def sign_in(self, name, password, address):
        if (name, password) != ("ada", "three green boats"):
            raise NotAllowed("Name and password do not fit together.")
        return TOKEN

    def who(self, token):
        return None if self.closed or token != TOKEN else Actor("1", "ada", Role.VIEWER)

    def sign_out(self, token):
        self.signed_out.append(token)


@pytest.fixture
def accounts():
    return OneAccount()


@pytest.fixture
def inner():
    return Inner()


@pytest.fixture
def gate(inner, accounts):
    return Gate(inner, Site("127.0.0.1", 7860), Visitors(7860, accounts), RouteTable(["audit"]), upload_bytes=2**20)


def sign_in(gate, password="three green boats", wanted="/", name="ada", **more):
    body = urlencode({"name": name, "password": password, "next": wanted}).encode()
    return call(gate, "POST", "/login", headers=[FORM], body=body, **more)


def test_every_page_leads_to_the_login_and_keeps_its_case(gate, inner):
    answer = call(gate, "GET", "/", query=b"case=abc123")
    assert answer.status == 307 and answer.headers["location"].endswith("/login?next=%2F%3Fcase%3Dabc123")
    assert call(gate, "GET", "/audit").headers["location"].endswith("/login?next=%2Faudit")
    assert inner.seen == []


def test_anything_else_is_refused_until_somebody_signs_in(gate, inner):
    for method, path in (
        ("POST", "/gradio_api/queue/join"),
        ("GET", "/config"),
        ("GET", "/kb/artifact/x"),
        ("POST", "/gradio_api/cancel"),
    ):
        answer = call(gate, method, path)
        assert answer.status == 401 and json.loads(answer.body)["code"] == "signed_out"
    assert inner.seen == []


def test_a_browser_that_came_before_the_first_account_must_sign_in_too(inner, accounts):
    accounts.needed = lambda: False
    visitors = Visitors(7860, accounts)
    gate = Gate(inner, Site("127.0.0.1", 7860), visitors, RouteTable(), upload_bytes=2**20)
    cookie = call(gate, "GET", "/").cookie
    assert call(gate, "GET", "/config", cookie=cookie).status == 200
    waiting = inner.seen[-1][0][SCOPE_KEY]
    assert waiting.again() == LOCAL_OWNER
    accounts.needed = lambda: True
    assert call(gate, "GET", "/config", cookie=cookie).status == 401
    assert waiting.again() is None  # also what was waiting in the queue


def test_signing_in_goes_where_one_wanted_and_comes_through_as_that_person(gate, inner):
    answer = sign_in(gate, wanted="/?case=abc123")
    assert answer.status == 303 and answer.headers["location"] == "/?case=abc123"
    assert "HttpOnly" in answer.headers["set-cookie"] and "SameSite=Lax" in answer.headers["set-cookie"]
    assert call(gate, "GET", "/", cookie=answer.cookie).status == 200
    login = inner.seen[-1][0][SCOPE_KEY]
    assert login.actor.name == "ada" and TOKEN not in login.owner


def test_a_wrong_password_says_so_keeps_the_name_and_never_repeats_the_password(gate):
    answer = sign_in(gate, password="<b>wrong</b>", name='x"><script>')
    assert answer.status == 401 and b"do not fit together" in answer.body and "set-cookie" not in answer.headers
    assert b"wrong" not in answer.body and b"<script" not in answer.body and b"x&quot;&gt;" in answer.body
    assert "default-src 'none'" in answer.headers["content-security-policy"] and answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil", "/a?case=../x", "/login", "javascript:x", "/?x=1", "/a\r\nset-cookie: x=1"])  # fmt: skip
def test_nobody_is_sent_elsewhere_after_signing_in(gate, elsewhere):
    assert inside(elsewhere) == "/" and sign_in(gate, wanted=elsewhere).headers["location"] == "/"


def test_what_is_no_such_form_is_refused(gate):
    assert call(gate, "POST", "/login", headers=[(b"content-type", b"application/json")], body=b"{}").status == 415
    for body in (b"name=a", b"name=a&password=b&next=/&name=c", b"%ff=%ff", b"x" * 5000):
        assert call(gate, "POST", "/login", headers=[FORM], body=body).status in (400, 413)
    cross_site = [FORM, (b"sec-fetch-site", b"cross-site"), (b"origin", b"https://evil.example")]
    assert call(gate, "POST", "/login", headers=cross_site, body=b"name=a&password=b&next=/").status == 403
    assert call(gate, "POST", "/logout", headers=cross_site, body=b"x=1").status == 403


def test_signing_out_ends_the_login_and_takes_the_cookie_away(gate, accounts):
    cookie = sign_in(gate).cookie
    answer = call(gate, "POST", "/logout", headers=[FORM], body=b"out=1", cookie=cookie)
    assert answer.status == 303 and accounts.signed_out == [TOKEN] and "Max-Age=0" in answer.headers["set-cookie"]
    assert call(gate, "GET", "/logout").status == 404  # no link can sign anybody out


def test_an_event_that_waited_acts_as_the_person_is_now(gate, inner, accounts):
    cookie = sign_in(gate).cookie
    call(gate, "GET", "/config", cookie=cookie)
    scope = inner.seen[-1][0]

    class Request:
        pass

    request = Request()
    request.scope = scope
    assert actor_of(request).role is Role.VIEWER
    accounts.closed = True
    with pytest.raises(NotAllowed, match="signed out"):
        actor_of(request)


def test_tries_are_rationed_per_address(gate):
    statuses = [call(gate, "GET", "/login").status for _ in range(70)]
    assert statuses[0] == 200 and statuses[-1] == 429
