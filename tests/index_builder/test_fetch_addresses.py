"""Nobody outside can make the builder fetch from inside: every way in is tried against real sockets."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess

import pytest

from index_builder import addresses
from index_builder.addresses import is_public
from index_builder.fetch import Fetcher, FetchError
from tests.index_builder.moody_server import serving

INSIDE = """127.0.0.1 127.8.8.8 0.0.0.0 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 192.0.2.1 198.18.0.1
224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: fe80::1 fe80::1%eth0 fc00::1 fd12::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
2002:7f00:1:: 2002:a00:1:: 64:ff9b::a00:1 64:ff9b::7f00:1 2001:db8::1""".split()
OUTSIDE = "8.8.8.8 1.1.1.1 172.32.0.1 192.169.0.1 2606:4700::1111 ::ffff:8.8.8.8 2002:808:808:: 64:ff9b::808:808".split()


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_outside(address):
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "LOCALHOST"])
def test_no_spelling_of_this_machine_gets_a_connection(host):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.1)
        with pytest.raises(FetchError, match="private address"):
            Fetcher(sleep=lambda _: None).fetch(f"http://{host}:{listener.getsockname()[1]}/a.jpg")
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "https://192.168.0.1/", "http://[fe80::1]/"]
)
def test_private_addresses_are_refused_at_once_and_with_what_to_do(url):
    with pytest.raises(FetchError, match="private address; --allow-private"):
        Fetcher(sleep=lambda _: pytest.fail("tried again")).fetch(url)


@pytest.fixture
def outside(monkeypatch):
    """127.0.0.1 counts as the open internet, 127.0.0.2 stays inside."""
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1")


@pytest.fixture
def names(monkeypatch):
    """Names of this test -> addresses; a list gives one answer after the other. Also tells how often a name was looked up."""
    table: dict[str, list[str]] = {}
    asked: list[str] = []
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **more):
        if host in table:
            asked.append(host)
            answer = table[host].pop(0) if len(table[host]) > 1 else table[host][0]
            return [info for address in answer.split() for info in real(address, port, *args, **more)]
        return real(host, port, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    table["asked"] = asked
    return table


def test_a_redirect_does_not_lead_inside(outside):
    with serving("127.0.0.1") as public, serving("127.0.0.2") as private:
        with pytest.raises(FetchError, match="127.0.0.2 is a private address"):
            Fetcher().fetch(f"{public.url}/to/{private.url}/secret")
        assert len(public.asked) == 1 and not private.asked
        assert Fetcher(allow_private=True).fetch(f"{public.url}/to/{private.url}/secret") == b"picture"


def test_a_name_that_changes_its_mind_is_looked_up_once_per_connection(outside, names):
    with serving("127.0.0.1") as public:
        names["rebind.test"] = ["127.0.0.1", "127.0.0.2"]
        url = f"http://rebind.test:{public.server_port}/fine"
        assert Fetcher().fetch(url) == b"picture"
        assert names["asked"] == ["rebind.test"]
        assert public.asked[0][1]["Host"] == f"rebind.test:{public.server_port}"
        with pytest.raises(FetchError, match="rebind.test is a private address"):
            Fetcher().fetch(url)  # the name now means 127.0.0.2


def test_of_several_addresses_only_public_ones_are_used_and_each_is_tried(monkeypatch, names):
    monkeypatch.setattr(addresses, "is_public", lambda address: address in ("127.0.0.1", "127.0.0.3"))
    with serving("127.0.0.1") as public:
        names["many.test"] = ["127.0.0.2 127.0.0.3 127.0.0.1"]  # inside; outside, nobody there; outside
        assert Fetcher().fetch(f"http://many.test:{public.server_port}/fine") == b"picture"


def test_the_address_really_connected_to_is_checked_too(outside, monkeypatch):
    monkeypatch.setattr(addresses.WebAdapter, "addresses", lambda self, host, port: ["127.0.0.2"])
    with serving("127.0.0.2") as private:
        with pytest.raises(FetchError, match="private address"):
            Fetcher().fetch(f"http://fine.test:{private.server_port}/fine")
        assert not private.asked


def test_an_unknown_name_is_no_connection(outside):
    with pytest.raises(FetchError, match="no connection"):
        Fetcher(sleep=lambda _: None).fetch("http://no-such-name.invalid/a.jpg")


def test_a_proxy_is_used_only_where_private_addresses_are_allowed(outside, monkeypatch):
    with serving("127.0.0.1") as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(FetchError, match="a proxy is used only with --allow-private"):
            Fetcher(sleep=lambda _: None).fetch("http://shop.invalid/a.jpg")
        assert not proxy.asked
        assert Fetcher(allow_private=True).fetch("http://shop.invalid/a.jpg") == b"picture"
        assert proxy.asked[0][0] == "http://shop.invalid/a.jpg"


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make a certificate")
def test_certificates_are_checked_against_the_name_not_the_address(outside, names, tmp_path, monkeypatch):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
         "-subj", "/CN=shop.test", "-addext", "subjectAltName=DNS:shop.test"], check=True, capture_output=True,
    )  # fmt: skip
    names |= {"shop.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]}
    with serving("127.0.0.1") as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        fetcher = Fetcher(sleep=lambda _: None, tries=2)
        assert fetcher.fetch(f"https://shop.test:{server.server_port}/fine") == b"picture"
        with pytest.raises(FetchError, match="certificate"):
            fetcher.fetch(f"https://other.test:{server.server_port}/fine")
        with pytest.raises(FetchError, match="too slow"):
            Fetcher(timeout_s=0.8).fetch(f"https://shop.test:{server.server_port}/drip")
