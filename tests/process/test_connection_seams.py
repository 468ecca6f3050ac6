"""What a plugin can do to a connection below the messages, over both transports."""

import contextlib
import socket

import pytest

from tests.process.envelopes import envelope, post
from tests.process.test_soap_hooks import asking
from tests.process.twistd import central_system, write_plugin
from tests.process.wire import PING, PONG, Ended

# CP2 says what is to be done with the connection of CP1.
CONTROL = """
from ocppfw import NotConnected, hookimpl

role = "cs"

@hookimpl
def cs_data_transfer(station, payload):
    connection = station.peers["CP1"].connection
    name, _, argument = payload["vendorId"].partition(" ")
    try:
        getattr(connection, name)(*([argument == "on"] if argument else []))
    except NotConnected as error:
        return {"status": "Rejected", "data": str(error)}
    return {"status": "Accepted"}

@hookimpl
def connection_requested(request):
    request.data["control"]["secret"] = f"{request.user} {request.password!r}"

@hookimpl
def cs_authorize(peer):
    return {"idTagInfo": {"status": "Accepted", "parentIdTag": peer.data["control"]["secret"]}}
"""


@pytest.fixture(scope="module")
def controlled(tmp_path_factory):
    """A central system whose connections can be controlled."""
    folder = tmp_path_factory.mktemp("controlled")
    write_plugin(folder, "control", CONTROL)
    with central_system(folder, "--trace", "off") as central:
        yield central


@pytest.fixture
def control(controlled, connect):
    """Does something with the connection of CP1; the answer's payload."""
    other = connect(controlled.port, "CP2")
    return lambda what: other.ask("DataTransfer", {"vendorId": what})[2]


@contextlib.contextmanager
def short_patience(wire):
    patience = wire.socket.gettimeout()
    wire.socket.settimeout(0.3)
    yield
    wire.socket.settimeout(patience)


def test_reading_is_paused_and_resumed(controlled, connect, control):
    wire = connect(controlled.port, "CP1")
    assert control("pause_reading") == {"status": "Accepted"}
    wire.send([2, "1", "Heartbeat", {}])
    with short_patience(wire), pytest.raises(socket.timeout):
        wire.receive()
    control("resume_reading")
    assert wire.receive()[:2] == [3, "1"]


def test_pongs_are_withheld(controlled, connect, control):
    wire = connect(controlled.port, "CP1")
    control("withhold_pongs on")
    wire.send_frame(PING, b"1")
    assert wire.call("Heartbeat")[0] == 3  # all else goes on
    control("withhold_pongs off")
    wire.send_frame(PING, b"2")
    frame = wire.receive_frame()
    assert (frame.opcode, frame.payload) == (PONG, b"2")


def test_a_connection_is_aborted_without_a_word(controlled, connect, control):
    wire = connect(controlled.port, "CP1")
    control("abort")
    with pytest.raises((Ended, ConnectionError)):
        wire.receive_frame()
    controlled.wait_for("ChargePoint #CP1 disconnected")


def test_requests_wait_over_soap(controlled, control):
    assert post(controlled.port, envelope()).status == 200
    control("pause_reading")
    with asking(controlled.port, envelope()) as answers:
        assert control("set_ping_interval on") == {"status": "Accepted"}
        assert answers == []
        control("resume_reading")
    assert answers[0].status == 200


def test_requests_that_wait_are_not_lost_with_their_peer(controlled, control):
    assert post(controlled.port, envelope()).status == 200
    control("pause_reading")
    with asking(controlled.port, envelope()) as answers:
        assert control("set_ping_interval on") == {"status": "Accepted"}
        assert answers == []
        control("abort")
    assert answers[0].status == 200


def test_there_are_no_pongs_over_soap(controlled, control):
    assert post(controlled.port, envelope()).status == 200
    answer = control("withhold_pongs on")
    assert answer == {
        "status": "Rejected",
        "data": "over SOAP there is no ping: it belongs to WebSocket",
    }


def test_what_was_learned_before_stays_with_the_peer(controlled, connect):
    wire = connect(controlled.port, "CP1", authorization="Basic Q1AxOnBhc3M=")
    answer = wire.ask("Authorize", {"idTag": "A"})
    assert answer[2]["idTagInfo"]["parentIdTag"] == "CP1 b'pass'"
