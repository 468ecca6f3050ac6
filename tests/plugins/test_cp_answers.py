"""Every operation of every version is answered validly, and honestly."""

from random import Random

import pytest

from ocppfw.catalogue import hook_name
from ocppfw.versions import OcppVersion, Role
from tests.catalogue.mutations import complete_example
from tests.plugins import generated
from tests.plugins.charge_points import ChargePointPair, boot_answer, operations, refusal

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion
VARIANTS = 25


def pair_of(version, clock):
    made = ChargePointPair(version, clock)
    made.connect()
    made.calls()
    return made


@pytest.fixture
def pair(request, clock, logged):
    made = pair_of(request.param, clock)
    yield made
    made.end()
    assert logged.faults() == []


def versions(*wanted):
    return pytest.mark.parametrize("pair", wanted, indirect=True, ids=str)


@versions(*OcppVersion)
def test_every_operation_has_an_implementation(pair):
    for action in operations(pair.version):
        hook = hook_name(action, Role.CP)
        assert pair.plugins.implementations(hook, Role.CP, pair.version), action


@versions(*OcppVersion)
def test_examples_are_answered(pair, logged):
    """The framework holds every answer, and every message that follows, against its schema."""
    for action, operation in operations(pair.version).items():
        for payload in (operation.request.example(), complete_example(operation.request)):
            pair.ask(action, payload)
    pair.wait(0)
    assert logged.lines("warn", "error", "critical") == []


@pytest.mark.parametrize("version", OcppVersion, ids=str)
@pytest.mark.parametrize("charging", [False, True], ids=["idle", "charging"])
def test_generated_requests_are_answered(version, charging, clock, logged):
    random = Random(f"{version} {charging}")
    pair = pair_of(version, clock)
    for action, operation in operations(version).items():
        for _ in range(VARIANTS):
            if charging:
                pair.start()
            payload = generated.payload(operation.request, random)
            pair.ask(action, payload)
            pair.wait(2)
            if pair.closed:
                pair.connect()
    assert logged.lines("warn", "error", "critical") == []


def configuration_value(pair, key):
    [found] = pair.ask("GetConfiguration", {"key": [key]})["configurationKey"]
    return found["value"]


class TestRefusals:
    """What is not simulated is answered with the operation's own word for it."""

    @pytest.mark.parametrize(
        ("pair", "action", "answer"),
        [
            *[(v, "ClearCache", {"status": "Rejected"}) for v in (V2_0_1, V2_1)],
            *[(v, "DataTransfer", {"status": "UnknownVendorId"}) for v in (V1_5, V1_6, V2_0_1)],
            (V1_2, "GetDiagnostics", {}),
            (V1_5, "GetLocalListVersion", {"listVersion": -1}),
            (V1_5, "SendLocalList", {"status": "NotSupported"}),
            (V1_6, "SetChargingProfile", {"status": "NotSupported"}),
            (V1_6, "ClearChargingProfile", {"status": "Unknown"}),
            (V1_6, "GetInstalledCertificateIds", {"status": "NotFound"}),
            (V1_6, "SignedUpdateFirmware", {"status": "Rejected"}),
            (V2_0_1, "GetLocalListVersion", {"versionNumber": 0}),
            (V2_0_1, "GetChargingProfiles", {"status": "NoProfiles"}),
            (V2_0_1, "UnpublishFirmware", {"status": "NoFirmware"}),
            (V2_0_1, "SetMonitoringBase", {"status": "NotSupported"}),
            (V2_1, "SetDERControl", {"status": "NotSupported"}),
            (V2_1, "UsePriorityCharging", {"status": "NoProfile"}),
            (V2_1, "GetTariffs", {"status": "NoTariff"}),
            (V2_1, "GetPeriodicEventStream", {}),
        ],
        indirect=["pair"],
    )
    def test_refusal(self, pair, action, answer):
        assert pair.ask(action, operations(pair.version)[action].request.example()) == answer
        assert pair.actions() == []

    @versions(V2_1)
    def test_tariffs(self, pair):
        answer = pair.ask("ClearTariffs", {"tariffIds": ["a", "b"]})
        assert answer["clearTariffsResult"] == [
            {"tariffId": "a", "status": "NoTariff"},
            {"tariffId": "b", "status": "NoTariff"},
        ]
        assert pair.ask("ClearTariffs") == {"clearTariffsResult": [{"status": "NoTariff"}]}


