"""Host and cross-site rules: pure decisions on headers.

A page of another site can make a browser send requests here with our cookies, and a hostile name can be pointed at 127.0.0.1.
Browsers say where a request comes from in Sec-Fetch-Site, older ones in Origin; the host they asked for stands in Host.
"""

from dataclasses import dataclass

from kbapp.web.gate_routes import Kind
from kbapp.web.refusal import Refusal

_SAFE = ("GET", "HEAD")
_OWN_SITES = ("same-origin", "none")  # none: typed, a bookmark, or no browser page at all


@dataclass(frozen=True)
class Site:
    """The one address of the workbench, e.g. Site("127.0.0.1", 7860), and the other names of this machine."""

    host: str
    port: int

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.authority}"

    @property
    def aliases(self) -> frozenset[str]:
        return frozenset(f"{name}:{self.port}" for name in ("localhost", "127.0.0.1", "[::1]")) - {self.authority}


def check_host(site: Site, hosts: list[str]) -> bool:
    """True for our own name, False for an alias of this machine (to be redirected). Raises Refusal 400 for any other."""
    if len(hosts) == 1 and hosts[0].lower() == site.authority:
        return True
    if len(hosts) == 1 and hosts[0].lower() in site.aliases:
        return False
    raise Refusal(400, "host", f"This is not an address of the workbench: open {site.origin}.")


def check_cross_site(site: Site, method: str, kind: Kind, headers: dict[str, str]) -> None:
    """Raises Refusal 403 unless the request comes from our own page, from no page, or follows a link to one of our pages."""
    fetch_site = headers.get("sec-fetch-site")
    if fetch_site is None:
        if headers.get("origin", site.origin) != site.origin:
            raise _cross_site()
        return
    if fetch_site in _OWN_SITES:
        if method not in _SAFE and headers.get("origin", site.origin) != site.origin:
            raise _cross_site()
        return
    followed_link = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    if not (method in _SAFE and kind in (Kind.PAGE, Kind.LOGIN) and followed_link):
        raise _cross_site()


def _cross_site() -> Refusal:
    return Refusal(403, "cross_site", "Requests from other sites are not taken.")
