"""The gate as a whole, before an app that notes what reaches it."""

import asyncio
import json

import pytest

from kbapp.web.gate import Gate
from kbapp.web.gate_origin import Site
from kbapp.web.gate_routes import RouteTable
from kbapp.web.login import SCOPE_KEY, Visitors
from kbapp.web.refusal import not_found
from tests.web.asgi import Inner, call
from tests.web.demo import NoAccounts

JSON = (b"content-type", b"application/json")
FORM = (b"content-type", b"multipart/form-data; boundary=x")
UPLOAD_BYTES = 2**20


def gate_before(inner: Inner) -> Gate:
    return Gate(inner, Site("127.0.0.1", 7860), Visitors(7860, NoAccounts()), RouteTable(["second"]), upload_bytes=UPLOAD_BYTES)


@pytest.fixture
def inner():
    return Inner()


@pytest.fixture
def gate(inner):
    return gate_before(inner)


@pytest.fixture
def alice(gate):
    return call(gate, "GET", "/").cookie


@pytest.fixture
def bob(gate):
    return call(gate, "GET", "/").cookie


def join(gate, cookie, session="session1", **body):
    value = {"data": [], "fn_index": 0, "session_hash": session, **body}
    return call(gate, "POST", "/gradio_api/queue/join", headers=[JSON], body=json.dumps(value).encode(), cookie=cookie)


def test_a_page_hands_out_an_id_once(gate):
    first = call(gate, "GET", "/")
    assert first.status == 200 and "set-cookie" not in call(gate, "GET", "/second", cookie=first.cookie).headers


def test_the_api_needs_the_id(gate, inner):
    for method, path in (
        ("POST", "/gradio_api/queue/join"),
        ("GET", "/config"),
        ("GET", "/kb/artifact/x"),
        ("GET", "/gradio_api/heartbeat/session1"),
    ):
        answer = call(gate, method, path, headers=[JSON])
        assert answer.status == 401 and json.loads(answer.body)["code"] == "unknown_browser"
    assert inner.seen == []


def test_public_files_need_none_and_carry_no_login(gate, inner):
    assert call(gate, "GET", "/assets/x.js").status == 200
    assert inner.seen[0][0][SCOPE_KEY] is None


def test_what_comes_through_carries_the_login(gate, inner, alice):
    call(gate, "GET", "/config", cookie=alice)
    assert inner.seen[-1][0][SCOPE_KEY].owner.startswith("browser-")


def test_a_client_cannot_bring_a_login_along(gate, inner):
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/assets/x.js",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1:7860")],
        SCOPE_KEY: "admin",
    }

    async def nothing(message=None):
        return {"type": "http.disconnect"}

    asyncio.run(gate(scope, nothing, nothing))
    assert inner.seen[0][0][SCOPE_KEY] is None


def test_the_body_arrives_as_it_was_sent(gate, inner, alice):
    body = b'{"data": [], "fn_index": 0, "session_hash": "session1"}'
    answer = call(gate, "POST", "/gradio_api/queue/join", headers=[JSON], body=body, pieces=7, cookie=alice)
    assert answer.status == 200 and inner.seen[-1][1] == body


def test_another_browsers_session_is_refused_everywhere(gate, inner, alice, bob):
    assert join(gate, alice).status == 200
    reached = len(inner.seen)
    cancel = json.dumps({"session_hash": "session1", "fn_index": 0, "event_id": "x"}).encode()
    answers = [
        join(gate, bob),
        call(gate, "POST", "/gradio_api/cancel", headers=[JSON], body=cancel, cookie=bob),
        call(gate, "GET", "/gradio_api/queue/data", query=b"session_hash=session1", cookie=bob),
        call(gate, "GET", "/gradio_api/heartbeat/session1", cookie=bob),
    ]
    assert [answer.status for answer in answers] == [403] * 4 and len(inner.seen) == reached


@pytest.mark.parametrize("name", ["request", "username", "oauth_token", "batch_trigger_ids"])
def test_what_only_the_server_may_say_is_refused(gate, alice, name):
    assert join(gate, alice, **{name: "admin"}).status == 400


def test_a_session_named_twice_is_refused(gate, alice):
    answer = call(gate, "GET", "/gradio_api/queue/data", query=b"session_hash=session1&session_hash=session2", cookie=alice)
    assert answer.status == 400
    assert call(gate, "GET", "/gradio_api/queue/data", cookie=alice).status == 400


def upload(gate, inner, cookie, path, query=b"upload_id=upload1"):
    inner.answer = json.dumps([path]).encode()
    answer = call(
        gate, "POST", "/gradio_api/upload", headers=[FORM, (b"accept-encoding", b"br")], body=b"--x", query=query, cookie=cookie
    )
    inner.answer = b"inside"
    return answer


