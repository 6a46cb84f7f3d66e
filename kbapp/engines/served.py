"""Which models an OpenAI-compatible server has and how they are, asked shortly: for a line of status, never for work."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from types import MappingProxyType
from typing import Any

from kbapp.engines.openai_server import OpenAiServer
from kbapp.errors import ModelUnavailable

WAIT_S = 1.0
_FRESH_S = 3.0  # every page of the workbench asks; a server that hangs costs one of them a second, not all
READY = "ready"


@dataclass(frozen=True)
class Served:
    """state: "ready", or what our own server says ("loading", "failed"). role: "chat", "images", "embeddings" or "scores". Other servers
    tell names alone: they count as ready, and the role is empty. context: tokens that a chat model reads and writes in one request;
    waiting: requests in its queue; both None where the server does not tell."""

    state: str
    role: str = ""
    context: int | None = None
    waiting: int | None = None


def served(server: OpenAiServer) -> Mapping[str, Served]:
    """By model, what the server tells of it.

    An answer, or the lack of one, is remembered for three seconds. Raises ModelUnavailable saying what is the matter.
    """
    states, trouble = _asked(server, int(monotonic() / _FRESH_S))
    if trouble:
        raise ModelUnavailable(trouble)
    return states


@lru_cache(maxsize=8)
def _asked(server: OpenAiServer, _moment: int) -> tuple[Mapping[str, Served], str]:
    """(states, trouble): failures are remembered as well."""
    import httpx

    try:
        answer = _listed(server)
    except ModelUnavailable as error:
        return MappingProxyType({}), str(error)
    except (httpx.HTTPError, httpx.InvalidURL):
        return MappingProxyType({}), f"the model server {server.place} cannot be reached; start it, or check its address."
    if answer.status_code in (401, 403):
        return MappingProxyType({}), f"the model server {server.place} refuses the key; check KB_MODEL_KEY."
    states = _states(answer)
    return states, "" if states else str(server.unusable())


def _listed(server: OpenAiServer):
    import httpx

    from kbapp.engines.pinned_transport import PinnedCall

    key = {"authorization": f"Bearer {server.api_key}"} if server.api_key else {}
    with httpx.Client(timeout=WAIT_S, follow_redirects=False, transport=PinnedCall(server.addresses(WAIT_S))) as client:
        return client.get(f"{server.base_url.rstrip('/')}/models", headers=key)


def _states(answer) -> Mapping[str, Served]:
    try:
        listed: Any = answer.json()["data"]
        found = {str(one["id"]): _told(one) for one in listed}
    except (ValueError, KeyError, TypeError, AttributeError):
        found = {}
    return MappingProxyType(found)


def _told(one: Mapping[str, Any]) -> Served:
    """max_model_len is vLLM's name for the context length."""
    state, role = str(one.get("state") or READY), str(one.get("role") or "")
    return Served(state, role, _count(one.get("max_model_len")), _count(one.get("waiting")))


def _count(told: Any) -> int | None:
    return told if type(told) is int and 0 <= told < 2**53 else None
