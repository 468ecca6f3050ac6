"""Every operation of every version is answered validly, and honestly."""

from random import Random

import pytest

from ocppfw.catalogue import hook_name
from ocppfw.rpc.frames import CallResult
from ocppfw.versions import OcppVersion, Role
from tests.catalogue.mutations import complete_example
from tests.plugins import generated
from tests.plugins.charge_points import World, operations, refusal

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion
VARIANTS = 25


def world_of(version, clock):
    made = World(version, clock)
    made.connect()
    made.calls()
    return made


@pytest.fixture
def world(request, clock, logged):
    made = world_of(request.param, clock)
    yield made
    made.station.stop()
    assert logged.faults() == []


def versions(*wanted):
    return pytest.mark.parametrize("world", wanted, indirect=True, ids=str)


@versions(*OcppVersion)
def test_every_operation_has_an_implementation(world):
    for action in operations(world.version):
        hook = hook_name(action, Role.CP)
        assert world.plugins.implementations(hook, Role.CP, world.version), action


@versions(*OcppVersion)
def test_examples_are_answered(world, logged):
    """The framework holds every answer, and every message that follows, against its schema."""
    for action, operation in operations(world.version).items():
        for payload in (operation.request.example(), complete_example(operation.request)):
            world.ask(action, payload)
    world.wait(0)
    assert logged.lines("warn", "error", "critical") == []


@pytest.mark.parametrize("version", OcppVersion, ids=str)
@pytest.mark.parametrize("charging", [False, True], ids=["idle", "charging"])
def test_generated_requests_are_answered(version, charging, clock, logged):
    random = Random(f"{version} {charging}")
    world = world_of(version, clock)
    for action, operation in operations(version).items():
        for _ in range(VARIANTS):
            if charging:
                world.start()
            payload = generated.payload(operation.request, random)
            answer = world.begin(action, payload)
            assert isinstance(answer, CallResult), (action, payload, answer)
            world.send(answer)
            world.wait(2)
            if world.link.closed:
                world.disconnect()
                world.connect()
    assert logged.lines("warn", "error", "critical") == []