class TestConfiguration:
    @versions(V1_5, V1_6)
    def test_unknown_keys(self, pair):
        answer = pair.ask("GetConfiguration", {"key": ["connectiontimeout", "Nonsense"]})
        assert answer == {
            "configurationKey": [{"key": "ConnectionTimeOut", "readonly": False, "value": "60"}],
            "unknownKey": ["Nonsense"],
        }
        assert pair.configure("Nonsense", "1") == "NotSupported"

    @versions(V1_5, V1_6)
    @pytest.mark.parametrize("payload", [{}, {"key": []}])
    def test_all_keys(self, pair, payload):
        answer = pair.ask("GetConfiguration", payload)
        assert set(answer) == {"configurationKey"}
        assert len(answer["configurationKey"]) > 5

    @versions(V1_2, V1_5, V1_6)
    def test_a_changed_key(self, pair):
        assert pair.configure("connectionTimeout", "30") == "Accepted"
        assert pair.configure("connectionTimeout", "soon") == "Rejected"
        if pair.version is not V1_2:
            [key] = pair.ask("GetConfiguration", {"key": ["ConnectionTimeOut"]})["configurationKey"]
            assert key["value"] == "30"

    @versions(V1_6)
    def test_ping_interval(self, pair):
        """OCPP-J 1.6 section 7: 0 is none; it takes effect at once, and lasts."""
        assert pair.configure("WebSocketPingInterval", "-1") == "Rejected"
        assert pair.cp.pipe.ping_intervals == []
        assert pair.configure("WebSocketPingInterval", "60") == "Accepted"
        assert pair.cp.pipe.ping_intervals == [60]
        assert pair.configure("ConnectionTimeOut", "15") == "Accepted"
        assert pair.cp.pipe.ping_intervals == [60]
        pair.disconnect()
        pair.connect()
        assert pair.cp.pipe.ping_intervals == [60]
        assert pair.configure("WebSocketPingInterval", "0") == "Accepted"
        assert pair.cp.pipe.ping_intervals == [60, 0]

    @versions(V1_6)
    def test_no_more_keys_than_it_says(self, pair):
        most = int(configuration_value(pair, "GetConfigurationMaxKeys"))
        keys = [f"Nonsense{n}" for n in range(most)]
        assert pair.ask("GetConfiguration", {"key": keys})["unknownKey"] == keys
        more = {"key": [*keys, "HeartbeatInterval"]}
        assert pair.refused("GetConfiguration", more) == "OccurenceConstraintViolation"

    @versions(V1_5)
    def test_1_5_names_no_limit(self, pair):
        keys = [f"Nonsense{n}" for n in range(200)]
        assert pair.ask("GetConfiguration", {"key": keys})["unknownKey"] == keys

    @versions(V1_2, V1_5, V1_6)
    def test_the_heartbeat_follows_its_key(self, pair):
        name = "HeartbeatInterval" if pair.version is V1_6 else "HeartBeatInterval"
        assert pair.configure(name, "20") == "Accepted"
        pair.wait(20)
        assert pair.actions() == ["Heartbeat"]


