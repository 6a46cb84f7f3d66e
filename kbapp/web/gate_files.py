"""Uploaded files: who may name which path.

Gradio takes any path in an event's data for an uploaded file. So every path that a request names, at any depth, must be one that
this login got from an upload of its own.
"""

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from kbapp.web.refusal import Refusal

_URL_PATH = "/gradio_api/file="


class FileOwners:
    """(owner, resolved path) pairs, forgotten after `ttl_s` without use; at most `total`."""

    def __init__(self, ttl_s: float = 3600, total: int = 10_000, clock: Callable[[], float] = time.monotonic):
        self._ttl_s, self._total, self._clock = ttl_s, total, clock
        self._used: OrderedDict[tuple[str, str], float] = OrderedDict()

    def learn(self, owner: str, answer: bytes) -> None:
        """From the body of a successful upload answer: a JSON list of paths. Anything else teaches nothing."""
        try:
            paths = json.loads(answer)
        except ValueError:
            return
        for path in paths if isinstance(paths, list) else ():
            if isinstance(path, str):
                self._remember((owner, str(Path(path).resolve())))

    def owns(self, owner: str, path: object) -> bool:
        """False for anything that is not the plain absolute path of an own upload: URLs, //host, backslashes, links, parents."""
        if not isinstance(path, str) or not path.startswith("/") or path.startswith("//") or "\\" in path or "\0" in path:
            return False
        key = (owner, path)
        known = self._used.get(key)
        if known is None or known < self._clock() - self._ttl_s or str(Path(path).resolve()) != path:
            return False
        self._remember(key)
        return True

    def check_body(self, owner: str, body: Any, origin: str) -> None:
        """Raises Refusal 403 if any file object in the JSON is not an own upload, or says to lie elsewhere."""
        for found in _file_objects(body):
            path, url = found.get("path"), found.get("url")
            if not self.owns(owner, path) or not _points_to(url, path, origin):
                raise Refusal(403, "file_not_yours", "The request names a file that was not uploaded here: upload it again.")

    def _remember(self, key: tuple[str, str]) -> None:
        self._used[key] = self._clock()
        self._used.move_to_end(key)
        while len(self._used) > self._total:
            self._used.popitem(last=False)


def _points_to(url: Any, path: str, origin: str) -> bool:
    """The address that goes with a file must be that file's; the page writes it with %20 and the like."""
    return not url or isinstance(url, str) and unquote(url).removeprefix(origin) == _URL_PATH + path


def _file_objects(value: Any) -> Iterator[dict]:
    """Every object that Gradio could take for a file: it has a path, or calls itself FileData."""
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, list):
            waiting.extend(current)
        elif isinstance(current, dict):
            if "path" in current or current.get("_type") == "gradio.FileData" or _says_file_data(current.get("meta")):
                yield current
            waiting.extend(value for key, value in current.items() if key != "meta" or not _says_file_data(value))


def _says_file_data(meta: Any) -> bool:
    return isinstance(meta, dict) and meta.get("_type") == "gradio.FileData"
