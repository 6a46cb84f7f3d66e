"""Requests that go to given addresses, whatever their name would lead to now; certificates are still checked against the name."""

from collections.abc import Sequence

import httpx


class PinnedTransport(httpx.AsyncBaseTransport):
    """addresses: tried in order until one takes the connection."""

    def __init__(self, addresses: Sequence[str]):
        self._addresses, self._plain = tuple(addresses), httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for address in self._addresses[:-1]:
            try:
                return await self._plain.handle_async_request(_sent_to(address, request))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._plain.handle_async_request(_sent_to(self._addresses[-1], request))

    async def aclose(self) -> None:
        await self._plain.aclose()


class PinnedCall(httpx.BaseTransport):
    """The same for a caller that waits."""

    def __init__(self, addresses: Sequence[str]):
        self._addresses, self._plain = tuple(addresses), httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for address in self._addresses[:-1]:
            try:
                return self._plain.handle_request(_sent_to(address, request))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return self._plain.handle_request(_sent_to(self._addresses[-1], request))

    def close(self) -> None:
        self._plain.close()


def _sent_to(address: str, request: httpx.Request) -> httpx.Request:
    """The Host header was set from the name already, and stays."""
    name = {"sni_hostname": request.url.host} if request.url.scheme == "https" else {}
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, **name},
    )