@versions(V2_0_1, V2_1)
class TestVariables:
    def item(self, component, variable, **more):
        return {"component": {"name": component}, "variable": {"name": variable}, **more}

    def test_a_result_for_each(self, pair):
        items = [
            self.item("OCPPCommCtrlr", "HeartbeatInterval"),
            self.item("Nonsense", "HeartbeatInterval"),
            self.item("OCPPCommCtrlr", "HeartbeatInterval", attributeType="MinSet"),
            self.item("SecurityCtrlr", "BasicAuthPassword"),
        ]
        results = pair.ask("GetVariables", {"getVariableData": items})["getVariableResult"]
        assert results == [
            {**items[0], "attributeStatus": "Accepted", "attributeValue": "300"},
            {**items[1], "attributeStatus": "UnknownComponent"},
            {**items[2], "attributeStatus": "NotSupportedAttributeType"},
            {**items[3], "attributeStatus": "Rejected"},
        ]

    def test_setting_some(self, pair):
        items = [
            self.item("OCPPCommCtrlr", "HeartbeatInterval", attributeType="Actual"),
            self.item("OCPPCommCtrlr", "Nonsense"),
        ]
        data = [{**item, "attributeValue": "60"} for item in items]
        results = pair.ask("SetVariables", {"setVariableData": data})["setVariableResult"]
        assert results == [
            {**items[0], "attributeStatus": "Accepted"},
            {**items[1], "attributeStatus": "UnknownVariable"},
        ]
        assert pair.model.configuration.heartbeat_interval == 60

    def reports(self, pair):
        reports = [payload for _, payload in pair.calls("NotifyReport")]
        assert [report["seqNo"] for report in reports] == list(range(len(reports)))
        assert [report["tbc"] for report in reports] == [True] * (len(reports) - 1) + [False]
        assert {report["requestId"] for report in reports} == {5}
        return [item for report in reports for item in report["reportData"]]

    @pytest.mark.parametrize(
        "base", ["FullInventory", "ConfigurationInventory", "SummaryInventory"]
    )
    def test_base_report(self, pair, base):
        answer = pair.ask("GetBaseReport", {"requestId": 5, "reportBase": base})
        assert answer == {"status": "Accepted"}
        model = pair.model.configuration
        expected = [model.as_report(variable) for variable in model.base_report(base)]
        assert self.reports(pair) == expected

    def test_report(self, pair):
        wanted = {"requestId": 5, "componentVariable": [{"component": {"name": "TxCtrlr"}}]}
        assert pair.ask("GetReport", wanted) == {"status": "Accepted"}
        names = {item["component"]["name"] for item in self.reports(pair)}
        assert names == {"TxCtrlr"}

    def test_empty_report(self, pair):
        wanted = {"requestId": 5, "componentCriteria": ["Problem"]}
        assert pair.ask("GetReport", wanted) == {"status": "EmptyResultSet"}
        assert pair.actions() == []

    def test_a_report_that_fails_ends(self, pair, logged):
        pair.answers["NotifyReport"] = refusal()
        pair.ask("GetBaseReport", {"requestId": 5, "reportBase": "FullInventory"})
        assert pair.actions() == ["NotifyReport"]
        assert len(logged.lines("warn")) == 1

    def test_monitoring(self, pair):
        common = {"type": "UpperThreshold", "severity": 3}
        items = [
            self.item("OCPPCommCtrlr", "HeartbeatInterval", **common),
            self.item("OCPPCommCtrlr", "Nonsense", **common),
            self.item("Nonsense", "Nonsense", **common),
        ]
        data = [{**item, "value": 1} for item in items]
        results = pair.ask("SetVariableMonitoring", {"setMonitoringData": data})
        assert results["setMonitoringResult"] == [
            {**items[0], "status": "UnsupportedMonitorType"},
            {**items[1], "status": "UnknownVariable"},
            {**items[2], "status": "UnknownComponent"},
        ]
        assert pair.ask("ClearVariableMonitoring", {"id": [3]}) == {
            "clearMonitoringResult": [{"id": 3, "status": "NotFound"}]
        }