class TestRefusals:
    """What is not simulated is answered with the operation's own word for it."""

    @pytest.mark.parametrize(
        ("world", "action", "answer"),
        [
            *[(v, "ClearCache", {"status": "Rejected"}) for v in OcppVersion],
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
        indirect=["world"],
    )
    def test_refusal(self, world, action, answer):
        assert world.ask(action, operations(world.version)[action].request.example()) == answer
        assert world.actions() == []

    @versions(V2_1)
    def test_tariffs(self, world):
        answer = world.ask("ClearTariffs", {"tariffIds": ["a", "b"]})
        assert answer["clearTariffsResult"] == [
            {"tariffId": "a", "status": "NoTariff"},
            {"tariffId": "b", "status": "NoTariff"},
        ]
        assert world.ask("ClearTariffs") == {"clearTariffsResult": [{"status": "NoTariff"}]}


class TestConfiguration:
    @versions(V1_5, V1_6)
    def test_unknown_keys(self, world):
        answer = world.ask("GetConfiguration", {"key": ["connectiontimeout", "Nonsense"]})
        assert answer == {
            "configurationKey": [{"key": "ConnectionTimeOut", "readonly": False, "value": "60"}],
            "unknownKey": ["Nonsense"],
        }
        assert world.configure("Nonsense", "1") == "NotSupported"

    @versions(V1_5, V1_6)
    @pytest.mark.parametrize("payload", [{}, {"key": []}])
    def test_all_keys(self, world, payload):
        answer = world.ask("GetConfiguration", payload)
        assert set(answer) == {"configurationKey"}
        assert len(answer["configurationKey"]) > 5

    @versions(V1_2, V1_5, V1_6)
    def test_a_changed_key(self, world):
        assert world.configure("connectionTimeout", "30") == "Accepted"
        assert world.configure("connectionTimeout", "soon") == "Rejected"
        if world.version is not V1_2:
            [key] = world.ask("GetConfiguration", {"key": ["ConnectionTimeOut"]})[
                "configurationKey"
            ]
            assert key["value"] == "30"

    @versions(V1_6)
    def test_ping_interval(self, world):
        assert world.configure("WebSocketPingInterval", "-1") == "Rejected"


@versions(V2_0_1, V2_1)
class TestVariables:
    def item(self, component, variable, **more):
        return {"component": {"name": component}, "variable": {"name": variable}, **more}

    def test_a_result_for_each(self, world):
        items = [
            self.item("OCPPCommCtrlr", "HeartbeatInterval"),
            self.item("Nonsense", "HeartbeatInterval"),
            self.item("OCPPCommCtrlr", "HeartbeatInterval", attributeType="MinSet"),
            self.item("SecurityCtrlr", "BasicAuthPassword"),
        ]
        results = world.ask("GetVariables", {"getVariableData": items})["getVariableResult"]
        assert results == [
            {**items[0], "attributeStatus": "Accepted", "attributeValue": "300"},
            {**items[1], "attributeStatus": "UnknownComponent"},
            {**items[2], "attributeStatus": "NotSupportedAttributeType"},
            {**items[3], "attributeStatus": "Rejected"},
        ]

    def test_setting_some(self, world):
        items = [
            self.item("OCPPCommCtrlr", "HeartbeatInterval", attributeType="Actual"),
            self.item("OCPPCommCtrlr", "Nonsense"),
        ]
        data = [{**item, "attributeValue": "60"} for item in items]
        results = world.ask("SetVariables", {"setVariableData": data})["setVariableResult"]
        assert results == [
            {**items[0], "attributeStatus": "Accepted"},
            {**items[1], "attributeStatus": "UnknownVariable"},
        ]
        assert world.model.configuration.heartbeat_interval == 60

    def reports(self, world):
        reports = [payload for _, payload in world.calls("NotifyReport")]
        assert [report["seqNo"] for report in reports] == list(range(len(reports)))
        assert [report["tbc"] for report in reports] == [True] * (len(reports) - 1) + [False]
        assert {report["requestId"] for report in reports} == {5}
        return [item for report in reports for item in report["reportData"]]

    @pytest.mark.parametrize(
        "base", ["FullInventory", "ConfigurationInventory", "SummaryInventory"]
    )
    def test_base_report(self, world, base):
        answer = world.ask("GetBaseReport", {"requestId": 5, "reportBase": base})
        assert answer == {"status": "Accepted"}
        model = world.model.configuration
        expected = [model.as_report(variable) for variable in model.base_report(base)]
        assert self.reports(world) == expected

    def test_report(self, world):
        wanted = {"requestId": 5, "componentVariable": [{"component": {"name": "TxCtrlr"}}]}
        assert world.ask("GetReport", wanted) == {"status": "Accepted"}
        names = {item["component"]["name"] for item in self.reports(world)}
        assert names == {"TxCtrlr"}

    def test_empty_report(self, world):
        wanted = {"requestId": 5, "componentCriteria": ["Problem"]}
        assert world.ask("GetReport", wanted) == {"status": "EmptyResultSet"}
        assert world.actions() == []

    def test_a_report_that_fails_ends(self, world, logged):
        world.answers["NotifyReport"] = refusal()
        world.ask("GetBaseReport", {"requestId": 5, "reportBase": "FullInventory"})
        assert world.actions() == ["NotifyReport"]
        assert len(logged.lines("warn")) == 1

    def test_monitoring(self, world):
        common = {"type": "UpperThreshold", "severity": 3}
        items = [
            self.item("OCPPCommCtrlr", "HeartbeatInterval", **common),
            self.item("OCPPCommCtrlr", "Nonsense", **common),
            self.item("Nonsense", "Nonsense", **common),
        ]
        data = [{**item, "value": 1} for item in items]
        results = world.ask("SetVariableMonitoring", {"setMonitoringData": data})
        assert results["setMonitoringResult"] == [
            {**items[0], "status": "UnsupportedMonitorType"},
            {**items[1], "status": "UnknownVariable"},
            {**items[2], "status": "UnknownComponent"},
        ]
        assert world.ask("ClearVariableMonitoring", {"id": [3]}) == {
            "clearMonitoringResult": [{"id": 3, "status": "NotFound"}]
        }


class TestTriggers:
    """Those that no other plugin knows."""

    @pytest.mark.parametrize(
        ("world", "action", "message"),
        [
            (version, action, message)
            for version in (V1_6, V2_0_1, V2_1)
            for action in ("TriggerMessage", "ExtendedTriggerMessage")
            if action in operations(version)
            for field in operations(version)[action].request.fields
            if field.name == "requestedMessage"
            for message in field.enum
        ],
        indirect=["world"],
    )
    def test_each(self, world, action, message):
        payload = {"requestedMessage": message}
        if world.version.is_2x:
            payload["evse"] = {"id": 1, "connectorId": 1}
        status = world.ask(action, payload)["status"]
        if status == "Accepted":
            assert set(world.actions()) == {message}
        else:
            expected = {"BootNotification": "Rejected", "TransactionEvent": "Rejected"}
            assert status == expected.get(message, "NotImplemented")
            assert world.actions() == []

    @versions(V1_6, V2_0_1)
    def test_by_hand_nothing_boots(self, world, clock):
        by_hand = World(world.version, clock, autostart=False)
        by_hand.connect()
        answer = by_hand.ask("TriggerMessage", {"requestedMessage": "BootNotification"})
        assert answer == {"status": "Rejected"}

    @versions(V1_6, V2_0_1)
    def test_not_delivered(self, world, logged):
        world.answers["Heartbeat"] = refusal()
        answer = world.ask("TriggerMessage", {"requestedMessage": "Heartbeat"})
        assert answer == {"status": "Accepted"}
        assert logged.lines("warn") == ["cp#CP1: Heartbeat was not delivered: InternalError: no"]


@versions(V1_2, V1_5, V1_6)
class TestFirmware:
    """The download fails when its time comes: nothing is downloaded."""

    def update(self, world, date):
        payload = {"retrieveDate": date, "location": "https://files.example.com/firmware.bin"}
        assert world.ask("UpdateFirmware", payload) == {}

    FAILED = [("FirmwareStatusNotification", {"status": "DownloadFailed"})]

    def test_in_the_past(self, world):
        self.update(world, "2020-01-01T00:00:00Z")
        assert world.calls() == self.FAILED

    def test_in_an_hour(self, world):
        self.update(world, "2026-11-22T14:55:54Z")
        world.wait(59)
        assert world.calls() == []
        world.wait(1)
        assert world.calls() == self.FAILED

    def test_a_second_request_takes_the_place_of_the_first(self, world):
        self.update(world, "2026-11-22T14:55:54Z")
        self.update(world, "2026-11-22T14:56:54Z")
        world.wait(240)
        assert world.calls("FirmwareStatusNotification") == self.FAILED

    def test_stopped(self, world, clock):
        self.update(world, "2026-11-22T14:55:54Z")
        world.station.stop()
        assert clock.getDelayedCalls() == []
