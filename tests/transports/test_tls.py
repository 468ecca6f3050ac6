"""Whom a charge point trusts over TLS: the names that a certificate may have."""

from __future__ import annotations

import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509 import DNSName, IPAddress, RFC822Name, UniformResourceIdentifier
from OpenSSL import SSL
from twisted.internet.interfaces import IHandshakeListener
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import DefaultOpenSSLContextFactory
from twisted.internet.testing import MemoryReactorClock
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from twisted.test.iosim import FakeTransport, connect
from zope.interface import implementer

from ocppfw.transports.connect_faults import explain
from ocppfw.transports.reconnect import endpoint_of
from tests.certificates import Authority

AUTHORITY = Authority()
OTHER, NONE, BAD = "is for another host name", "names no host", "has a bad subjectAltName"
UNKNOWN = "is not signed by an authority that this machine trusts"


@implementer(IHandshakeListener)
class End(Protocol):
    """One end of a connection: whether it is secure, and why it was lost."""

    secure = False
    lost: Failure | None = None

    def handshakeCompleted(self) -> None:
        self.secure = True

    def connectionLost(self, reason: Failure = Failure(Exception())) -> None:  # noqa: B008
        self.lost = reason


def tls_server(pem: Path) -> tuple[Any, End]:
    end = End()
    options = DefaultOpenSSLContextFactory(str(pem), str(pem))
    factory = TLSMemoryBIOFactory(options, False, Factory.forProtocol(lambda: end))
    return factory.buildProtocol(None), end


def shake_hands(url: str, pem: Path) -> tuple[End, End]:
    """Both ends after the handshake of a client for this address with a server."""
    reactor, client = MemoryReactorClock(), End()
    endpoint_of(reactor, url).connect(Factory.forProtocol(lambda: client))
    reactor.advance(0)
    ours: Any = reactor.tcpClients[0][2].buildProtocol(None)
    theirs, server = tls_server(pem)
    pump = connect(theirs, FakeTransport(theirs, True), ours, FakeTransport(ours, False))
    pump.flush()
    return client, server


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY.trust_file(tmp_path)))


NAME = "cs.example"
# Host of the address, names of the certificate, what is said; None where it is good.
CASES: dict[str, tuple[str, list[Any], str | None]] = {
    "its name": (NAME, [DNSName(NAME)], None),
    "one of its names": (NAME, [DNSName("a.example"), DNSName(NAME)], None),
    "in capitals": (NAME.upper(), [DNSName(NAME)], None),
    "all below": ("a.cs.example", [DNSName("*.cs.example")], None),
    "its address": ("127.0.0.1", [IPAddress(ip_address("127.0.0.1"))], None),
    "its address of version 6": ("[::1]", [IPAddress(ip_address("::1"))], None),
    "an international name": (
        "lades\u00e4ule.example",
        [DNSName("xn--ladesule-4za.example")],
        None,
    ),
    "a name beside an e-mail one": (NAME, [RFC822Name("a@b.example"), DNSName(NAME)], None),
    "another name": (NAME, [DNSName("a.example")], OTHER),
    "two levels below": ("a.b.cs.example", [DNSName("*.cs.example")], OTHER),
    "the name above": ("cs.example", [DNSName("*.cs.example")], OTHER),
    "another address": ("127.0.0.1", [IPAddress(ip_address("127.0.0.2"))], OTHER),
    "a name for an address": ("127.0.0.1", [DNSName(NAME)], OTHER),
    "an address for a name": (NAME, [IPAddress(ip_address("127.0.0.1"))], OTHER),
    "no names": (NAME, [], NONE),
    "an e-mail name": (NAME, [RFC822Name(f"a@{NAME}")], NONE),
    "a name for everybody": (NAME, [DNSName("*")], BAD),
    "a name for a whole domain": (NAME, [DNSName("*.example")], BAD),
    "a star further right": (NAME, [DNSName("cs.*.example")], BAD),
    "two stars": ("a.b.example", [DNSName("*.*.example")], BAD),
    "an odd name beside it": (NAME, [DNSName(NAME), DNSName("*")], BAD),
    "an odd address": (NAME, [UniformResourceIdentifier("x")], BAD),
}


@pytest.mark.parametrize("scheme", ["wss", "https"])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("trusted")
def test_names_of_a_certificate(tmp_path: Path, case: str, scheme: str) -> None:
    host, names, fault = CASES[case]
    url = f"{scheme}://{host}:9000/"
    client, server = shake_hands(url, AUTHORITY.issue(tmp_path, names, common_name=NAME))
    assert client.secure is server.secure is (fault is None)
    if fault is None:
        assert client.lost is server.lost is None
    else:
        assert client.lost is not None
        assert fault in explain(client.lost, url)


@pytest.mark.usefixtures("trusted")
def test_the_other_side_is_told_by_an_alert(tmp_path: Path) -> None:
    _, server = shake_hands(f"wss://{NAME}/", AUTHORITY.issue(tmp_path, []))
    assert server.lost is not None
    assert server.lost.check(SSL.Error)
    assert "alert" in str(server.lost.value)


def test_an_unknown_authority(tmp_path: Path) -> None:
    client, server = shake_hands(f"wss://{NAME}/", AUTHORITY.issue(tmp_path, [DNSName(NAME)]))
    assert client.lost is not None
    text = explain(client.lost, f"wss://{NAME}/")
    assert UNKNOWN in text
    assert "SSL_CERT_FILE" in text
    assert not server.secure


@pytest.mark.usefixtures("trusted")
def test_a_certificate_that_has_expired(tmp_path: Path) -> None:
    past = datetime.datetime(2021, 1, 1, tzinfo=datetime.UTC)
    pem = AUTHORITY.issue(tmp_path, [DNSName(NAME)], expires=past)
    client, _ = shake_hands(f"wss://{NAME}/", pem)
    assert client.lost is not None
    assert f"TLS: the certificate of {NAME} has expired" in explain(client.lost, f"wss://{NAME}/")
