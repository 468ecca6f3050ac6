"""Whole sessions of our two roles over SOAP: a transaction, then every call there is."""

import re

import pytest

from tests.process.twistd import central_system, charge_point, eventually, write_plugin

# Calls of a central system, by version: protocol facts of the WSDLs.
COUNTS = {"1.2": 9, "1.5": 15, "1.6": 19}

# Drives a charge point by remote commands as soon as it has reported its connectors.
DRIVER = """
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from ocppfw import hookimpl
from ocppfw.catalogue import load_catalogue
from ocppfw.versions import Role, Transport

log = Logger()

def soon(station, function, *arguments):
    station.later(0, lambda: Deferred.fromCoroutine(function(*arguments)).addErrback(failed))

def failed(failure):
    log.failure("the driver failed", failure)

@hookimpl
def cs_status_notification(station, peer, payload):
    if payload["connectorId"] == 2 and not station.data["driver"]:
        station.data["driver"]["begun"] = True  # not again after the Reset
        soon(station, start, peer)

async def start(peer):
    sampling = {"key": "MeterValueSampleInterval", "value": "1"}
    await peer.call("ChangeConfiguration", sampling)
    answer = await peer.call("RemoteStartTransaction", {"connectorId": 1, "idTag": "044943121F"})
    assert answer == {"status": "Accepted"}, answer

@hookimpl
def cs_start_transaction(peer):
    peer.data["driver"]["id"] = 4711
    return {"transactionId": 4711, "idTagInfo": {"status": "Accepted"}}

@hookimpl
def cs_meter_values(station, peer):
    if "id" in peer.data["driver"]:
        soon(station, stop, peer, peer.data["driver"].pop("id"))

async def stop(peer, transaction_id):
    answer = await peer.call("RemoteStopTransaction", {"transactionId": transaction_id})
    assert answer == {"status": "Accepted"}, answer

@hookimpl
def cs_stop_transaction(station, peer):
    if "asked" not in station.data["driver"]:  # the next transaction is one that was asked for
        station.data["driver"]["asked"] = True
        soon(station, ask_everything, peer)

async def ask_everything(peer):
    operations = load_catalogue(peer.version).called_by(Role.CS).values()
    asked = [each for each in operations if each.form(Transport.SOAP)]
    for operation in sorted(asked, key=lambda each: each.action == "Reset"):
        answer = await peer.call(operation.action, operation.form(Transport.SOAP).request.example())
        log.info("{action} answers {answer}", action=operation.action, answer=answer)
    log.info("all was asked")
"""


def received(central):
    """What the charge point has sent or answered, in order."""
    return re.findall(r"<<cp#CP1 /(.*)", central.text)


@pytest.mark.slow
@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
def test_session(tmp_path, version):
    write_plugin(tmp_path, "driver", DRIVER)
    with central_system(tmp_path, "--protocols", f"ocpp{version}") as central:
        url = f"http://127.0.0.1:{central.port}/"
        other = tmp_path / "cp"
        other.mkdir()
        options = ["--protocol", f"ocpp{version}", "--set", "cp_reset.delay=0.1"]
        with charge_point(other, url, *options) as station:
            central.wait_for("all was asked")
            central.wait_for("<<cp#CP1 /BootNotification", 2)  # the Reset
            check_transaction(central, "Charging" if version == "1.6" else "Occupied")
            check_answers(central, version)
            station.stop()
            station.wait()
            assert not station.trouble
        assert not central.trouble


def check_transaction(central, busy):
    messages = (
        "BootNotification .*",
        'StatusNotification {"connectorId":0,"status":"Available",.*',
        'StatusNotification {"connectorId":1,"status":"Available",.*',
        'StatusNotification {"connectorId":2,"status":"Available",.*',
        'StartTransaction {"connectorId":1,"idTag":"044943121F",.*',
        'MeterValues {"connectorId":1,.*',
        'StopTransaction {"transactionId":4711,.*',
        'StatusNotification {"connectorId":1,"status":"Available",.*',
    )
    assert_in_order(received(central), messages)
    assert_in_order(received(central), [messages[3], f'.*"connectorId":1,"status":"{busy}".*'])


def assert_in_order(found, wanted):
    """All wanted lines are there, in this order, perhaps with others between them."""
    rest = iter(found)
    for pattern in wanted:
        assert any(re.fullmatch(pattern, line) for line in rest), (pattern, found)


def check_answers(central, version):
    answers = dict(re.findall(r"\] (\w+) answers (\{.*\})", central.text))
    assert len(answers) == COUNTS[version]
    assert answers["Reset"] == "{'status': 'Accepted'}"
    assert answers["UpdateFirmware"] == "{}"
    assert answers["ChangeAvailability"] in ("{'status': 'Accepted'}", "{'status': 'Scheduled'}")
    if version != "1.2":
        assert answers["DataTransfer"] == "{'status': 'UnknownVendorId'}"
        assert "configurationKey" in answers["GetConfiguration"]
        assert answers["GetLocalListVersion"] == "{'listVersion': -1}"
    if version == "1.6":
        assert answers["TriggerMessage"] == "{'status': 'Accepted'}"


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
def test_authorize_and_heartbeat(tmp_path, version):
    """What a charge point asks that is driven by its own plugin."""
    write_plugin(
        tmp_path,
        "card",
        "from ocppfw import hookimpl\nrole = 'cp'\n@hookimpl\n"
        "def result_received(station, call):\n"
        "    if call.action == 'BootNotification':\n"
        "        station.tell('Authorize', {'idTag': 'card'})\n",
    )
    with central_system(tmp_path, "--set", "cs_core_1x.heartbeat_interval=1") as central:
        url = f"http://127.0.0.1:{central.port}/"
        with charge_point(tmp_path, url, "--protocol", f"ocpp{version}") as station:
            central.wait_for("<<cp#CP1 /Heartbeat {}", 2)
            station.wait_for(r'<<cs /Authorize \{"idTagInfo":\{"status":"Accepted"\}\}')
            station.wait_for(r'<<cs /Heartbeat \{"currentTime":"20', 2)
            assert not station.trouble
        assert not central.trouble


@pytest.mark.slow
def test_many_charge_points_of_one_process_share_a_port(tmp_path):
    write_plugin(
        tmp_path,
        "greeter",
        "from ocppfw import hookimpl\n@hookimpl\n"
        "def cs_boot_notification(station, peer):\n"
        "    station.later(0.2, lambda: peer.call('GetConfiguration'))\n",
    )
    with central_system(tmp_path) as central:
        url = f"http://127.0.0.1:{central.port}/"
        options = ("--id", "CP%03d", "--count", "50", "--connectors", "1")
        with charge_point(tmp_path, url, *options) as station:
            central.wait_for(r"<<cp#CP\d\d\d /GetConfiguration \{\"configurationKey\"", 50)
            assert len(set(re.findall(r"listening on port (\d+)", station.text))) == 1
            asked = set(re.findall(r"cp#(CP\d+): <<cs /GetConfiguration", station.text))
            assert len(asked) == 50
            eventually(lambda: station.text.count(": Registered.") == 50, "all are registered")
            assert not station.trouble
        assert not central.trouble
