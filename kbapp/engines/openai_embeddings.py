"""Vectors from a server with the route /v1/embeddings. A picture travels as a data URL in the place of a text, as our server reads it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from kbapp.core.content import Content, ImageContent
from kbapp.engines.openai_server import OpenAiServer
from kbapp.engines.picture import to_data_url

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_MAX_PIXELS = 512 * 512  # encoders look at 224 to 384 pixels a side


class OpenAiEmbeddings:
    """An Encoder. One request for all contents; the server's optional field "note" of an item says what it did not read."""

    def __init__(self, server: OpenAiServer, model: str):
        self.server, self.model = server, model
        self.id = f"{model} at {server.place}"

    def embed(self, contents: Sequence[Content]) -> tuple[np.ndarray, tuple[str, ...]]:
        """See `Encoder.embed`."""
        if not contents:
            return np.zeros((0, 0), np.float32), ()
        inputs = [to_data_url(c, _MAX_PIXELS) if isinstance(c, ImageContent) else c.text or " " for c in contents]

        async def one(client: "AsyncOpenAI", texts: list[str]):
            return await client.embeddings.create(model=self.model, input=texts, encoding_format="float")

        (answer,) = self.server.run([inputs], one)
        rows = getattr(answer, "data", None)
        if not isinstance(rows, list) or len(rows) != len(contents):
            raise self.server.unusable()
        rows = sorted(rows, key=lambda row: row.index)
        return self._unit([row.embedding for row in rows]), tuple(str((row.model_extra or {}).get("note", "")) for row in rows)

    def _unit(self, rows: list) -> np.ndarray:
        """(n, d) float32 unit rows; a zero row stays zero."""
        try:
            vectors = np.array(rows, np.float32)
        except (ValueError, TypeError):
            raise self.server.unusable() from None
        if vectors.ndim != 2 or not np.isfinite(vectors).all():
            raise self.server.unusable()
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.where(lengths == 0, 1, lengths)
