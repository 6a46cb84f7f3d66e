"""The gate: outermost ASGI layer. What it does not know, it refuses.

In order: kind of connection and host; address; cross-site; who calls; budget; body; session and file ownership. Each step is a pure or
nearly pure decision in a `gate_*` file; this one puts them in a row. An exception inside the gate is a refusal, never a way through.
"""

import logging
from urllib.parse import parse_qsl, urlencode

from kbapp.web import gate_bodies, login_page
from kbapp.web.gate_answers import guarded, send_answer, send_redirect, send_refusal
from kbapp.web.gate_budgets import Budgets
from kbapp.web.gate_claims import Claims
from kbapp.web.gate_files import FileOwners
from kbapp.web.gate_origin import Site, check_cross_site, check_host
from kbapp.web.gate_routes import STREAMS, Kind, Route, RouteTable
from kbapp.web.login import SCOPE_KEY, Login, Visitors
from kbapp.web.refusal import Refusal, not_found, too_many

log = logging.getLogger(__name__)

_LONGEST_QUERY = 4096
_HEADER_BYTES = 16_384  # h11's own limit counts only headers that come in pieces
_STREAMS_PER_OWNER = 20
_UPLOAD_ANSWER_BYTES = 256 * 1024
# Headers that only a proxy in front may set; there is none.
_PROXY_HEADERS = (b"x-forwarded-", b"forwarded", b"x-real-ip", b"x-gradio-", b"x-original-", b"x-rewrite-")
_CLIENT_MAY_NOT_SAY = ("request", "username", "oauth_token", "batch_trigger_ids")


class Gate:
    def __init__(self, app, site: Site, visitors: Visitors, routes: RouteTable, *, upload_bytes: int):
        self._app, self._site, self._visitors, self._routes = app, site, visitors, routes
        self._upload_bytes = upload_bytes
        self._sessions, self._uploads = Claims(), Claims(per_owner=40)
        self._files, self._budgets = FileOwners(), Budgets()
        self._open_streams: dict[str, int] = {}

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope, receive, send) -> None:
        started = False

        async def watched(message: dict) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._pass(scope, receive, watched)
        except Refusal as refusal:
            log.info("refused: %s", refusal)
            if not started:
                await send_refusal(send, refusal)
        except Exception:  # the outermost edge: whatever broke behind or inside the gate, the caller learns nothing of it
            log.exception("failed behind the gate")
            if not started:
                await send_refusal(send, Refusal(500, "internal", "Something went wrong here. It was logged."))

    async def _pass(self, scope, receive, send) -> None:
        if sum(len(name) + len(value) for name, value in scope["headers"]) > _HEADER_BYTES:
            raise Refusal(431, "headers_too_long", "The request's headers are too long.")
        headers = _single_valued(scope["headers"])
        method, query = scope["method"], scope.get("query_string", b"")
        if len(query) > _LONGEST_QUERY:
            raise Refusal(414, "query_too_long", "The address is too long.")
        at_home = check_host(self._site, [v.decode("latin-1") for k, v in scope["headers"] if k.lower() == b"host"])
        route = self._routes.find(method, scope["path"])
        if route is None:
            raise not_found()
        check_cross_site(self._site, method, route.kind, headers)
        if not at_home:
            return await self._redirect_home(route, scope, send)
        if route.kind in (Kind.LOGIN, Kind.LOGOUT):
            return await self._at_the_door(route, scope, headers, receive, send)
        login, cookie = self._who(route, headers)
        if login is None and route.kind is Kind.PAGE:
            wanted = login_page.inside(scope["path"] + ("?" + query.decode("latin-1") if query else ""))
            return await send_redirect(send, self._site.origin + login_page.LOGIN + "?" + urlencode({"next": wanted}))
        if login is not None:
            self._budgets.spend(login.owner, route.kind)
        inner = {**scope, "headers": _without_proxy_headers(scope["headers"], route), SCOPE_KEY: login}
        answer = guarded(send, route.kind, cookie)
        await self._let_in(route, login, headers, query, inner, receive, answer)

    async def _redirect_home(self, route: Route, scope, send) -> None:
        """localhost and 127.0.0.1 are different origins: one page lives at one of them."""
        if route.kind is not Kind.PAGE:
            raise Refusal(400, "host", f"This is not the address of the workbench: open {self._site.origin}.")
        query = scope.get("query_string", b"").decode("latin-1")
        await send_redirect(send, self._site.origin + scope["path"] + ("?" + query if query else ""))

    def _who(self, route: Route, headers: dict[str, str]) -> tuple[Login | None, list[tuple[bytes, bytes]]]:
        """The login, and the Set-Cookie header for a browser that is new here. Only a page makes acquaintance. No login for a page: the
        person must sign in first."""
        if route.kind is Kind.PUBLIC:
            return None, []
        login = self._visitors.recognise(headers.get("cookie", ""))
        if login is not None:
            return login, []
        signed_out = self._visitors.must_sign_in()
        if route.kind is not Kind.PAGE:
            why = (
                "You are signed out: reload the page"
                if signed_out
                else "This page is from before the workbench was started: reload it"
            )
            raise Refusal(401, "signed_out" if signed_out else "unknown_browser", f"{why}.")
        if signed_out:
            return None, []
        login, line = self._visitors.introduce()
        return login, [(b"set-cookie", line.encode())]

    async def _at_the_door(self, route: Route, scope, headers: dict[str, str], receive, send) -> None:
        """The login page and its form, and signing out. Without accounts there is nothing to sign in to."""
        visitors, cookie = self._visitors, headers.get("cookie", "")
        address = (scope.get("client") or ("",))[0]
        self._budgets.spend(address, Kind.LOGIN)
        if not visitors.must_sign_in():
            return await send_redirect(send, self._site.origin + "/", 303)
        if route.kind is Kind.LOGOUT:
            await gate_bodies.read_form(headers, receive, login_page.FORM_BYTES)
            if token := visitors.token(cookie):
                visitors.logins.sign_out(token)
            answer = login_page.go(login_page.LOGIN, visitors.cookie(""))
        elif scope["method"] == "POST":
            form = await gate_bodies.read_form(headers, receive, login_page.FORM_BYTES)
            answer = await login_page.sign_in(visitors.logins, form, address, visitors.cookie)
        else:
            gate_bodies.check_empty(headers)
            answer = login_page.page(_argument(scope.get("query_string", b""), "next", required=False) or "/")
        await send_answer(send, answer.status, answer.body, answer.headers)

    async def _let_in(self, route: Route, login: Login | None, headers, query: bytes, scope, receive, send) -> None:
        if route.kind in (Kind.JOIN, Kind.CANCEL):
            body, value = await gate_bodies.read_json(headers, receive)
            self._check_event(value, login.owner)
            return await self._app(scope, gate_bodies.replay(body, receive), send)
        if route.kind is Kind.UPLOAD:
            return await self._upload(login, headers, query, scope, receive, send)
        gate_bodies.check_empty(headers)
        if route.kind in STREAMS:
            return await self._stream(route, login, query, scope, receive, send)
        if route.kind is Kind.FILE and not self._files.owns(login.owner, route.argument):
            raise not_found()
        await self._app(scope, receive, send)

    def _check_event(self, value: dict, owner: str) -> None:
        if any(name in value for name in _CLIENT_MAY_NOT_SAY):
            raise Refusal(400, "malformed", "The request is malformed.")
        self._sessions.use(value.get("session_hash"), owner)
        self._files.check_body(owner, value, self._site.origin)

    async def _upload(self, login: Login, headers, query: bytes, scope, receive, send) -> None:
        gate_bodies.check_upload(headers, self._upload_bytes)
        upload_id = _argument(query, "upload_id", required=False)
        if upload_id is not None:
            self._uploads.use(upload_id, login.owner)
        answer = _OverheardAnswer(send)
        await self._app(scope, gate_bodies.counted(receive, self._upload_bytes), answer.send)
        if answer.status == 200:
            self._files.learn(login.owner, bytes(answer.body))
        await answer.finish()

    async def _stream(self, route: Route, login: Login, query: bytes, scope, receive, send) -> None:
        if route.kind is Kind.UPLOAD_PROGRESS:
            claim = self._uploads.use(_argument(query, "upload_id"), login.owner)
        else:
            name = route.argument if route.kind is Kind.HEARTBEAT else _argument(query, "session_hash")
            claim = self._sessions.use(name, login.owner)
        if self._open_streams.get(login.owner, 0) >= _STREAMS_PER_OWNER:
            raise too_many()
        self._open_streams[login.owner] = self._open_streams.get(login.owner, 0) + 1
        claim.streams += 1
        try:
            await self._app(scope, receive, send)
        finally:
            claim.streams -= 1
            self._open_streams[login.owner] -= 1
            if not self._open_streams[login.owner]:
                del self._open_streams[login.owner]


