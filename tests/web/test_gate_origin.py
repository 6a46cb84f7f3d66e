"""Hosts and cross-site requests (threats B16, B17, B18)."""

import pytest

from kbapp.web.gate_origin import Site, check_cross_site, check_host
from kbapp.web.gate_routes import Kind
from kbapp.web.refusal import Refusal

SITE = Site("127.0.0.1", 7860)
FOREIGN = ["http://evil.example", "http://127.0.0.1:7861", "http://localhost:7860", "https://127.0.0.1:7860", "null", ""]


@pytest.mark.parametrize(
    ("host", "at_home"), [("127.0.0.1:7860", True), ("localhost:7860", False), ("LOCALHOST:7860", False), ("[::1]:7860", False)]
)
def test_only_names_of_this_machine_are_known(host, at_home):
    assert check_host(SITE, [host]) is at_home


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        ["evil.example"],
        ["127.0.0.1"],
        ["127.0.0.1:80"],
        ["127.0.0.1.evil.example:7860"],
        ["127.0.0.1:7860", "evil.example"],
        ["127.0.0.1:7860@evil"],
    ],
)
def test_any_other_host_is_refused(hosts):
    with pytest.raises(Refusal) as caught:
        check_host(SITE, hosts)
    assert caught.value.status == 400


def test_an_ipv6_site_is_written_with_brackets():
    assert Site("::1", 7860).origin == "http://[::1]:7860" and check_host(Site("::1", 7860), ["[::1]:7860"])


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_our_own_page_and_no_page_at_all_are_welcome(method):
    for headers in (
        {"sec-fetch-site": "same-origin", "origin": SITE.origin},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"origin": SITE.origin},
        {},
    ):
        check_cross_site(SITE, method, Kind.JOIN, headers)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "made-up", ""])
@pytest.mark.parametrize("kind", list(Kind))
def test_an_unsafe_request_of_another_site_is_refused_whatever_else_it_says(site, kind):
    for extra in ({}, {"origin": SITE.origin}, {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}):
        with pytest.raises(Refusal):
            check_cross_site(SITE, "POST", kind, {"sec-fetch-site": site, **extra})


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_origin_is_refused_when_the_browser_says_no_more(origin):
    for method in ("GET", "POST"):
        with pytest.raises(Refusal):
            check_cross_site(SITE, method, Kind.PAGE, {"origin": origin})


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_origin_is_refused_even_with_a_friendly_fetch_site(origin):
    with pytest.raises(Refusal):
        check_cross_site(SITE, "POST", Kind.JOIN, {"sec-fetch-site": "same-origin", "origin": origin})


def test_a_link_from_elsewhere_opens_a_page_and_nothing_else():
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    check_cross_site(SITE, "GET", Kind.PAGE, link)
    check_cross_site(SITE, "GET", Kind.LOGIN, link)  # it was sent on to the login page
    for kind in set(Kind) - {Kind.PAGE, Kind.LOGIN}:
        with pytest.raises(Refusal):
            check_cross_site(SITE, "GET", kind, link)
    for frame in ("iframe", "embed", "object", "image"):
        with pytest.raises(Refusal):
            check_cross_site(SITE, "GET", Kind.PAGE, {**link, "sec-fetch-dest": frame})
    with pytest.raises(Refusal):
        check_cross_site(SITE, "GET", Kind.PAGE, {**link, "sec-fetch-mode": "cors"})
