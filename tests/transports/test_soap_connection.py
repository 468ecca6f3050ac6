"""What a station has of a SOAP peer: the order of calls, their ends, and when the peer is lost."""

import pytest
from twisted.internet.error import ConnectionDone, ConnectionRefusedError, DNSLookupError
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed, ResponseNeverReceived

from ocppfw.errors import CallFailed, CallTimedOut, NotConnected, PayloadInvalid, QueueFull
from ocppfw.rpc.frames import Call
from ocppfw.soap import Addressing, Request, build_response, read_request
from ocppfw.transports.http.compression import BodyRefused
from ocppfw.transports.soap.client import HttpAnswer, HttpExchange
from ocppfw.transports.soap.refusals import Busy
from ocppfw.versions import Role
from tests.deferreds import outcomes, value_of
from tests.transports.soap_side import URL, V1_5, Side
from tests.world import World

ANONYMOUS = "http://www.w3.org/2005/08/addressing/anonymous"


@pytest.fixture
def world(tmp_path, clock):
    (tmp_path / "plugins").mkdir()
    return World(tmp_path / "plugins", clock)


@pytest.fixture
def side(world):
    return Side(world)


ACCEPTED = {"status": "Accepted"}


# Calls of ours.


def test_one_call_at_a_time_and_in_order(side):
    first = side.call()
    second = side.call("Reset", {"type": "Soft"})
    third = side.call("GetLocalListVersion")
    assert side.client.actions == ["ClearCache"]
    assert side.connection.waiting == 2
    side.client.answer(ACCEPTED)
    assert first == [ACCEPTED]
    assert side.client.actions == ["ClearCache", "Reset"]
    side.client.fail(BodyRefused(413, "too large"))
    assert str(second[0]) == "GenericError: too large"
    side.client.answer({"listVersion": 7})
    assert third == [{"listVersion": 7}]
    assert side.connection.idle


def test_a_caller_that_ends_the_connection_leaves_the_station_idle(world):
    world.load(
        "idle",
        """
        seen = []

        @hookimpl
        def station_idle(station):
            seen.append(station.label)
        """,
    )
    side = Side(world)
    side.peer.call("ClearCache").addCallback(lambda _: side.peer.close())
    side.client.answer(ACCEPTED)
    assert world.module("idle").seen == ["cs"]


def test_more_calls_at_once_as_set(world):
    side = Side(world, calls_in_flight="3")
    for _ in range(5):
        side.call()
    assert len(side.client.posted) == 3
    side.client.answer(ACCEPTED, 1)
    assert len(side.client.posted) == 4


def test_queue_full(world):
    side = Side(world, max_queued_calls="2")
    results = [side.call() for _ in range(4)]
    assert [len(each) for each in results] == [0, 0, 0, 1]
    assert isinstance(results[3][0], QueueFull)
    assert len(side.client.posted) == 1


def test_what_is_posted(side):
    side.call("Reset", {"type": "Hard"})
    ((url, text, content_type, _),) = side.client.posted
    request = read_request(text, Role.CP, [V1_5])
    assert url == URL
    assert content_type == 'application/soap+xml; charset=utf-8; action="/Reset"'
    assert request.identity == "CP1"
    assert request.call.payload == {"type": "Hard"}
    assert request.addressing == Addressing(
        "/Reset", request.call.message_id, None, "http://192.0.2.1/", ANONYMOUS, URL
    )


def test_time_out_is_that_of_the_call_once_it_is_posted(side):
    first, second = side.call(timeout=5), side.call(timeout=5)
    side.clock.advance(4.9)
    assert first == []
    side.clock.advance(0.1)
    assert isinstance(first[0], CallTimedOut)
    assert str(first[0]) == "no answer to ClearCache within 5 s"
    assert len(side.client.posted) == 2
    side.clock.advance(4.9)
    assert second == []
    side.client.answer(ACCEPTED)
    assert second == [ACCEPTED]
    assert side.connection.connected


