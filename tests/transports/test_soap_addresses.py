"""Which address a SOAP charge point has."""

import pytest
from twisted.internet.address import IPv4Address, IPv6Address

from ocppfw.records import MemoryStore
from ocppfw.settings import Settings
from ocppfw.transports.soap_addresses import SoapAddresses
from tests.core.fakes import value_of

HOST = "192.0.2.7"
HERE = f"http://{HOST}:8080/"


class Resolver:
    """Knows some names; what is asked has its answer only when a test says so, or at once."""

    def __init__(self):
        self.known = {"cp.example": [HOST], "many.example": ["192.0.2.1", HOST], "v6.example": []}
        self.asked = []
        self.waiting = None

    @property
    def nameResolver(self):
        return self

    def resolveHostName(self, receiver, name):
        self.asked.append(name)
        receiver.resolutionBegan(self)
        for host in self.known.get(name, ()):
            kind = IPv6Address if ":" in host else IPv4Address
            receiver.addressResolved(kind("TCP", host, 0))
        if self.waiting is None:
            receiver.resolutionComplete()
        else:
            self.waiting.append(receiver)


@pytest.fixture
def resolver():
    return Resolver()


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def addresses(resolver, store):
    """Makes addresses with some settings."""

    def made(**given):
        named = {name.replace("_", "-"): value for name, value in given.items()}
        return SoapAddresses(Settings.build({"role": "cs"}, named), store, resolver)

    return made


def learn(addresses, address, host=HOST, identity="CP1"):
    """What is known once a request with this From has come from a host."""
    learning = addresses.learn(identity, address, host)
    if learning is not None:
        value_of(learning)
    return addresses.find(identity)


@pytest.mark.parametrize(
    ("address", "host", "same_host"),
    [
        (HERE, HOST, True),
        (f"https://{HOST}/", HOST, True),
        (f"HTTP://{HOST}/a/b", HOST, True),
        ("http://cp.example/", HOST, True),
        ("http://CP.example:99/x", HOST, True),
        ("http://many.example/", HOST, True),
        ("http://v6.example/", HOST, False),
        ("http://192.0.2.8/", HOST, False),
        ("http://other.example/", HOST, False),
        ("http://[2001:db8::1]/", "2001:db8::1", True),
        ("http://[2001:DB8:0::1]:80/", "2001:db8::1", True),
        ("http://[::ffff:192.0.2.7]/", HOST, True),
        (HERE, f"::ffff:{HOST}", True),
        ("http://[2001:db8::2]/", "2001:db8::1", False),
        ("http://[::1]/", "127.0.0.1", False),
    ],
)
def test_rules(addresses, address, host, same_host):
    assert learn(addresses(), address, host) == (address if same_host else None)
    assert learn(addresses(soap_learn_address="any"), address, host) == address


def test_never(addresses, resolver):
    assert learn(addresses(soap_learn_address="never"), HERE) is None
    assert learn(addresses(soap_learn_address="never"), "http://cp.example/") is None
    assert resolver.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "x",
        "ftp://192.0.2.7/",
        "file:///etc/passwd",
        "//192.0.2.7/",
        "http:///x",
        "http://192.0.2.7:0/",
        "http://192.0.2.7:65536/",
        "http://me:secret@192.0.2.7/",
        "http://192.0.2.7/?q",
        "http://192.0.2.7/#f",
        "http://192.0.2.7/a b",
        "http://192.0.2.7/a\nb",
        "http://192.0.2.7\t/",
        "\x1bhttp://192.0.2.7/",
        "http://[::1/",
    ],
)
@pytest.mark.parametrize("rule", ["same-host", "any"])
def test_what_is_no_address(addresses, resolver, logged, address, rule):
    assert learn(addresses(soap_learn_address=rule), address) is None
    (line,) = logged.lines("warn")
    assert line.endswith("is not taken: it is no http or https address")
    assert line.isprintable()
    assert resolver.asked == []


def test_no_address_is_no_fault(addresses, logged):
    assert learn(addresses(), None) is None
    assert not logged.lines("warn")


def test_the_last_one_counts_and_a_refused_one_changes_nothing(addresses, logged):
    known = addresses()
    assert learn(known, HERE) == HERE
    assert learn(known, HERE + "new") == HERE + "new"
    for _ in range(3):
        assert learn(known, "http://192.0.2.8/") == HERE + "new"
    assert len(logged.lines("warn")) == 1
    assert learn(known, None) == HERE + "new"
    assert known.find("CP2") is None


def test_known_address_is_not_looked_up_again(addresses, resolver):
    known = addresses()
    for _ in range(3):
        learn(known, "http://cp.example/")
    for _ in range(3):
        learn(known, "http://other.example/", identity="CP2")
    assert resolver.asked == ["cp.example", "other.example"]


def test_name_is_waited_for(addresses, resolver):
    resolver.waiting = []
    known = addresses()
    learning = known.learn("CP1", "http://cp.example/", HOST)
    assert learning is not None
    assert not learning.called
    assert known.find("CP1") is None
    resolver.waiting.pop().resolutionComplete()
    assert learning.called
    assert known.find("CP1") == "http://cp.example/"


def test_settings_win(addresses):
    known = addresses(soap_address=["CP1=http://a/", "http://b/{id}/x"])
    assert learn(known, HERE) == "http://a/"
    assert known.find("CP2") == "http://b/CP2/x"
    assert known.find("a/b ö?&") == "http://b/a%2Fb%20%C3%B6%3F%26/x"
    assert addresses(soap_address="CP1=http://a/").find("CP2") is None


def test_restart(addresses):
    learn(addresses(), HERE)
    assert addresses().find("CP1") == HERE


def test_no_more_than_there_may_be_peers(addresses):
    known = addresses(max_soap_peers=2)
    for identity in ("A", "B", "C"):
        learn(known, HERE, identity=identity)
    assert [known.find(identity) for identity in "ABC"] == [None, HERE, HERE]
    learn(known, HERE + "2", identity="B")  # now the latest
    learn(known, HERE, identity="D")
    assert [known.find(identity) for identity in "BCD"] == [HERE + "2", None, HERE]
    assert [addresses(max_soap_peers=2).find(identity) for identity in "ABCD"] == [
        None,
        HERE + "2",
        None,
        HERE,
    ]
