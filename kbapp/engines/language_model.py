"""The chat interface every large multimodal model is used through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from kbapp.core.content import ImageContent


@dataclass(frozen=True)
class Turn:
    """One message. Images stand before the text, so that their prefix can be cached."""

    role: str  # "system", "user", "assistant"
    text: str
    images: tuple[ImageContent, ...] = ()


@dataclass(frozen=True)
class ChatRequest:
    """schema: JSON schema (2020-12 subset) that the reply must hold to, or None for prose."""

    turns: tuple[Turn, ...]
    schema: Mapping[str, object] | None = None
    max_tokens: int = 512
    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class ChatReply:
    """finish_reason: "stop", or "length" when the reply was cut (a failure for JSON)."""

    text: str
    finish_reason: str = "stop"
    usage: Mapping[str, int] = field(default_factory=dict)


class LanguageModel(Protocol):
    id: str  # model and revision, kept in the provenance

    def chat(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
        """One reply per request, in order; a local engine runs them as one batch.

        Raises ModelUnavailable or ModelBusy when there is no answer.
        """
        ...
