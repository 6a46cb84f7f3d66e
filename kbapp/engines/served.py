"""Which models an OpenAI-compatible server has and how they are, asked shortly: for a line of status, never for work."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Listing:
    """models: by name, what the server tells. trouble: why it tells nothing, or "". unreachable: nothing can be sent there, no work either;
    other trouble is with the list alone: a server may be slow with it, keep it to itself, or have none."""

    models: Mapping[str, Served] = field(default_factory=dict)
    trouble: str = ""
    unreachable: bool = False

    @property
    def is_whole(self) -> bool:
        """Our own server's, which tells roles: it answers for these names alone. Others have more than one name for a model."""
        return any(one.role for one in self.models.values())


def served(server: OpenAiServer) -> Listing:
    """What the server has. The answer, or the lack of one, is remembered for three seconds."""
    return _asked(server, int(monotonic() / _FRESH_S))


@lru_cache(maxsize=8)
def _asked(server: OpenAiServer, _moment: int) -> Listing:
    import httpx

    try:
        answer = _listed(server)
    except ModelUnavailable as error:
        return Listing(trouble=str(error), unreachable=True)
    except (httpx.ReadTimeout, httpx.WriteTimeout):
        return Listing(trouble=f"the model server {server.place} did not list its models within {WAIT_S:g} s; it may be busy.")
    except (httpx.HTTPError, httpx.InvalidURL):
        trouble = f"the model server {server.place} cannot be reached; start it, or check its address."
        return Listing(trouble=trouble, unreachable=True)
    if answer.status_code in (401, 403):
        return Listing(trouble=f"the model server {server.place} refuses the key; check KB_MODEL_KEY.")
    states = _states(answer)
    return Listing(states, "" if states else str(server.unusable()))


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
