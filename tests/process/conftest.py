"""What the tests of whole processes share."""

import contextlib
import ssl

import pytest
import trustme

from tests.process.faketime import WallClock, find_library
from tests.process.server import Server
from tests.process.twistd import central_system
from tests.process.wire import knock, open_wire


@pytest.fixture(scope="module")
def central(tmp_path_factory):
    """A central system with its shipped behaviours, for the tests of one module."""
    with central_system(tmp_path_factory.mktemp("central"), "--trace", "off") as process:
        yield process


@pytest.fixture
def wires():
    """Makes connections, and ends them after the test."""
    with contextlib.ExitStack() as stack:

        def opened(port, source="127.0.0.1"):
            wire = open_wire(port, source)
            stack.callback(wire.socket.close)
            return wire

        yield opened


@pytest.fixture
def connect(wires):
    """Connects a charge point: ``connect(port, "CP1", "ocpp1.6")``."""

    def connected(port, identity="CP1", subprotocol="ocpp1.6", **further):
        wire = wires(port)
        head = knock(wire, f"/{identity}", subprotocol, **further)
        assert head.status == 101, head
        assert head.headers["sec-websocket-protocol"] == subprotocol
        return wire

    return connected


@pytest.fixture
def server():
    """A server to which our charge points connect."""
    with Server() as listening:
        yield listening


@pytest.fixture(scope="session")
def authority():
    """A certificate authority that nobody trusts by himself."""
    return trustme.CA()


@pytest.fixture
def tls_server(authority):
    """Makes a TLS server whose certificate is for the given host."""
    with contextlib.ExitStack() as stack:

        def started(host):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(host).configure_cert(context)
            return stack.enter_context(Server(context))

        yield started


@pytest.fixture
def wall_clock(tmp_path):
    """A wall clock that can be set while a process runs."""
    library = find_library()
    if library is None:
        pytest.skip("libfaketime is not installed (Debian package: faketime)")
    return WallClock(tmp_path, library)
