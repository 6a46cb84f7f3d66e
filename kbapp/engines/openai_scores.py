"""Values of pairs from a server with vLLM's route /score. A picture travels as a data URL in the place of a text, as our server reads it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import numpy as np

from kbapp.core.content import Content, ImageContent
from kbapp.engines.matcher import Pair
from kbapp.engines.openai_server import OpenAiServer
from kbapp.engines.picture import to_data_url

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_MAX_PIXELS = 512 * 512


class OpenAiScores:
    """PairScores. One request for all pairs."""

    def __init__(self, server: OpenAiServer, model: str):
        self.server, self.model = server, model
        self.id = f"{model} at {server.place}"
        parts = urlsplit(server.base_url)
        self._route = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/").removesuffix("/v1") + "/score", "", ""))

    def score(self, pairs: Sequence[Pair]) -> tuple[np.ndarray, tuple[str, ...]]:
        """See `PairScores.score`."""
        first = list({a.sha256: a for a, _ in pairs}.values())
        given = _sent(first[0]) if len(first) == 1 else [_sent(a) for a, _ in pairs]  # one source travels once
        body = {"model": self.model, "text_1": given, "text_2": [_sent(b) for _, b in pairs]}

        async def one(client: "AsyncOpenAI", asked: dict) -> Any:
            return await client.post(self._route, body=asked, cast_to=object)

        (answer,) = self.server.run([body], one)
        try:
            rows = sorted(answer["data"], key=lambda row: row["index"])
            values = np.array([row["score"] for row in rows], np.float32)
            notes = tuple(str(row.get("note", "")) for row in rows)
        except (TypeError, KeyError, ValueError, AttributeError):
            raise self.server.unusable() from None
        if len(values) != len(pairs) or not np.isfinite(values).all():
            raise self.server.unusable()
        return values, notes


def _sent(content: Content) -> str:
    return to_data_url(content, _MAX_PIXELS) if isinstance(content, ImageContent) else content.text