def test_lost_while_calls_are_under_way(side):
    results = [side.call(), side.call()]
    side.connection.close()
    for (error,) in results:
        assert isinstance(error, NotConnected)
    assert len(side.client.posted) == 1
    assert "CP1" not in side.station.peers
    assert not side.peer.connected
    assert value_of(side.connection.ended) is None
    assert isinstance(side.call()[0], NotConnected)
    side.connection.lose("twice is once")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(), f"cannot reach {URL}: nothing listens on 192.0.2.7:8080 .*"),
        (DNSLookupError(), f"cannot reach {URL}: .*cannot be resolved.*"),
        (
            ResponseNeverReceived([Failure(ConnectionDone())]),
            f"{URL} closed the connection without an answer",
        ),
        (
            ResponseFailed([Failure(ConnectionDone())]),
            f"{URL} closed the connection without an answer",
        ),
    ],
)
def test_who_cannot_be_reached_is_lost(side, logged, error, reason):
    waiting = [side.call(), side.call()]
    side.client.fail(error)
    with pytest.raises(NotConnected, match=reason):
        raise waiting[0][0]
    assert side.peer.connected  # until the caller knows
    side.clock.advance(0)
    assert isinstance(waiting[1][0], NotConnected)
    assert not side.peer.connected
    assert any("ChargePoint #CP1 disconnected: " in line for line in logged.lines("info"))
    assert not logged.faults()


def test_address_that_is_not_known(side):
    side.connection.url = None
    (error,) = side.call()
    assert isinstance(error, NotConnected)
    assert "soap-learn-address" in str(error)
    assert side.client.posted == []
    side.clock.advance(1)
    assert side.peer.connected  # it can still ask us


def test_payload_that_xml_cannot_hold_is_not_posted(side):
    transfer = {"vendorId": "v", "data": "a\x00b"}
    (error,) = side.call("DataTransfer", transfer)
    assert isinstance(error, PayloadInvalid)
    assert "data: must not have control characters" in str(error)
    (error,) = side.call("Reset", {"type": "Mild"}, check=False)
    assert isinstance(error, PayloadInvalid)
    assert side.client.posted == []
    side.call()
    assert len(side.client.posted) == 1


def test_answer_that_breaks_its_schema(side):
    result = side.call()
    text = build_response(
        Request(V1_5, Role.CP, "CP1", Addressing(), Call("1", "ClearCache", {})), ACCEPTED
    )
    broken = text.replace("Accepted", "Perhaps").encode()
    side.client.posted[0][3].callback(HttpExchange({}, HttpAnswer(200, {}, broken)))
    assert isinstance(result[0], PayloadInvalid)
    assert side.peer.connected


def test_answer_that_is_none(side):
    result = side.call()
    side.client.posted[0][3].callback(HttpExchange({}, HttpAnswer(404, {}, b"<html/>")))
    assert isinstance(result[0], CallFailed)
    assert str(result[0]) == "GenericError: HTTP status 404: it does not know / (path or identity)"


def test_text_is_posted_at_once(side):
    side.call()
    result = outcomes(side.peer.send_raw("<raw/>"))
    assert [text for _, text, *_ in side.client.posted][1:] == ["<raw/>"]
    answer = HttpExchange({}, HttpAnswer(500, {}, b"odd"))
    side.client.posted[1][3].callback(answer)
    assert result == [answer]
    late = outcomes(side.peer.send_raw("<raw/>"))
    side.clock.advance(30)
    assert isinstance(late[0], CallTimedOut)


def test_there_is_no_ping(side):
    (error,) = outcomes(side.connection.ping())
    assert isinstance(error, NotConnected)


# Calls of the peer.


@pytest.fixture
def slow(world):
    """A side whose Heartbeats are answered when ``waiting`` fires."""
    world.load(
        "slow",
        """
        from twisted.internet.defer import Deferred
        waiting = []
        @hookimpl
        def cs_heartbeat():
            waiting.append(Deferred())
            return waiting[-1]
        """,
    )
    side = Side(world)
    side.waiting = world.module("slow").waiting
    return side


