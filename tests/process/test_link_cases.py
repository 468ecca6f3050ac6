"""Conformance cases of the link itself, called after their ids: over a real WebSocket."""

import re

import pytest

from tests.process.test_charge_point import boot
from tests.process.twistd import charge_point

QUICK = ("--reconnect-delay", "0.1", "--reconnect-max-delay", "0.2")


def first_answer(wire):
    """What comes after a call: statuses may, but no BootNotification."""
    wire.send([2, "config", "GetConfiguration", {}])
    while (message := wire.receive())[1] != "config":
        assert message[2] == "StatusNotification", message
        wire.send([3, message[1], {}])
    return message


@pytest.mark.parametrize("version", ["1.6", "1.5", "1.2"])
def test_e04_an_identity_with_a_space(tmp_path, server, version):
    options = ("--id", "RDAM 123", "--protocol", f"ocpp{version}")
    with charge_point(tmp_path, server.url, *options):
        request, wire = server.accept(f"ocpp{version}")
        assert request.path == "/RDAM%20123"
        boot(wire, version)


def test_cp16_130_a_central_system_that_is_silent(tmp_path, server):
    with charge_point(tmp_path, server.url, *QUICK, "--ping-timeout", "0.5"):
        _, silent = server.accept()
        boot(silent)
        request = {"key": "WebSocketPingInterval", "value": "1"}
        assert silent.call("ChangeConfiguration", request)[2] == {"status": "Accepted"}
        _, wire = server.accept()
        assert first_answer(wire)[0] == 3


def test_cp16_131_a_central_system_that_lets_nobody_in(tmp_path, server):
    with charge_point(tmp_path, server.url, *QUICK) as station:
        _, wire = server.accept()
        boot(wire)
        wire.socket.close()
        for status in ["503 Service Unavailable"] * 4 + ["404 Not Found"] * 4:
            server.refuse(status)
        pauses = [float(each) for each in re.findall(r"Next attempt in ([\d.]+) s", station.text)]
        _, wire = server.accept()
        assert first_answer(wire)[0] == 3
        assert pauses[-1] > pauses[0]