class _OverheardAnswer:
    """Holds the last piece of an upload's answer back until the gate has learned who owns the files: the page asks for them at once."""

    def __init__(self, send):
        self._send, self._last = send, None
        self.status, self.body = 0, bytearray()

    async def send(self, message: dict) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif len(self.body) < _UPLOAD_ANSWER_BYTES:
            self.body += message.get("body", b"")
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._last = message
        else:
            await self._send(message)

    async def finish(self) -> None:
        if self._last is not None:
            await self._send(self._last)


def _single_valued(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Names in small letters. A header that matters here must not come twice (two readers could take different ones)."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1").lower()
        if key in headers and (
            key.startswith("sec-fetch") or key in ("origin", "content-length", "content-type", "transfer-encoding")
        ):
            raise Refusal(400, "malformed", "The request is malformed.")
        text = value.decode("latin-1")
        headers[key] = f"{headers[key]}; {text}" if key == "cookie" and key in headers else text
    return headers


def _without_proxy_headers(raw: list[tuple[bytes, bytes]], route: Route) -> list[tuple[bytes, bytes]]:
    """Also without Accept-Encoding on an upload, whose answer the gate must read."""
    dropped = _PROXY_HEADERS + ((b"accept-encoding",) if route.kind is Kind.UPLOAD else ())
    return [(name, value) for name, value in raw if not name.lower().startswith(dropped)]


def _argument(query: bytes, name: str, required: bool = True) -> str | None:
    """The one value of a query argument; twice is as bad as none where one is needed."""
    values = [value for key, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True) if key == name]
    if len(values) > 1 or (required and not values):
        raise Refusal(400, "malformed", "The request is malformed.")
    return values[0] if values else None