TIME = {"currentTime": "2026-01-01T00:00:00Z"}


def test_request_is_answered_while_a_call_waits(slow):
    slow.call()
    answered = slow.request()
    slow.waiting[0].callback(TIME)
    status, text, _ = value_of(answered)
    assert status == 200
    assert "heartbeatResponse" in text


def test_at_most_32_requests_at_once(slow):
    answers = [slow.request() for _ in range(33)]
    assert len(slow.waiting) == 32
    with pytest.raises(Busy, match="too many requests at once"):
        value_of(answers[32])
    slow.waiting[0].callback(TIME)
    slow.request()
    assert len(slow.waiting) == 33


def test_no_request_waits_for_ever_at_a_connection_that_is_lost(slow):
    slow.connection.pause_reading()
    answers = [slow.request()]
    slow.connection.abort()
    slow.connection.pause_reading()
    answers.append(slow.request())
    for waiting in slow.waiting:
        waiting.callback(TIME)
    assert [value_of(answered)[0] for answered in answers] == [200, 200]


def test_drain_waits_for_what_was_begun(slow):
    answered = slow.request()
    drained = slow.connection.drain()
    assert not drained.called
    with pytest.raises(Busy, match="about to stop"):
        value_of(slow.request())
    slow.waiting[0].callback(TIME)
    assert drained.called
    assert value_of(answered)[0] == 200


def test_drain_of_an_idle_connection(side):
    assert side.connection.drain().called


def test_answer_of_a_plugin_that_does_not_fit(world, logged):
    world.load(
        "odd",
        """
        @hookimpl
        def cs_data_transfer():
            return {"status": "Accepted", "data": "a\\x00b"}
        """,
    )
    status, text, _ = value_of(Side(world).request("DataTransfer", {"vendorId": "v"}))
    assert status == 500
    assert "InternalError" in text
    assert any("cannot be written" in line for line in logged.faults())
    assert "x00" not in text


# Silence.


BOOT = {"chargePointVendor": "v", "chargePointModel": "m"}


@pytest.fixture
def booting(world):
    """Makes a side that tells a charge point an interval."""

    def made(interval, **given):
        world.load(
            "boots",
            f"""
            @hookimpl
            def cs_boot_notification(station):
                return {{"status": "Accepted", "currentTime": station.timestamp(),
                         "heartbeatInterval": {interval}}}
            """,
        )
        side = Side(world, **given)
        assert value_of(side.request("BootNotification", BOOT))[0] == 200
        return side

    return made


@pytest.mark.parametrize(
    ("interval", "given", "limit"),
    [
        (300, {}, 660),
        (10, {}, 80),
        (3600, {}, 7260),
        (0, {}, 60),
        (-5, {}, 60),
        (3600, {"soap_peer_timeout": "7.5"}, 7.5),
    ],
)
def test_silence_is_the_end(booting, interval, given, limit):
    side = booting(interval, **given)
    side.clock.advance(limit - 1)
    assert side.peer.connected
    side.connection.hear()
    side.clock.advance(limit - 1)
    assert side.peer.connected
    side.clock.advance(1)
    assert not side.peer.connected
    assert side.clock.getDelayedCalls() == []


def test_interval_that_was_never_told(side):
    side.clock.advance(659)
    assert side.peer.connected
    side.clock.advance(1)
    assert not side.peer.connected


def test_nothing_is_left_of_a_lost_peer(side):
    side.connection.close()
    assert side.clock.getDelayedCalls() == []


# What is shown, and what plugins see.

SEEING = """
    seen = []

    @hookimpl
    def envelope_received(text):
        seen.append(text)

    @hookimpl
    def change_received_envelope(text):
        return text.replace("Perhaps", "Accepted")
"""


