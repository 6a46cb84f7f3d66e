"""The addresses that exist. Everything else is 404, above all the many that Gradio adds for convenience.

Checked against gradio 6.31: run, api, call, deep_link, runs, run-history, proxy=, stream, vibe-*, mcp, token, openapi.json, dev,
process_recording, component_server, custom_component, monitoring, reset, startup-events stay closed for good; /login and /logout are our own.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    PUBLIC = auto()  # scripts, styles, fonts, icons: the same for everybody
    PAGE = auto()  # a document a person opens; hands out the browser's id
    LOGIN = auto()  # the login page, and its form
    LOGOUT = auto()
    PLAIN = auto()  # read by the page, holds nothing of a case's session
    OWN = auto()  # our own routes: each authorises through the service layer
    JOIN = auto()  # an event: JSON with session_hash, fn_index, data
    CANCEL = auto()
    EVENTS = auto()  # a stream that names its session in the query
    HEARTBEAT = auto()  # a stream that names its session in the path
    UPLOAD = auto()
    UPLOAD_PROGRESS = auto()
    FILE = auto()  # an uploaded file, by path


@dataclass(frozen=True)
class Route:
    kind: Kind
    argument: str = ""  # what follows heartbeat/ or file=


STREAMS = {Kind.EVENTS, Kind.HEARTBEAT, Kind.UPLOAD_PROGRESS}
_API = "/gradio_api/"
_GET = ("GET", "HEAD")
_EXACT = {
    "/theme.css": (_GET, Kind.PUBLIC),
    "/favicon.ico": (_GET, Kind.PUBLIC),
    "/kb/health": (_GET, Kind.PUBLIC),
    "/login": ((*_GET, "POST"), Kind.LOGIN),
    "/logout": (("POST",), Kind.LOGOUT),
    "/config": (_GET, Kind.PLAIN),
    _API + "theme.css": (_GET, Kind.PUBLIC),
    _API + "app_id": (_GET, Kind.PUBLIC),  # a page that lost its server asks whether it is still the same one, else reloads
    _API + "info": (_GET, Kind.PLAIN),
    _API + "queue/join": (("POST",), Kind.JOIN),
    _API + "cancel": (("POST",), Kind.CANCEL),
    _API + "queue/data": (("GET",), Kind.EVENTS),
    _API + "upload": (("POST",), Kind.UPLOAD),
    _API + "upload_progress": (("GET",), Kind.UPLOAD_PROGRESS),
}
_UNDER = {
    "/assets/": Kind.PUBLIC,
    "/static/": Kind.PUBLIC,
    "/kb/static/": Kind.PUBLIC,
    "/kb/artifact/": Kind.OWN,
    "/kb/audit/": Kind.OWN,
    "/kb/graph/": Kind.OWN,
    "/kb/insight/": Kind.OWN,
    _API + "heartbeat/": Kind.HEARTBEAT,
    _API + "file=": Kind.FILE,
}
# Nothing of ours needs these, and each has been somebody's way around a prefix: another decoding, a parent, an empty step, a host.
_SUSPICIOUS = re.compile(r"[%\\\x00-\x1f\x7f]|//|/\.{1,2}(/|$)")
_LONGEST_PATH = 1024


class RouteTable:
    def __init__(self, pages: Collection[str] = ()):
        """pages: the addresses of the Gradio pages beside "/", e.g. "/experts"."""
        self._pages = {"/"} | {"/" + page.strip("/") for page in pages}

    def find(self, method: str, path: str) -> Route | None:
        """path: decoded once, as ASGI gives it. None: no such address, or not with this method."""
        if len(path) > _LONGEST_PATH or _SUSPICIOUS.search(path):
            return None
        if path in self._pages:
            return Route(Kind.PAGE) if method in _GET else None
        if path in _EXACT:
            methods, kind = _EXACT[path]
            return Route(kind) if method in methods else None
        for prefix, kind in _UNDER.items():
            if path.startswith(prefix) and len(path) > len(prefix):
                return Route(kind, path.removeprefix(prefix)) if method in _GET else None
        return None