class TestTriggers:
    """Those that no other plugin knows."""

    @pytest.mark.parametrize(
        ("pair", "action", "message"),
        [
            (version, action, message)
            for version in (V1_6, V2_0_1, V2_1)
            for action in ("TriggerMessage", "ExtendedTriggerMessage")
            if action in operations(version)
            for field in operations(version)[action].request.fields
            if field.name == "requestedMessage"
            for message in field.enum
        ],
        indirect=["pair"],
    )
    def test_each(self, pair, action, message):
        payload = {"requestedMessage": message}
        if pair.version.is_2x:
            payload["evse"] = {"id": 1, "connectorId": 1}
        status = pair.ask(action, payload)["status"]
        if status == "Accepted":
            assert set(pair.actions()) == {message}
        else:
            expected = {"BootNotification": "Rejected", "TransactionEvent": "Rejected"}
            assert status == expected.get(message, "NotImplemented")
            assert pair.actions() == []

    @versions(V1_6, V2_0_1)
    def test_by_hand_nothing_boots(self, pair, clock):
        by_hand = ChargePointPair(pair.version, clock, autostart=False)
        by_hand.connect()
        answer = by_hand.ask("TriggerMessage", {"requestedMessage": "BootNotification"})
        assert answer == {"status": "Rejected"}

    @versions(V1_6, V2_0_1)
    def test_not_delivered(self, pair, logged):
        pair.answers["Heartbeat"] = refusal()
        answer = pair.ask("TriggerMessage", {"requestedMessage": "Heartbeat"})
        assert answer == {"status": "Accepted"}
        assert logged.lines("warn") == ["cp#CP1: Heartbeat was not delivered: InternalError: no"]


@pytest.mark.parametrize("version", [V1_2, V1_5, V1_6], ids=str)
@pytest.mark.parametrize(("step", "seconds"), [(-3600, 7200), (1800, 1800), (7200, 1)])
def test_a_download_begins_by_the_wall_clock_also_when_that_is_set(version, clock, step, seconds):
    offset = 0
    pair = ChargePointPair(version, clock, wall_clock=lambda: clock.seconds() + offset)
    # No heartbeat tells the time meanwhile.
    pair.answers["BootNotification"] = boot_answer(version, interval=1_000_000)
    pair.connect()
    payload = {"retrieveDate": "2026-11-22T15:54:54Z", "location": "https://x.example.com/a"}
    assert pair.ask("UpdateFirmware", payload) == {}
    offset = step
    pair.wait(seconds - 1)
    assert pair.calls("FirmwareStatusNotification") == []
    pair.wait(61)  # so often is the wall clock looked at
    assert len(pair.calls("FirmwareStatusNotification")) == 1
    pair.end()


@versions(V1_2, V1_5, V1_6)
class TestFirmware:
    """The download fails when its time comes: nothing is downloaded."""

    def update(self, pair, date):
        payload = {"retrieveDate": date, "location": "https://files.example.com/firmware.bin"}
        assert pair.ask("UpdateFirmware", payload) == {}

    FAILED = [("FirmwareStatusNotification", {"status": "DownloadFailed"})]

    def test_in_the_past(self, pair):
        self.update(pair, "2020-01-01T00:00:00Z")
        assert pair.calls() == self.FAILED

    def test_in_an_hour(self, pair):
        self.update(pair, "2026-11-22T14:55:54Z")
        pair.wait(59)
        assert pair.calls() == []
        pair.wait(1)
        assert pair.calls() == self.FAILED

    def test_a_second_request_takes_the_place_of_the_first(self, pair):
        self.update(pair, "2026-11-22T14:55:54Z")
        self.update(pair, "2026-11-22T14:56:54Z")
        pair.wait(240)
        assert pair.calls("FirmwareStatusNotification") == self.FAILED

    def test_stopped(self, pair, clock):
        self.update(pair, "2026-11-22T14:55:54Z")
        pair.end()
        assert clock.getDelayedCalls() == []
