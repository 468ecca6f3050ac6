"""The walk in docs/architecture.md goes the way that a message really goes."""

import re
import sys
from itertools import count
from pathlib import Path

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.testing import MemoryReactorClock, StringTransport

from ocppfw.hooks.files import Discovery
from ocppfw.hooks.manager import PluginManager
from ocppfw.settings import Settings
from ocppfw.stations.central_system import CentralSystem
from ocppfw.store import MemoryStores
from ocppfw.transports.buffers import Buffers
from ocppfw.transports.http.site import CentralSystemSite
from tests.docs.pages import ROOT, section
from tests.process.wire import TEXT, frame_bytes, handshake_headers, request_bytes

STEP = re.compile(r"^(\d+)\. `([\w/]+\.py)`, `(\w+)`:", re.MULTILINE)


def steps():
    """Number, file and function of each step."""
    found = STEP.findall(section("docs/architecture.md", "The way of a message"))
    return [(int(number), path, function) for number, path, function in found]


@pytest.fixture
def connection():
    """The transport of a charge point that is connected with a central system."""
    reactor = MemoryReactorClock()
    plugins = PluginManager(Discovery([("shipped", ROOT / "plugins")]), {})
    plugins.load_initial(())
    settings = Settings.build({"role": "cs", "compression": "off"})
    stores = MemoryStores(reactor)
    usual = (plugins, settings, stores, reactor, None, reactor.seconds)
    station = CentralSystem(*usual, transaction_ids=count(1).__next__)
    station.start()
    site = CentralSystemSite(station, settings.protocols, None, Buffers(), reactor)
    channel = site.buildProtocol(IPv4Address("TCP", "192.0.2.1", 4711))
    transport = StringTransport(peerAddress=IPv4Address("TCP", "192.0.2.1", 4711))
    transport.setTcpNoDelay = transport.setTcpKeepAlive = lambda _: None
    transport.protocol = channel
    channel.makeConnection(transport)
    channel.dataReceived(request_bytes("/CP1", handshake_headers(9000, "ocpp1.6")))
    assert b" 101 " in transport.value()
    transport.clear()
    return transport


def walked(receive, data):
    """File and function of everything of ours that is called, in order."""
    calls = []

    def profile(frame, event, argument):
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(ROOT):
            calls.append((str(path.resolve().relative_to(ROOT)), frame.f_code.co_name))

    sys.setprofile(profile)
    try:
        receive(data)
    finally:
        sys.setprofile(None)
    return calls


def test_there_are_nine_steps():
    assert [number for number, _, _ in steps()] == list(range(1, 10))


def test_the_steps_are_taken_in_this_order(connection):
    frame = frame_bytes(TEXT, b'[2,"1","Heartbeat",{}]')
    calls = walked(connection.protocol.dataReceived, frame)
    assert b'[3,"1",{"currentTime":' in connection.value()
    position = 0
    for number, path, function in steps():
        assert (path, function) in calls[position:], f"step {number}: {function} in {path}"
        position += calls[position:].index((path, function)) + 1
