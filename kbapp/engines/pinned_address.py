"""Where a model server's name leads: resolved once, then kept, and nowhere but this machine and the own network unless a setting names it.

A name that leads elsewhere the next time it is asked for (a changed record, a hostile resolver) therefore changes nothing.
"""

import socket
from collections.abc import Callable
from concurrent.futures import Future
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Thread

from kbapp.errors import ModelUnavailable

_OWN = tuple(
    ip_network(net)
    for net in ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)


def outside_problem(host: str, address: str, outside: tuple[str, ...]) -> str:
    """Why nothing may be sent to this address; empty when it may. outside: names of hosts beyond the own network that may see studies."""
    found = _plain(address)
    if any(found in net for net in _OWN if net.version == found.version):
        return ""
    if not found.is_global or found.is_multicast:
        return f"the model server {host} is at {found}, which is no address of a model server; check the address."
    if host.lower() in outside:
        return ""
    return f"the model server {host} is at {found}, outside this network; if it may see the studies, name it in KB_MODEL_OUTSIDE."


@lru_cache(maxsize=16)
def pinned(host: str, port: int, outside: tuple[str, ...], resolve: Callable = socket.getaddrinfo) -> tuple[str, ...]:
    """The addresses of the name, in the resolver's order, the same for the life of the process.

    Raises ModelUnavailable when there is none (then it is asked for again the next time) or when one of them may not be used.
    """
    try:
        found = tuple(dict.fromkeys(answer[4][0] for answer in resolve(host, port, type=socket.SOCK_STREAM)))
    except (OSError, UnicodeError):
        raise ModelUnavailable(f"the name of the model server {host} leads nowhere; check the address, or the network.") from None
    for address in found:
        if problem := outside_problem(host, address, outside):
            raise ModelUnavailable(problem)
    return found


def pinned_within(
    seconds: float, host: str, port: int, outside: tuple[str, ...], resolve: Callable = socket.getaddrinfo
) -> tuple[str, ...]:
    """`pinned`, waited for no longer than this: a resolver has a patience of its own, and cannot be interrupted.

    Raises ModelUnavailable as `pinned` does, and when the time is over; what the resolver says later is kept for the next time.
    """
    answer: Future[tuple[str, ...]] = Future()

    def ask() -> None:
        try:
            answer.set_result(pinned(host, port, outside, resolve))
        except Exception as error:  # handed to who waits
            answer.set_exception(error)

    Thread(target=ask, name="resolving", daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError:
        raise ModelUnavailable(
            f"the name of the model server {host} was not resolved within {seconds:g} s; check the address, or the network."
        ) from None


def _plain(address: str) -> IPv4Address | IPv6Address:
    """Without the zone of a link, and an IPv4 address that is dressed as IPv6 as what it is."""
    found = ip_address(address.partition("%")[0])
    return getattr(found, "ipv4_mapped", None) or found
