"""Devices that break the standard, and what it takes to live with them, as real processes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.process.prompt import prompt
from tests.process.server import ACCEPTED, Server
from tests.process.twistd import central_system, charge_point, twistd
from tests.process.wire import kept_port, knock, open_wire

BOOT = {"chargePointVendor": "V", "chargePointModel": "M", "iccid": None}
BOOT_IS_ODD = "BootNotification is odd: iccid: must be a string (repaired)"
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "info": None}
START = {"connectorId": "1", "idTag": "ABC", "meterStart": "100"}
TIME = "2026-01-01T12:00:00+03"
#: What a charge point sends from its boot to the end of a charge, and what is odd about it.
SESSION: list[tuple[str, dict[str, Any], list[str]]] = [
    ("BootNotification", BOOT, ["iccid: must be a string"]),
    (
        "StatusNotification",
        STATUS | {"timestamp": TIME},
        ["info: must be a string", "timestamp: must be a date and time"],
    ),
    ("Authorize", {"idTag": "ABC"}, []),
    (
        "StartTransaction",
        START | {"timestamp": TIME, "reservationId": None},
        [
            "connectorId: must be an integer",
            "meterStart: must be an integer",
            "reservationId: must be an integer",
            "timestamp: must be a date and time",
        ],
    ),
    (
        "MeterValues",
        {"connectorId": 1, "meterValue": [{"timestamp": TIME, "sampledValue": [{"value": "1"}]}]},
        ["meterValue[0].timestamp: must be a date and time"],
    ),
    (
        "StopTransaction",
        {"meterStop": "200", "timestamp": TIME, "reason": None},
        [
            "meterStop: must be an integer",
            "reason: must be a string",
            "timestamp: must be a date and time",
        ],
    ),
]


def charge(wire: Any) -> list[Any]:
    """The answers that a charge point gets from its boot to the end of a charge."""
    answers: dict[str, Any] = {}
    for action, payload, _ in SESSION:
        if action == "StopTransaction":
            started = answers["StartTransaction"][2]
            number = started["transactionId"] if isinstance(started, dict) else 1
            payload = payload | {"transactionId": number}
        answers[action] = wire.call(action, payload)
    return list(answers.values())


def said_of(central: Any, action: str) -> str:
    """What the log says of an action once; the trace says it, too."""
    central.wait_for(f"Warning: .* {action} ")
    (line,) = [line for line in central.trouble if f" {action} " in line]
    return str(line)


def test_by_default_each_odd_message_is_refused_with_one_clear_line(
    tmp_path: Path, connect: Any
) -> None:
    with central_system(tmp_path) as central:
        for answer, (action, _, faults) in zip(
            charge(connect(central.port, "CP7")), SESSION, strict=True
        ):
            assert answer[0] == (4 if faults else 3), action
            if faults:
                assert answer[3].startswith(faults[0])
                line = said_of(central, action)
                assert f"cs: cp#CP7: {action} was refused: {faults[0]}" in line
                assert all(fault in line for fault in faults)
                assert line.endswith("(validation=report lets it pass)")
        assert "!!" not in central.text


def test_with_report_it_boots_authorizes_charges_and_stops(tmp_path: Path, connect: Any) -> None:
    with central_system(tmp_path, "--validation", "report") as central:
        wire = connect(central.port, "CP7")
        assert [answer[0] for answer in charge(wire)] == [3] * len(SESSION)
        for action, _, faults in SESSION:
            if faults:
                line = said_of(central, action)
                assert f"cs: cp#CP7: {action} is odd: {faults[0]}" in line
                assert line.count("(repaired)") == len(faults)
                assert all(fault in line for fault in faults)
        marked = [line for line in central.lines if "cs: !!cp#CP7 " in line]
        assert len(marked) == sum(bool(faults) for _, _, faults in SESSION)
        wire.call("BootNotification", BOOT)
        wire.close()
        central.wait_for(r"cp#CP7: odd messages so far: BootNotification: iccid repaired \(2\), ")
        assert len([line for line in central.trouble if BOOT_IS_ODD in line]) == 1


def test_off_lets_everything_pass_and_says_nothing(tmp_path: Path, connect: Any) -> None:
    with central_system(tmp_path, "--validation", "off") as central:
        wire = connect(central.port, "CP7")
        assert [answer[0] for answer in charge(wire)] == [3] * len(SESSION)
        wire.close()
        central.wait_for("#CP7 disconnected")
        assert not central.trouble
        assert "!!" not in central.text


ODD_BOOT = ACCEPTED | {"currentTime": "2026-01-01T00:00:00", "interval": "300", "vendor": {"a": 1}}
ODD_START = {"transactionId": 5, "idTagInfo": {"status": "Accepted", "expiryDate": None}}


@pytest.mark.parametrize("mode", ["strict", "report"])
def test_a_charge_point_of_ours_and_a_central_system_that_answers_oddly(
    tmp_path: Path, server: Server, mode: str
) -> None:
    with charge_point(tmp_path, server.url, "--validation", mode) as station:
        _, wire = server.accept()
        wire.expect_call("BootNotification", ODD_BOOT)
        if mode == "strict":
            station.wait_for("cp#CP1: cs: the answer to BootNotification was refused: interval: ")
            station.wait_for(
                r"cp#CP1: BootNotification failed: BootNotification: interval: must be an integer;"
                r" vendor: is not a known field\. Next attempt in 10 s"
            )
            return
        station.wait_for("cp#CP1: Registered")
        for _ in range(3):
            wire.expect_call("StatusNotification", {"status": "Accepted"})
        wire.send([2, "1", "RemoteStartTransaction", {"idTag": "ABC", "connectorId": "1"}])
        assert wire.receive() == [3, "1", {"status": "Accepted"}]
        wire.expect_call("StatusNotification", {})
        assert wire.expect_call("StartTransaction", ODD_START)["connectorId"] == 1
        assert wire.expect_call("StatusNotification", {})["status"] == "Charging"
        for text in (
            "the answer to BootNotification is odd: interval: must be an integer (repaired);"
            " vendor: is not a known field (left as it is)",
            "the answer to StatusNotification is odd: status: is not a known field (left as it is)",
            "RemoteStartTransaction is odd: connectorId: must be an integer (repaired)",
            "the answer to StartTransaction is odd: idTagInfo.expiryDate: must be a string"
            " (repaired)",
        ):
            station.wait_for(re.escape(f"Warning: cp#CP1: cs: {text}"))
            station.wait_for(re.escape(f"cp#CP1: !!cs {text}"))
        assert len(station.trouble) == 4


def test_one_charge_point_of_ours_may_take_what_the_others_do_not(
    tmp_path: Path, server: Server
) -> None:
    (tmp_path / "ocppfw.toml").write_text('[identity."CP2"]\nvalidation = "report"\n')
    options = ("--role", "cp", "--url", server.url, "--config", "ocppfw.toml", "--id", "CP%d")
    with twistd(tmp_path, *options, "--count", "2") as stations:
        for _ in range(2):
            _, wire = server.accept()
            wire.expect_call("BootNotification", ODD_BOOT)
        stations.wait_for("cp#CP1: BootNotification failed: ")
        stations.wait_for("cp#CP2: Registered")


def test_at_the_prompt_it_changes_while_connected(tmp_path: Path) -> None:
    with prompt(tmp_path) as session, kept_port() as port:
        session.type(f"start_cs {port}")
        session.wait_for("cs: Server is listening on port")
        wire = open_wire(port)
        assert knock(wire, "/CP7").status == 101
        assert wire.call("BootNotification", BOOT)[0] == 4
        session.type("set cs validation=report")
        session.wait_for(r"validation=report \(now\)")
        for _ in range(2):
            assert wire.call("BootNotification", BOOT)[0] == 3
        session.wait_for(re.escape(f"cs: !!cp#CP7 {BOOT_IS_ODD}"), 2)
        session.type("status")
        session.wait_for(
            r"#CP7: ocpp1.6 from 127.0.0.1:\d+; odd messages: BootNotification: iccid repaired"
            r" \(2\), BootNotification: iccid refused \(1\)"
        )
        session.type("set cs validation=off")
        session.wait_for(r"validation=off \(now\)")
        assert wire.call("BootNotification", BOOT)[0] == 3
        wire.close()
        session.wait_for("cs: cp#CP7: odd messages so far: ")
        assert session.text.count("!!") == 2
