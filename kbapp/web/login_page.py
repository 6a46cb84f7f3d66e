"""The login page and what its form sends: plain HTML without a script, so that nothing can go wrong on it."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from anyio import to_thread

from kbapp.errors import NotAllowed
from kbapp.resources import ASSETS
from kbapp.ui.html import Html, join, tag
from kbapp.web.refusal import Refusal

LOGIN, LOGOUT = "/login", "/logout"
FORM_BYTES = 4096
_INSIDE = re.compile(r"/[a-z]{0,20}(\?case=[A-Za-z0-9_-]{1,64})?")  # where somebody may want to go: a page of ours, with its case
_POLICY = b"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]


def inside(address: str) -> str:
    """The address if it is one of our pages, else "/": a link must not send people elsewhere after they signed in."""
    return address if _INSIDE.fullmatch(address) and address not in (LOGIN, LOGOUT) else "/"


def page(wanted: str, *, name: str = "", trouble: str = "", status: int = 200) -> Answer:
    """wanted: where to go afterwards. name: what was typed. trouble: a sentence."""
    form = tag(
        "form",
        tag("input", type="hidden", name="next", value=inside(wanted)),
        tag("label", "Name", tag("input", name="name", value=name, autocomplete="username", required=True, autofocus=not name)),
        tag("label", "Password", tag("input", name="password", type="password", autocomplete="current-password", required=True, autofocus=bool(name))),
        tag("p", trouble, class_="trouble", role="alert") if trouble else None,
        tag("button", "Sign in", type="submit"),
        method="post",
        action=LOGIN,
    )  # fmt: skip
    main = tag("main", tag("h1", "Knowledge Bridger workbench"), tag("p", "Sign in to review cases."), form, tag("small", "Research use only. Not for diagnosis."))  # fmt: skip
    head = join(
        tag("meta", charset="utf-8"), tag("meta", name="viewport", content="width=device-width"), tag("title", "Sign in"), _style()
    )
    body = join(Html("<!doctype html>"), tag("html", tag("head", head), tag("body", main), lang="en"))
    return Answer(status, body.encode(), ((b"content-type", b"text/html; charset=utf-8"), (b"content-security-policy", _POLICY)))


async def sign_in(logins, form: bytes, address: str, cookie_for) -> Answer:
    """form: url-encoded name, password and next. cookie_for: the Set-Cookie line of a token. A thread does the slow work."""
    fields = parsed(form)
    try:
        token = await to_thread.run_sync(logins.sign_in, fields["name"], fields["password"], address)
    except NotAllowed as refused:
        return page(fields["next"], name=fields["name"], trouble=str(refused), status=401)
    return go(inside(fields["next"]), cookie_for(token))


def go(address: str, cookie: str) -> Answer:
    """303: the browser asks for the page anew, and a reload sends no form again."""
    return Answer(303, b"", ((b"location", address.encode()), (b"set-cookie", cookie.encode())))


def parsed(form: bytes) -> dict[str, str]:
    """Raises Refusal when a field is missing or given twice."""
    try:
        given = parse_qs(form.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=10)
    except (UnicodeDecodeError, ValueError):
        raise Refusal(400, "malformed", "The request is malformed.") from None
    if any(len(given.get(name, ())) != 1 for name in ("name", "password", "next")):
        raise Refusal(400, "malformed", "The request is malformed.")
    return {name: values[0] for name, values in given.items()}


def _style() -> Html:
    return tag("style", Html((ASSETS / "static" / "login.css").read_text()))
