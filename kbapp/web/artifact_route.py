"""Stored pictures and texts for the page: `/kb/artifact/{sha256}`.

(nothing)          the stored bytes; PNG and JPEG are shown, all else is a download
?low=50&high=949   an 8-bit PNG through this window: browsers show 16 bits from 0 to 65535, where 12-bit films are black
?w=256             a JPEG at most that wide (through the window, if given), for strips and lists
?download=1        the stored bytes as a download
"""

import math
import threading
from collections import OrderedDict

import numpy as np
from fastapi import APIRouter, HTTPException, Request, Response

from kbapp.core.content import ImageContent
from kbapp.errors import NotFound
from kbapp.formats.picture import decode_png, encode_png, thumbnail_jpeg
from kbapp.ingest.window import sixteen_bit_window
from kbapp.web.login import actor_of

WIDTHS = (96, 128, 192, 256, 384, 512, 768)
_SHOWN = ("image/png", "image/jpeg")
_NOTHING_RUNS = "default-src 'none'; sandbox; frame-ancestors 'self'"


def artifact_routes(artifacts) -> APIRouter:
    """artifacts: the service layer's; `get(actor, sha256)` authorises, checks the hash, and raises NotFound."""
    router = APIRouter()

    cache = _Renderings()

    @router.get("/kb/artifact/{sha256}")
    def artifact(
        request: Request,
        sha256: str,
        low: float | None = None,
        high: float | None = None,
        w: int | None = None,
        download: bool = False,
    ):
        if not is_sha256(sha256):
            raise NotFound("There is no such file.")
        found = artifacts.get(actor_of(request), sha256)  # on every request: a cached picture is not a permission
        if download or (low is None and high is None and w is None):
            return _as_stored(found, download)
        if found.media_type != "image/png" or not _usable(low, high, w):
            raise HTTPException(400)
        return _answer(*cache.get(found, low, high, w), "inline")

    return router


class _Renderings:
    """The latest renderings, by hash, window and width."""

    def __init__(self, longest: int = 256):
        self._longest, self._lock = longest, threading.Lock()
        self._made: OrderedDict[tuple, tuple[bytes, str]] = OrderedDict()

    def get(self, found, low: float | None, high: float | None, width: int | None) -> tuple[bytes, str]:
        key = (found.sha256, low, high, width)
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
        made = render(found.data, low, high, width)
        with self._lock:
            self._made[key] = made
            while len(self._made) > self._longest:
                self._made.popitem(last=False)
        return made


def render(png: bytes, low: float | None, high: float | None, width: int | None) -> tuple[bytes, str]:
    """(bytes, media type) of a stored PNG as eyes see it: 8 bits, through the window, at most `width` wide."""
    pixels = decode_png(png)
    window = (low, high) if low is not None and high is not None else None
    if window is None and pixels.dtype == np.uint16:
        window = sixteen_bit_window(pixels)
    display = ImageContent(pixels, window).display
    return (encode_png(display), "image/png") if width is None else (thumbnail_jpeg(display, width), "image/jpeg")


def is_sha256(text: str) -> bool:
    return len(text) == 64 and all(c in "0123456789abcdef" for c in text)


def _usable(low: float | None, high: float | None, width: int | None) -> bool:
    windowed = low is not None and high is not None and math.isfinite(low) and math.isfinite(high) and low < high
    return (windowed or (low is None and high is None)) and (width is None or width in WIDTHS)


def _as_stored(found, download: bool) -> Response:
    shown = found.media_type in _SHOWN and not download
    media_type = found.media_type if found.media_type in (*_SHOWN, "text/plain; charset=utf-8") else "application/octet-stream"
    suffix = {"image/png": ".png", "image/jpeg": ".jpg", "text/plain; charset=utf-8": ".txt"}.get(media_type, ".bin")
    mark = "synthetic-" if found.synthetic else ""
    return _answer(found.data, media_type, "inline" if shown else f'attachment; filename="{mark}{found.sha256[:12]}{suffix}"')


def _answer(data: bytes, media_type: str, disposition: str) -> Response:
    headers = {"content-disposition": disposition, "content-security-policy": _NOTHING_RUNS}
    return Response(data, media_type=media_type, headers=headers)
