"""Chat over any OpenAI-compatible server: our own, vLLM, Ollama, or a hosted model."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kbapp.engines.language_model import ChatReply, ChatRequest, Turn
from kbapp.engines.openai_server import OpenAiServer
from kbapp.engines.picture import to_data_url

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MAX_PIXELS = 1024 * 1024


class OpenAiChat:
    """A LanguageModel. The requests of one call travel together, so that the server can batch them.

    A server that knows no `response_format` answers 400; then it is asked without, once and for all: readers check every reply anyway.
    """

    def __init__(self, server: OpenAiServer, model: str, *, max_pixels: int = MAX_PIXELS):
        self.server, self.model, self.max_pixels = server, model, max_pixels
        self.id = f"{model} at {server.place}"
        self._knows_schemas = True

    def chat(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
        """See `LanguageModel.chat`."""
        return self.server.run(requests, self._one)

    async def _one(self, client: "AsyncOpenAI", request: ChatRequest) -> ChatReply:
        from openai import BadRequestError

        if request.schema is None or not self._knows_schemas:
            return await self._create(client, request, {})
        form = {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": request.schema}}
        try:
            return await self._create(client, request, {"response_format": form})
        except BadRequestError:
            reply = await self._create(client, request, {})
            self._knows_schemas = False  # only now: a request that fails either way says nothing about schemas
            return reply

    async def _create(self, client: "AsyncOpenAI", request: ChatRequest, form: dict) -> ChatReply:
        completion = await client.chat.completions.create(
            model=self.model,
            messages=[self._message(turn) for turn in request.turns],
            max_tokens=request.max_tokens,
            temperature=request.temperature,
            seed=request.seed,
            **form,
        )
        return self._reply(completion)

    def _message(self, turn: Turn) -> dict:
        if not turn.images:
            return {"role": turn.role, "content": turn.text}
        pictures = [{"type": "image_url", "image_url": {"url": to_data_url(image, self.max_pixels)}} for image in turn.images]
        return {"role": turn.role, "content": [*pictures, {"type": "text", "text": turn.text}]}

    def _reply(self, completion) -> ChatReply:
        """A proxy's HTML page comes back as a str, half a protocol as missing fields: neither is an answer."""
        choices = getattr(completion, "choices", None)
        message = getattr(choices[0], "message", None) if isinstance(choices, list) and choices else None
        content = getattr(message, "content", None)
        if message is None or not isinstance(content, str | None):
            raise self.server.unusable()
        usage = completion.usage.model_dump() if getattr(completion, "usage", None) else {}
        counts = {k: int(v) for k, v in usage.items() if isinstance(v, int | float) and math.isfinite(v)}
        return ChatReply(content or "", choices[0].finish_reason or "stop", counts)
