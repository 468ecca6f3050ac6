"""What becomes of requests that are refused, while plugins think about them."""

import pytest
from twisted.internet.defer import Deferred

from ocppfw.transports.soap import answering
from ocppfw.transports.soap.answering import Answering
from ocppfw.versions import OcppVersion, Role
from tests.deferreds import outcomes
from tests.world import World

SLOW = """
    from twisted.internet.defer import Deferred

    seen = []

    @hookimpl
    def change_received_envelope(text):
        seen.append(text)
        return Deferred()
    """


class Service:
    """Offers what is refused to the plugins of one station."""

    role = Role.CS
    client = None
    offered = 0

    def __init__(self, station):
        self.station = station

    def validation_of(self, identity):
        return "strict"

    def shown_to(self, identity):
        return self.station


class Incoming:
    """A POST of something that is no envelope."""

    charset = None
    address = "192.0.2.1:4711"

    def __init__(self):
        self.sent = []

    def body(self):
        return b"no XML"

    def send(self, reply):
        self.sent.append(reply)

    def want_credentials(self, status):
        assert status == 400


@pytest.fixture
def world(tmp_path, clock):
    return World(tmp_path, clock)


def test_only_so_many_wait_for_plugins(world, monkeypatch):
    """The rest is refused at once: each that waits is kept in memory."""
    monkeypatch.setattr(answering, "_MOST_OFFERED", 3)
    world.load("slow", SLOW)
    service = Service(world.station)
    requests = [Incoming() for _ in range(5)]
    for each in requests:
        outcomes(Deferred.fromCoroutine(Answering(service, each, [OcppVersion.V1_5]).run()))
    assert len(world.module("slow").seen) == 3
    assert [len(each.sent) for each in requests] == [0, 0, 0, 1, 1]
    world.clock.advance(world.station.settings.hook_timeout)
    assert [reply.status for each in requests for reply in each.sent] == [400] * 5
    assert service.offered == 0