def test_an_upload_may_be_named_by_who_sent_it_and_by_nobody_else(gate, inner, alice, bob, tmp_path):
    path = str((tmp_path / "film.png").resolve())
    before = join(gate, alice, data=[{"path": path, "meta": {"_type": "gradio.FileData"}}])
    assert upload(gate, inner, alice, path).body == json.dumps([path]).encode()
    assert b"accept-encoding" not in [name for name, _ in inner.seen[-1][0]["headers"]]
    named = {"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}]}
    assert (before.status, join(gate, alice, **named).status, join(gate, bob, "session2", **named).status) == (403, 200, 403)
    assert call(gate, "GET", "/gradio_api/file=" + path, cookie=alice).status == 200
    assert call(gate, "GET", "/gradio_api/file=" + path, cookie=bob).status == 404
    assert call(gate, "GET", "/gradio_api/file=/etc/passwd", cookie=alice).status == 404


def test_a_failed_upload_teaches_nothing(gate, inner, alice):
    inner.status = 500
    upload(gate, inner, alice, "/etc/passwd")
    inner.status = 200
    assert call(gate, "GET", "/gradio_api/file=/etc/passwd", cookie=alice).status == 404


def test_the_progress_of_an_upload_is_its_owners(gate, inner, alice, bob):
    upload(gate, inner, alice, "/tmp/x", query=b"upload_id=upload1")
    assert call(gate, "GET", "/gradio_api/upload_progress", query=b"upload_id=upload1", cookie=alice).status == 200
    assert call(gate, "GET", "/gradio_api/upload_progress", query=b"upload_id=upload1", cookie=bob).status == 403


def test_an_upload_needs_no_progress_id(gate, inner, alice):
    assert upload(gate, inner, alice, "/tmp/x", query=b"").status == 200


def test_big_bodies_are_refused_before_they_are_read(gate, inner, alice):
    reached = len(inner.seen)
    for path, kind in (("/gradio_api/queue/join", JSON), ("/gradio_api/upload", FORM)):
        answer = call(gate, "POST", path, headers=[kind, (b"content-length", b"120000000")], cookie=alice)
        assert answer.status == 413 and answer.headers["connection"] == "close"
    assert len(inner.seen) == reached


def test_more_than_was_declared_never_arrives(gate, inner, alice):
    body = b"x" * (UPLOAD_BYTES + 70_000)
    answer = call(gate, "POST", "/gradio_api/upload", headers=[FORM, (b"content-length", b"5")], body=body, pieces=40, cookie=alice)
    assert answer.status == 500 and all(len(got) < len(body) for _, got in inner.seen)


def test_a_page_request_with_a_body_is_refused(gate):
    assert call(gate, "GET", "/", body=b"x").status == 400


def test_another_name_of_this_machine_leads_to_the_one_address(gate, inner):
    answer = call(gate, "GET", "/second", query=b"case=1", headers=[(b"host", b"localhost:7860")])
    assert answer.status == 307 and answer.headers["location"] == "http://127.0.0.1:7860/second?case=1"
    assert call(gate, "GET", "/", headers=[(b"host", b"localhost:7860")]).headers["location"] == "http://127.0.0.1:7860/"
    assert call(gate, "GET", "/config", headers=[(b"host", b"localhost:7860")]).status == 400
    assert inner.seen == []


@pytest.mark.parametrize("host", [b"evil.example", b"evil.example:7860", b"127.0.0.1"])
def test_a_foreign_host_is_refused(gate, inner, host):
    assert call(gate, "GET", "/", headers=[(b"host", host)]).status == 400 and inner.seen == []


def test_proxy_headers_do_not_arrive(gate, inner):
    names = [
        b"X-Forwarded-Host",
        b"x-forwarded-user",
        b"Forwarded",
        b"x-real-ip",
        b"x-gradio-server",
        b"x-original-url",
        b"x-rewrite-url",
    ]
    call(gate, "GET", "/", headers=[(name, b"evil") for name in names] + [(b"accept", b"*/*")])
    assert {name for name, _ in inner.seen[0][0]["headers"]} == {b"host", b"accept"}


@pytest.mark.parametrize("name", [b"origin", b"content-length", b"content-type", b"transfer-encoding", b"sec-fetch-site"])
def test_a_header_that_matters_may_not_come_twice(gate, name):
    assert call(gate, "GET", "/", headers=[(name, b"0"), (name, b"1")]).status == 400


def test_two_cookie_headers_are_one(gate, alice):
    assert call(gate, "GET", "/config", headers=[(b"cookie", b"other=1"), (b"cookie", alice)]).status == 200


def test_cross_site_requests_are_refused(gate, inner, alice):
    for headers in ([(b"sec-fetch-site", b"cross-site")], [(b"sec-fetch-site", b"same-site")], [(b"origin", b"null")]):
        answer = call(gate, "POST", "/gradio_api/queue/join", headers=[JSON, *headers], body=b"{}", cookie=alice)
        assert answer.status == 403


def test_web_sockets_are_refused(gate, inner):
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(gate({"type": "websocket", "path": "/"}, None, send))
    assert sent == [{"type": "websocket.close", "code": 1008}] and inner.seen == []


def test_the_lifespan_passes(gate, inner):
    asyncio.run(gate({"type": "lifespan"}, None, None))
    assert inner.seen[0][0]["type"] == "lifespan"


def test_answers_carry_our_headers_and_no_permission_for_others(inner, gate, alice):
    inner.headers = [
        (b"Access-Control-Allow-Origin", b"*"),
        (b"Cache-Control", b"max-age=9"),
        (b"Server", b"x"),
        (b"content-type", b"text/html"),
    ]
    for path, cached in (("/", False), ("/config", False), ("/assets/x.js", True)):
        headers = call(gate, "GET", path, cookie=alice).headers
        assert not [name for name in headers if name.startswith("access-control") or name == "server"]
        assert headers["x-content-type-options"] == "nosniff" and "frame-ancestors 'self'" in headers["content-security-policy"]
        assert headers["cache-control"] == ("max-age=9" if cached else "no-store")


def test_a_stricter_policy_of_an_answer_stays(inner, gate, alice):
    inner.headers = [(b"content-security-policy", b"sandbox")]
    assert call(gate, "GET", "/kb/artifact/x", cookie=alice).headers["content-security-policy"] == "sandbox"


def test_refusals_are_short_typed_and_not_kept(gate):
    answer = call(gate, "GET", "/gradio_api/runs")
    assert answer.status == 404 and json.loads(answer.body) == {"code": "not_found", "error": "There is nothing here."}
    assert answer.headers["cache-control"] == "no-store" and "frame-ancestors 'self'" in answer.headers["content-security-policy"]


def test_an_exception_behind_the_gate_tells_nothing(inner, gate, alice):
    inner.error = ValueError("secret key path")
    answer = call(gate, "GET", "/config", cookie=alice)
    assert answer.status == 500 and b"secret" not in answer.body


def test_an_exception_inside_the_gate_is_a_refusal(gate, inner, alice, monkeypatch):
    def broken(*_):
        raise RuntimeError("secret")

    monkeypatch.setattr("kbapp.web.gate.check_cross_site", broken)
    answer = call(gate, "GET", "/config", cookie=alice)
    assert answer.status == 500 and b"secret" not in answer.body


def test_an_exception_after_the_answer_began_adds_nothing_to_it(gate, inner, alice):
    class Breaking(Inner):
        async def __call__(self, scope, receive, send):
            await super().__call__(scope, receive, send)
            raise ValueError("late")

    broken = gate_before(Breaking())
    assert call(broken, "GET", "/assets/x.js").body == b"inside"


def test_a_refusal_after_the_answer_began_adds_nothing_to_it():
    class Refusing(Inner):
        async def __call__(self, scope, receive, send):
            await super().__call__(scope, receive, send)
            raise not_found()

    assert call(gate_before(Refusing()), "GET", "/assets/x.js").body == b"inside"


def test_an_upload_that_is_never_answered_teaches_nothing(alice):
    class Silent(Inner):
        async def __call__(self, scope, receive, send):
            if scope["method"] == "POST":
                await send({"type": "http.response.start", "status": 200, "headers": []})
            else:
                await super().__call__(scope, receive, send)

    silent = gate_before(Silent())
    cookie = call(silent, "GET", "/").cookie
    assert upload(silent, Inner(), cookie, "/tmp/x").body == b""


def test_a_very_long_answer_to_an_upload_is_passed_on_but_not_kept(gate, inner, alice):
    inner.answer = b"[" + b" " * 600_000 + b'"/tmp/x"]'
    answer = call(gate, "POST", "/gradio_api/upload", headers=[FORM], body=b"--x", cookie=alice)
    assert answer.body == inner.answer
    assert call(gate, "GET", "/gradio_api/file=/tmp/x", cookie=alice).status == 404


def test_a_long_query_is_refused(gate):
    assert call(gate, "GET", "/", query=b"x" * 5000).status == 414


def test_long_headers_are_refused(gate):
    assert call(gate, "GET", "/", headers=[(b"x-long", b"x" * 70_000)]).status == 431


def test_uploads_beyond_the_budget_are_refused(gate, inner, alice):
    statuses = [upload(gate, inner, alice, "/tmp/x", query=b"").status for _ in range(35)]
    assert statuses == [200] * 30 + [429] * 5


def test_at_most_twenty_streams_are_open_for_one_browser_and_closing_frees_them():
    async def scenario():
        release = asyncio.Event()

        async def streaming(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            if scope["path"].startswith("/gradio_api/heartbeat/"):
                await release.wait()
            await send({"type": "http.response.body", "body": b""})

        gate = gate_before(streaming)
        cookie = gate._visitors.introduce()[1].split(";")[0].encode()

        async def beat(number: int) -> int:
            statuses = []

            async def send(message):
                statuses.append(message.get("status"))

            headers = [(b"host", b"127.0.0.1:7860"), (b"cookie", cookie)]
            scope = {
                "type": "http",
                "method": "GET",
                "path": f"/gradio_api/heartbeat/session_{number % 5}",
                "query_string": b"",
                "headers": headers,
            }
            await gate(scope, None, send)
            return statuses[0]

        waiting = [asyncio.create_task(beat(number)) for number in range(20)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        refused = await beat(20)
        release.set()
        return [await task for task in waiting], refused, await beat(21), gate._open_streams

    opened, refused, after, left = asyncio.run(scenario())
    assert opened == [200] * 20 and refused == 429 and after == 200 and left == {}
