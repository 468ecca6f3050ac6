"""Which address a SOAP charge point has."""

from types import SimpleNamespace

import pytest
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.task import Clock

from ocppfw.settings import Settings
from ocppfw.store import MemoryStore
from ocppfw.transports.soap.addresses import SoapAddresses
from tests.deferreds import value_of

HOST = "192.0.2.7"
HERE = f"http://{HOST}:8080/"
HTTP_HERE = f"http://{HOST}/"


class Resolver(Clock):
    """Knows some names; what is asked has its answer only when a test says so, or at once."""

    def __init__(self):
        super().__init__()
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
    return MemoryStore(Clock())


@pytest.fixture
def addresses(resolver, store):
    """Makes addresses with some settings."""

    def made(**given):
        named = {name.replace("_", "-"): value for name, value in given.items()}
        settings = Settings.build({"role": "cs"}, named)
        return SoapAddresses(SimpleNamespace(settings=settings, store=store), resolver)

    return made


# A name is taken as the IP address that it stood for when it was looked at.
PINNED = {
    "http://cp.example/": f"http://{HOST}/",
    "http://CP.example:99/x": f"http://{HOST}:99/x",
    "http://many.example/": f"http://{HOST}/",
}


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
        ("https://cp.example/x", HOST, True),  # the certificate says who is there
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
    taken = PINNED.get(address, address)
    assert learn(addresses(), address, host) == (taken if same_host else None)
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
        "http://192.0.2.7:/",
        "http://xn--a/",
        "http://a;b/",
        "http://*/",
        "http://-a-/",
        "http://me@/",
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
    assert line.endswith("is not taken: it is not an http or https address")
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
    assert known.find("CP1") == HTTP_HERE


def test_name_that_changes_later_changes_nothing(addresses, resolver, store):
    """DNS rebinding: whoever owns a name may let it stand for a host that we alone can reach."""
    known = addresses()
    assert learn(known, "http://cp.example/") == HTTP_HERE
    resolver.known["cp.example"] = ["127.0.0.1"]
    assert learn(known, "http://cp.example/") == HTTP_HERE
    assert learn(addresses(), "http://cp.example/") == HTTP_HERE
    store.put("soap_addresses", "CP2", "http://cp.example/")
    store.put("soap_addresses", "CP3", "https://cp.example/")
    assert addresses().find("CP2") is None
    assert addresses().find("CP3") == "https://cp.example/"
    assert addresses(soap_learn_address="any").find("CP2") == "http://cp.example/"


def test_name_is_looked_up_again_for_another_host(addresses, resolver):
    known = addresses()
    assert learn(known, "http://cp.example/") == HTTP_HERE
    resolver.known["cp.example"] = ["192.0.2.9"]
    assert learn(known, "http://cp.example/", "192.0.2.9") == "http://192.0.2.9/"
    resolver.known["cp.example"] = ["::ffff:192.0.2.7"]
    assert learn(known, "http://cp.example/", "::ffff:192.0.2.7") == HTTP_HERE


def test_lookup_that_takes_too_long(addresses, resolver, logged):
    resolver.waiting = []
    known = addresses(handshake_timeout=3)
    learning = known.learn("CP1", "http://cp.example/", HOST)
    resolver.advance(3)
    value_of(learning)
    assert known.find("CP1") is None
    resolver.waiting.pop().resolutionComplete()
    assert known.find("CP1") is None
    resolver.waiting = None
    assert learn(known, "http://cp.example/") == HTTP_HERE
    assert not logged.lines("warn", "error", "critical")


def test_few_lookups_at_once(addresses, resolver):
    resolver.waiting = []
    known = addresses(handshake_timeout=3)
    for number in range(4):
        assert known.learn(f"CP{number}", "http://cp.example/", HOST) is not None
    assert known.learn("CP5", "http://cp.example/", HOST) is None
    resolver.advance(3)  # nobody waits any more, but the threads still do
    assert known.learn("CP5", "http://cp.example/", HOST) is None
    assert len(resolver.asked) == 4
    resolver.waiting.pop().resolutionComplete()
    learning = known.learn("CP5", "http://cp.example/", HOST)
    resolver.waiting.pop().resolutionComplete()
    value_of(learning)
    assert known.find("CP5") == HTTP_HERE


@pytest.mark.parametrize("rule", ["same-host", "any"])
def test_very_long_address(addresses, store, logged, rule):
    known = addresses(soap_learn_address=rule)
    longest = HERE + "x" * (2048 - len(HERE))
    assert learn(known, longest) == longest
    for more in (1, 2, 1_000_000):
        assert learn(known, longest + "x" * more) == longest
    (line,) = logged.lines("warn")
    assert line.endswith("the address in From is not taken: it has more than 2048 characters")
    assert max(len(value) for _, value in store.scan("soap_addresses")) == 2048


def test_long_address_is_not_shown_whole(addresses, logged):
    learn(addresses(), "ftp://" + "x" * 2000)
    (line,) = logged.lines("warn")
    assert "ftp://" + "x" * 194 + " is not taken" in line


@pytest.mark.parametrize("extra", ["me:secret@", "me@", "?secret", "/#secret", "/a?secret#b"])
def test_more_than_an_address(addresses, logged, extra):
    user = extra.endswith("@")
    address = f"http://{extra}{HOST}/" if user else f"http://{HOST}{extra}"
    assert learn(addresses(), address) is None
    (line,) = logged.lines("warn")
    assert line.endswith("is not taken: it must have nothing but host, port and path")
    assert not user or f"the address http://***@{HOST}/ is" in line


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


def test_the_first_one_learned_goes_first_after_a_restart_too(addresses):
    before = addresses(max_soap_peers=3)
    for identity in ("A", "C", "B", "A"):
        learn(before, HERE + identity, identity=identity)
        learn(before, HERE, identity=identity)
    after = addresses(max_soap_peers=3)
    learn(after, HERE, identity="D")
    assert [after.find(identity) for identity in "ABCD"] == [HERE, HERE, None, HERE]
