"""Where requests to a model server may go, and that they keep going there."""

import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest

from kbapp.engines.openai_chat import OpenAiChat
from kbapp.engines.openai_server import OpenAiServer
from kbapp.engines.pinned_address import outside_problem, pinned, pinned_within
from kbapp.engines.served import _asked
from kbapp.errors import ModelUnavailable, SettingsError
from tests.engines.stub_server import chat_answer, serving
from tests.engines.test_openai_chat import ASK


def leading_to(*rounds: tuple[str, ...]):
    """A resolver whose answer changes from one question to the next."""
    left = list(rounds)

    def resolve(host, port, **_):
        found = left.pop(0)
        if not found:
            raise socket.gaierror("no such name")
        return [(socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in found]

    return resolve


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.9.9.9", "::1", "10.2.3.4", "172.31.0.9", "192.168.1.1", "100.64.0.1", "fd00::1"]
)
def test_this_machine_and_the_own_network_may_be_asked(address):
    assert outside_problem("model", address, ()) == ""
    assert OpenAiServer(f"http://[{address}]:8000/v1" if ":" in address else f"http://{address}:8000/v1")


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_an_address_beyond_it_needs_to_be_named(address):
    assert "KB_MODEL_OUTSIDE" in outside_problem("model.test", address, ("other.test",))
    assert outside_problem("Model.test", address, ("model.test",)) == ""


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "0.0.0.0", "::", "224.0.0.1", "ff0e::1"]
)
def test_what_is_no_address_of_a_server_is_refused_even_when_it_is_named(address):
    assert "check the address" in outside_problem("model.test", address, ("model.test",))
    with pytest.raises(SettingsError):
        OpenAiServer(f"http://[{address}]/v1" if ":" in address else f"http://{address}/v1")


def test_a_name_is_asked_for_once():
    resolve = leading_to(("10.0.0.5", "10.0.0.6", "10.0.0.5"), ("10.6.6.6",))
    first = pinned("moving.test", 80, (), resolve)
    assert first == ("10.0.0.5", "10.0.0.6") == pinned("moving.test", 80, (), resolve)


def test_a_name_that_leads_nowhere_is_asked_for_again():
    resolve = leading_to((), ("10.0.0.5",))
    with pytest.raises(ModelUnavailable, match="leads nowhere"):
        pinned("late.test", 80, (), resolve)
    assert pinned("late.test", 80, (), resolve) == ("10.0.0.5",)


def test_a_resolver_that_takes_too_long_ends_at_the_deadline_of_the_request_and_its_late_answer_is_kept(monkeypatch):
    go = threading.Event()

    def slow(*given, **more):
        go.wait(30)
        return leading_to(("10.0.0.7",))(*given, **more)

    monkeypatch.setattr("kbapp.engines.openai_server.pinned_within", lambda *given: pinned_within(*given, slow))
    server = OpenAiServer("http://slow.test:8000/v1", deadline_s=0.2)
    with pytest.raises(ModelUnavailable, match="slow.test was not resolved within 0.2 s"):
        OpenAiChat(server, "m").chat([ASK])
    go.set()
    assert pinned_within(10, "slow.test", 8000, (), slow) == ("10.0.0.7",)


def test_the_time_that_a_name_took_is_taken_from_the_requests(monkeypatch):
    with serving(lambda path, body: (time.sleep(0.6), (200, chat_answer("late")))[1]) as stub:
        server = OpenAiServer(f"http://model.invalid:{stub.port}/v1", deadline_s=1.0)

        def slow(server, within_s):
            time.sleep(0.7)
            return ("127.0.0.1",)

        monkeypatch.setattr(OpenAiServer, "addresses", slow)
        with pytest.raises(ModelUnavailable, match="no answer within 1 s"):
            OpenAiChat(server, "m").chat([ASK])


def test_one_address_outside_among_others_is_refused():
    with pytest.raises(ModelUnavailable, match="KB_MODEL_OUTSIDE"):
        pinned("mixed.test", 80, (), leading_to(("10.0.0.5", "8.8.8.8")))


def asked_at(server: OpenAiServer, addresses: tuple[str, ...], monkeypatch) -> str:
    """The reply to ASK from a server whose name leads to these addresses."""
    monkeypatch.setattr(OpenAiServer, "addresses", lambda server, within_s: addresses)
    return OpenAiChat(server, "m").chat([ASK])[0].text


def test_requests_go_to_the_kept_address_under_the_name_of_the_server(monkeypatch):
    with serving(lambda path, body: (200, chat_answer("hi"))) as stub:
        server = OpenAiServer(f"http://model.invalid:{stub.port}/v1", deadline_s=5)  # a name that leads nowhere, today and ever
        assert asked_at(server, ("::1", "127.0.0.1"), monkeypatch) == "hi"  # the first takes no connection
    assert stub.headers[0]["Host"] == f"model.invalid:{stub.port}"


def test_a_server_outside_is_told_of_before_anything_is_sent(monkeypatch):
    server = OpenAiServer("http://model.test:8000/v1")
    resolver = leading_to(("8.8.8.8",))
    monkeypatch.setattr("kbapp.engines.openai_server.pinned_within", lambda *given: pinned_within(*given, resolver))
    with pytest.raises(ModelUnavailable, match="outside this network"):
        OpenAiChat(server, "m").chat([ASK])


def test_the_line_of_status_says_that_a_name_leads_nowhere():
    listing = _asked(OpenAiServer("http://model.invalid:8000/v1"), -1)
    assert listing.unreachable and not listing.models and "leads nowhere" in listing.trouble


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")
@pytest.mark.parametrize(("name", "told"), [("model.invalid", "hi"), ("other.invalid", "")])
def test_the_certificate_is_that_of_the_name_not_of_the_address(tmp_path, monkeypatch, name, told):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=kb",
    ]
    subprocess.run(
        [*made, "-addext", "subjectAltName=DNS:model.invalid", "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with serving(lambda path, body: (200, chat_answer("hi")), tls) as stub:
        server = OpenAiServer(f"https://{name}:{stub.port}/v1", deadline_s=5)
        if told:
            assert asked_at(server, ("127.0.0.1",), monkeypatch) == told
        else:
            with pytest.raises(ModelUnavailable, match="cannot be reached"):
                asked_at(server, ("127.0.0.1",), monkeypatch)
            assert not stub.seen
