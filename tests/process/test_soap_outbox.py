"""Over SOAP a Heartbeat tells whether a message is at fault, or the way (OCPP-S 1.6 errata 3.2)."""

import pytest

from tests.process.envelopes import Reply, SoapServer
from tests.process.twistd import charge_point, write_plugin

OWES = """
from ocppfw import hookimpl
from ocppfw.charge_point import charge_point_model

role = "cp"

@hookimpl
def station_started(station):
    payload = {"timestamp": station.timestamp(), "meterStop": 7}
    charge_point_model(station).outbox.add("StopTransaction", payload, "a", "stop")
"""
STOP, HEARTBEAT = "stopTransactionRequest", "heartbeatRequest"
FAULTY = Reply(b"out of order", 500)


@pytest.fixture(params=["1.2", "1.5"])
def version(request):
    return request.param


@pytest.fixture
def service(version):
    with SoapServer(version, "cs") as listening:
        yield listening


@pytest.fixture
def attempts():
    return 2


@pytest.fixture
def station(tmp_path, service, version, attempts):
    write_plugin(tmp_path, "owes", OWES)
    options = ("--protocol", f"ocpp{version}", "--tx-interval", "0.1")
    options += ("--tx-attempts", str(attempts))
    with charge_point(tmp_path, service.url, *options, "--remote-port", "0") as process:
        yield process


def refuse(service, *names):
    """Answer these with an HTTP status, the others as it should be."""
    service.react = lambda posted: FAULTY if posted.envelope.name in names else service.good(posted)


def test_case_30_the_message_is_at_fault(service, station):
    refuse(service, STOP)
    for _ in range(2):
        assert service.next(STOP).envelope.text("transactionId") == "-1"
        service.next(HEARTBEAT)
    station.wait_for("StopTransaction was not delivered, and is dropped: .*HTTP status 500")


@pytest.mark.parametrize("attempts", [1])
def test_case_30_the_way_is_at_fault(service, station):
    """That is no attempt: the message stays."""
    refuse(service, STOP, HEARTBEAT)
    station.wait_for("StopTransaction was refused, and Heartbeat, too")
    refuse(service)
    first, second = (service.next(STOP).envelope.header("MessageID") for _ in range(2))
    assert first != second
    assert "is dropped" not in station.text
