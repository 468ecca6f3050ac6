"""Messages about transactions that are typed happen at the charge point, and fit what it does."""

import re

import pytest

from ocppfw.versions import OcppVersion

CARD = "044943121F1D80"


def run(ocppfw, port, version, *lines):
    """Type lines at a charge point whose central system is in the same process."""
    begin = f"start_cs {port}", f"start_cp ws://localhost:{port} 0 -p {version.subprotocol}"
    return ocppfw(script="\n".join([*begin, *lines])).stdout.decode()


@pytest.mark.parametrize("version", [OcppVersion.V1_2, OcppVersion.V1_5, OcppVersion.V1_6], ids=str)
def test_a_typed_transaction_is_one(ocppfw, port, version):
    text = run(
        ocppfw,
        port,
        version,
        f"starttransaction connectorId=1 idTag={CARD}",
        "status",
        "starttransaction connectorId=1",
        "metervalues connectorId=1",
        "stoptransaction",
        "status",
        "unplug 1",
    )
    shown = rf"connector 1: Charging, plugged in, card {CARD}, 11000 W, \d+ Wh, battery"
    assert len(re.findall(shown, text)) == 1
    assert "Error: connector 1 is not free here" in text
    [transaction] = set(re.findall(r", transactions: (\d+)", text))
    [stop] = set(re.findall(r'"StopTransaction",(.*)\]', text))
    assert f'"transactionId":{transaction}' in stop
    assert f'"idTag":"{CARD}"' in stop
    assert "transactionData" not in stop
    assert "connector 1: Finishing, plugged in, battery" in text
    assert "ChargePoint #0: connector 1 is Available" in text


@pytest.mark.parametrize("version", [OcppVersion.V1_6, OcppVersion.V2_0_1], ids=str)
def test_the_central_system_stops_it(ocppfw, port, version):
    start, stop = "starttransaction", "remote_remotestoptransaction"
    if version.is_2x:
        start, stop = "transactionevent", "remote_requeststoptransaction"
    text = run(ocppfw, port, version, start, stop, "sleep 0.2", "status")
    assert "Rejected" not in text
    if version.is_2x:
        numbers = re.findall(r'cs: <<cp#0 .*"seqNo":(\d+)', text)
        assert numbers == ["0", "1", "2"]
        assert '"stoppedReason":"Remote"' in text
    else:
        assert '"reason":"Remote"' in text
    assert "Finishing, plugged in" in text


def test_a_message_alone_changes_nothing(ocppfw, port):
    payload = (
        f'{{"connectorId":1,"idTag":"{CARD}","meterStart":0,"timestamp":"2026-11-22T14:54:54Z"}}'
    )
    text = run(
        ocppfw, port, OcppVersion.V1_6, f"send -n StartTransaction -p {payload}", "stop", "status"
    )
    assert '"StartTransaction"' in text
    assert "Error: stop: nothing charges" in text
    assert "connector 1" not in text