def test_the_trace_shows_what_is_sent(world):
    """A plugin's answer that XML cannot hold goes out as a fault, and is shown as one."""
    world.trace = []
    answer = {"status": "Accepted", "data": "a\x01b"}
    world.load("answerer", f"@hookimpl\ndef cs_data_transfer():\n    return {answer!r}")
    status, *_ = value_of(Side(world).request("DataTransfer", {"vendorId": "x"}))
    assert status == 500
    sent = "cs: >>cp#CP1 /DataTransfer Fault InternalError: an internal error occurred"
    assert world.trace[-1] == sent


def test_an_answer_that_breaks_its_schema_is_shown_and_can_be_repaired(world):
    world.load("seeing", SEEING)
    side = Side(world)
    results = side.call()
    _, text, _, answered = side.client.posted[-1]
    good = build_response(read_request(text, Role.CP, [V1_5]), ACCEPTED)
    bad = good.replace("Accepted", "Perhaps")
    answered.callback(HttpExchange({}, HttpAnswer(200, {}, bad.encode())))
    assert world.module("seeing").seen == [bad]
    assert results == [ACCEPTED]


def test_what_is_sent_by_hand_without_an_address_is_not_shown(world):
    world.trace = []
    side = Side(world)
    side.connection.url = None
    results = outcomes(side.connection.send_raw("<a/>"))
    assert isinstance(results[0], NotConnected)
    assert world.trace == []


@pytest.mark.parametrize("error", [ValueError("not a length"), RuntimeError("?")])
def test_an_answer_that_is_no_http_fails_the_call_and_loses_nobody(side, error):
    results = side.call()
    side.client.fail(ResponseFailed([Failure(error)]))
    side.clock.advance(0)
    assert str(results[0]) == "GenericError: the answer is not HTTP"
    assert side.connection.connected


def test_an_address_that_twisted_does_not_take(side):
    results = side.call()
    side.client.fail(ValueError("invalid hostname: *"))
    assert isinstance(results[0], NotConnected)
    assert str(results[0]) == f"cannot use {URL}: invalid hostname: *"


def test_closed_as_soon_as_opened_leaves_no_timer(side):
    side.connection.close()
    side.connection.hear()
    assert not side.clock.getDelayedCalls()


def test_calls_on_the_replaced_connection_fail_before_the_new_one_is_opened(world):
    opened = "@hookimpl\ndef connection_opened(peer): seen.append(peer.transport.value)"
    world.load("opened", f"seen = []\n{opened}")
    old = Side(world)
    seen = world.module("opened").seen
    for _ in range(2):  # one is under way, one waits
        answered = old.peer.call("ClearCache")
        answered.addErrback(lambda failure: seen.append(type(failure.value).__name__))
    world.connect("1.6", "CP1")
    assert seen == ["soap", "NotConnected", "NotConnected", "websocket"]
    assert old.client.actions == ["ClearCache"]


# What we send.


def test_an_answer_over_the_limit_becomes_an_internal_error(world, logged):
    world.load(
        "large",
        """
        role = "cs"

        @hookimpl
        def cs_data_transfer():
            return {"status": "Accepted", "data": "x" * 5000}
        """,
    )
    side = Side(world, max_sent_size=4096)
    reply = value_of(side.request("DataTransfer", {"vendorId": "v"}))
    assert reply.status == 500
    assert "InternalError" in reply.text
    (line,) = logged.lines("error")
    assert "bytes as an envelope, over max-sent-size (4096)" in line


def test_a_call_over_the_limit_fails_and_the_next_one_goes_out(world):
    side = Side(world, max_sent_size=4096)
    (error,) = side.call("DataTransfer", {"vendorId": "v", "data": "x" * 5000})
    assert isinstance(error, PayloadInvalid)
    assert "over max-sent-size (4096)" in str(error)
    side.call("ClearCache")
    assert side.client.actions == ["ClearCache"]
