"""One OpenAI-compatible server: its address, its deadline, and what its failures mean in our words.

The address is a deploy-time setting, never taken from a page; its name is resolved once, and leads to the own network unless a setting
says otherwise (`kbapp.engines.pinned_address`). No redirect is followed, no request is repeated behind our back, and a
deadline bounds the whole answer, however slowly it trickles. Messages never hold the server's own text: it may quote the request.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from kbapp.engines.pinned_address import outside_problem, pinned_within
from kbapp.errors import EngineError, ModelBusy, ModelUnavailable, SettingsError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

Q = TypeVar("Q")
A = TypeVar("A")


@dataclass(frozen=True)
class OpenAiServer:
    """base_url: up to and with the version, "http://127.0.0.1:8600/v1". deadline_s: for one request, from its start to its last byte.

    concurrency: how many requests are on their way at once; a server that batches needs them together. outside: names of hosts beyond
    the own network that may be asked.
    """

    base_url: str
    api_key: str = field(default="", repr=False)
    deadline_s: float = 300.0
    concurrency: int = 16
    outside: tuple[str, ...] = ()

    def __post_init__(self):
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
            raise SettingsError(f'expected a model server address such as http://127.0.0.1:8600/v1, got "{self.base_url[:200]}"')
        if problem := _literal_problem(parts.hostname, self.outside):
            raise SettingsError(problem)
        if not (self.deadline_s > 0 and self.concurrency > 0):
            raise SettingsError("expected a deadline and a number of requests above zero for the model server")

    @property
    def place(self) -> str:
        """Host and port, for messages and the provenance."""
        return urlsplit(self.base_url).netloc

    def addresses(self, within_s: float) -> tuple[str, ...]:
        """Where the name leads, resolved once. Raises ModelUnavailable, also when that takes longer."""
        parts = urlsplit(self.base_url)
        return pinned_within(within_s, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), self.outside)

    def run(self, items: Sequence[Q], one: Callable[["AsyncOpenAI", Q], Awaitable[A]]) -> list[A]:
        """`one(client, item)` for every item, in order, a few at a time; the first failure cancels the others.

        Call it from a worker thread. Raises ModelUnavailable, ModelBusy, and what `one` raises of our own.
        """
        if not items:
            return []
        ends = time.monotonic() + self.deadline_s
        addresses = self.addresses(self.deadline_s)
        return asyncio.run(self._run(items, one, addresses, ends - time.monotonic()))

    async def _run(
        self, items: Sequence[Q], one: Callable[["AsyncOpenAI", Q], Awaitable[A]], addresses: tuple[str, ...], left_s: float
    ) -> list[A]:
        """left_s: of the deadline, for each request from its start."""
        import httpx
        from openai import AsyncOpenAI

        from kbapp.engines.pinned_transport import PinnedTransport

        room = asyncio.Semaphore(self.concurrency)
        http = httpx.AsyncClient(follow_redirects=False, timeout=self.deadline_s, transport=PinnedTransport(addresses))
        async with AsyncOpenAI(base_url=self.base_url, api_key=self.api_key or "none", max_retries=0, http_client=http) as client:

            async def bounded(item: Q) -> A:
                async with room:
                    with self._in_our_words():
                        async with asyncio.timeout(left_s):
                            return await one(client, item)

            return await asyncio.gather(*(bounded(item) for item in items))

    @contextmanager
    def _in_our_words(self):
        """The client's exceptions as ours. A full server (429, 503) is busy; anything else it says means it cannot be used."""
        import openai

        try:
            yield
        except (TimeoutError, openai.APITimeoutError):
            raise ModelUnavailable(
                f"the model server {self.place} gave no answer within {self.deadline_s:g} s; try again later."
            ) from None
        except openai.APIStatusError as error:
            raise self._refusal(error.status_code) from None
        except openai.APIConnectionError:
            raise ModelUnavailable(f"the model server {self.place} cannot be reached; start it, or check its address.") from None
        except (openai.APIError, json.JSONDecodeError, UnicodeDecodeError):
            raise self.unusable() from None

    def _refusal(self, status: int) -> EngineError:
        if status in (429, 503):
            return ModelBusy(f"the model server {self.place} has no room now; try again in a moment.")
        if status in (401, 403):
            return ModelUnavailable(f"the model server {self.place} refuses the key; check KB_MODEL_KEY.")
        if status == 404:
            return ModelUnavailable(
                f"the model server {self.place} does not know this model or route; check the model's name and the address."
            )
        return ModelUnavailable(f"the model server {self.place} refused the request (status {status}).")

    def unusable(self) -> ModelUnavailable:
        """What to raise for a 200 that is no answer of the protocol."""
        return ModelUnavailable(f"what answers at {self.place} does not speak the OpenAI protocol; check the address.")


def _literal_problem(host: str, outside: tuple[str, ...]) -> str:
    """Of an address written as numbers: nothing has to be resolved to say that it may not be used."""
    try:
        return outside_problem(host, host, outside)
    except ValueError:
        return ""
