"""Who is calling. Until accounts exist the workbench is for one person on this machine: every browser is the local owner.

A browser still gets a random id of its own. It protects no secret from the person, but it keeps the tabs' sessions and the uploaded
files of one browser out of reach of another one, of other programs that found the port, and of a page that guesses. From the first
account on `Visitors` knows a browser by its login alone.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kbapp.core.actor import LOCAL_OWNER, Actor
from kbapp.errors import NotAllowed

SCOPE_KEY = "kb.login"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_COOKIE = re.compile(r"([A-Za-z0-9_-]{32})\.([0-9a-f]{64})")


@dataclass(frozen=True)
class Login:
    """owner: whom sessions and uploads belong to; safe to log. actor: who acted when the request came.

    again: who acts now; None when the login has ended since. An event may have waited in a queue."""

    owner: str
    actor: Actor
    again: Callable[[], Actor | None] = field(default=lambda: LOCAL_OWNER, compare=False)


class BrowserIds:
    """Random ids in signed cookies. The key lives as long as the process: a page that outlives it is asked to reload."""

    def __init__(self, port: int):
        self._name = f"kb_browser_{port}"  # cookies ignore ports; two workbenches on one machine must not share one
        self._key = secrets.token_bytes(32)

    def recognise(self, cookie_header: str) -> Login | None:
        """The login behind our cookie, None if there is none that we gave.

        Read by hand: other programs on this machine leave cookies for every port, and the standard parser stops at the first odd one.
        """
        for part in cookie_header.split(";"):
            name, _, value = part.strip().partition("=")
            found = _COOKIE.fullmatch(value) if name == self._name else None
            if found and hmac.compare_digest(self._signature(found[1]), found[2]):
                return _login(found[1])
        return None

    def introduce(self) -> tuple[Login, str]:
        """A new id and the Set-Cookie line that hands it out.

        Lax, so that a link in a mail finds the same browser again; unsafe requests from elsewhere are stopped by the gate.
        """
        browser = secrets.token_urlsafe(24)
        line = f"{self._name}={browser}.{self._signature(browser)}; Path=/; HttpOnly; SameSite=Lax"
        return _login(browser), line

    def _signature(self, browser: str) -> str:
        return hmac.new(self._key, browser.encode(), hashlib.sha256).hexdigest()


class Visitors:
    """What the gate knows of who calls. logins: the service layer's `Logins`."""

    def __init__(self, port: int, logins):
        self._browsers, self._logins = BrowserIds(port), logins
        self._name = f"kb_login_{port}"
        self.logins = logins

    def recognise(self, cookie_header: str) -> Login | None:
        """The login behind the cookies. Once there are accounts, a browser's own id lets nobody in any more."""
        if not self.must_sign_in():
            known = self._browsers.recognise(cookie_header)
            return replace(known, again=self._still_alone) if known else None
        token = self.token(cookie_header)
        actor = self._logins.who(token) if token else None
        if actor is None:
            return None
        return Login("login-" + hashlib.sha256(token.encode()).hexdigest()[:16], actor, lambda: self._logins.who(token))

    def introduce(self) -> tuple[Login, str]:
        """As `BrowserIds.introduce`; only while nobody must sign in."""
        login, line = self._browsers.introduce()
        return replace(login, again=self._still_alone), line

    def must_sign_in(self) -> bool:
        return self._logins.needed()

    def token(self, cookie_header: str) -> str:
        for part in cookie_header.split(";"):
            name, _, value = part.strip().partition("=")
            if name == self._name and _TOKEN.fullmatch(value):
                return value
        return ""

    def cookie(self, token: str) -> str:
        """The Set-Cookie line of a token; of none, the line that takes it away. Lax, so that a link in a mail opens its case."""
        return f"{self._name}={token}; Path=/; HttpOnly; SameSite=Lax" + ("" if token else "; Max-Age=0")

    def _still_alone(self) -> Actor | None:
        return None if self.must_sign_in() else LOCAL_OWNER


def _login(browser: str) -> Login:
    return Login("browser-" + hashlib.sha256(browser.encode()).hexdigest()[:16], LOCAL_OWNER)


def actor_of(request) -> Actor:
    """The Actor behind a `gr.Request` or a Starlette request. Raises NotAllowed when the call did not come through the gate."""
    inner = getattr(request, "request", None) or request
    login = getattr(inner, "scope", {}).get(SCOPE_KEY)
    if login is None:
        raise NotAllowed("This call did not come through the workbench's own page: open the page and try again.")
    actor = login.again()
    if actor is None:
        raise NotAllowed("You are signed out, or your account was changed. Nothing was saved: reload the page and sign in again.")
    return actor
