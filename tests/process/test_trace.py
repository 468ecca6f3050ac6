"""The lines of the trace, to the letter."""

import json
import re

from tests.process.twistd import central_system

MOMENT = r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] "


def test_format(tmp_path, connect):
    with central_system(tmp_path) as central:
        wire = connect(central.port, "0", "ocpp1.5")
        text = (
            '[2,"V7NeDL1M","BootNotification", {"chargePointVendor":"DBT","chargePointModel":"N"}]'
        )
        wire.send(text)
        answer = wire.receive_frame().payload.decode()
        central.wait_for(MOMENT + re.escape(f"cs: <<cp#0 {text}") + "$")
        central.wait_for(MOMENT + re.escape(f"cs: >>cp#0 {answer}") + "$")
    assert json.loads(answer)[2]["status"] == "Accepted"


def test_controls_are_escaped(tmp_path, connect):
    with central_system(tmp_path) as central:
        wire = connect(central.port, "0")
        wire.send("not JSON\n[2026-01-01 00:00:00] cs: forged\x1b[31m\x00\x7f\x85\u2028\r\t")
        line = central.wait_for(r"cs: <<cp#0 (.*)")[1]
        assert line == (r"not JSON\n[2026-01-01 00:00:00] cs: forged\x1b[31m\x00\x7f\x85\u2028\r\t")
        central.wait_for(r"Warning: .*cp#0.*not JSON")
        assert not [text for text in central.lines if re.match(MOMENT + "cs: forged", text)]


def test_odd_text_is_shown_and_harms_nothing(tmp_path, connect):
    texts = ['{"a": {0} %s}', "{peer}", "%(x)s", '[1, "ö€\N{AUTOMOBILE}"]', "{", "}"]
    with central_system(tmp_path) as central:
        wire = connect(central.port, "x{peer}%25s", "ocpp1.6")
        for text in texts:
            wire.send(text)
        assert wire.call("Heartbeat")[0] == 3
        central.wait_for(r">>cp#x\{peer\}%s \[3")
        shown = [line.partition("<<cp#x{peer}%s ")[2] for line in central.lines if "<<cp#x" in line]
        assert shown[: len(texts)] == texts


def test_secrets_are_not_shown(tmp_path, connect):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "keys.py").write_text(
        "from ocppfw import hookimpl\n"
        "@hookimpl\n"
        "def connection_opened(peer):\n"
        "    peer.call('ChangeConfiguration', {'key': 'AuthorizationKey', 'value': 'deadbeef'})\n"
    )
    with central_system(tmp_path) as central:
        wire = connect(central.port, "0")
        message = wire.receive()
        assert message[3] == {"key": "AuthorizationKey", "value": "deadbeef"}
        wire.send([3, message[1], {"status": "Accepted"}])
        assert wire.call("Heartbeat")[0] == 3
        central.wait_for(r">>cp#0 \[2,.*AuthorizationKey")
        assert "deadbeef" not in central.text
