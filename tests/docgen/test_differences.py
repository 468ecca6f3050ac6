"""The differences are those that the specifications tell."""

import pytest

from docgen.differences import _RENAMED, matrix, steps
from ocppfw.catalogue import load_catalogue
from ocppfw.versions import OcppVersion

STEPS = {step.anchor: step for step in steps()}


def changes(step, action):
    """Message, path and text of the changes of an operation."""
    return {(change.message, change.path, change.text) for change in STEPS[step].changed[action]}


def test_the_steps():
    assert list(STEPS) == ["1.2-1.5", "1.5-1.6", "1.6-2.0.1", "2.0.1-2.1"]


@pytest.mark.parametrize(("step", "count"), [("1.2-1.5", 6), ("1.5-1.6", 15), ("2.0.1-2.1", 27)])
def test_new_operations(step, count):
    assert len(STEPS[step].added) == count


def test_new_operations_of_1_5():
    assert STEPS["1.2-1.5"].added == (
        "CancelReservation", "DataTransfer", "GetConfiguration", "GetLocalListVersion",
        "ReserveNow", "SendLocalList",
    )  # fmt: skip


def test_new_operations_of_1_6():
    """Four in the specification, eleven in the security whitepaper."""
    security = set()
    for action, operation in load_catalogue(OcppVersion.V1_6).operations.items():
        if operation.profile == "Security":
            security.add(action)
    assert len(security) == 11
    assert set(STEPS["1.5-1.6"].added) - security == {
        "ClearChargingProfile", "GetCompositeSchedule", "SetChargingProfile", "TriggerMessage",
    }  # fmt: skip


def test_nothing_went_before_2_0_1():
    assert [len(step.removed) for step in STEPS.values()] == [0, 0, 11, 0]


def test_from_1_2_to_1_5():
    step = "1.2-1.5"
    assert changes(step, "BootNotification") >= {
        ("conf", "currentTime", "now required"),
        ("conf", "heartbeatInterval", "now required"),
        ("req", "firmwareVersion", "length no limit → 50"),
    }
    assert ("req", "reservationId", "added, optional") in changes(step, "StartTransaction")
    assert ("req", "transactionData[]", "added, optional") in changes(step, "StopTransaction")
    assert changes(step, "StatusNotification") == {
        ("req", "status", "new values Reserved"),
        ("req", "errorCode", "new values GroundFailure, OverCurrentFailure, UnderVoltage,"
         " WeakSignal, OtherError"),
        ("req", "info", "added, optional"),
        ("req", "timestamp", "added, optional"),
        ("req", "vendorId", "added, optional"),
        ("req", "vendorErrorCode", "added, optional"),
    }  # fmt: skip
    assert ("req", "transactionId", "added, optional") in changes(step, "MeterValues")
    texts = [change.text for change in STEPS[step].types["MeterValue"]]
    assert texts[:3] == ["was called value", "now a list", "type integer → object"]


def test_from_1_5_to_1_6():
    step = "1.5-1.6"
    assert changes(step, "BootNotification") == {
        ("conf", "interval", "was called heartbeatInterval"),
        ("conf", "status", "new values Pending"),
    }
    sampled = "meterValue[].sampledValue[]"
    assert changes(step, "MeterValues") >= {
        ("req", "meterValue[]", "was called values"),
        ("req", sampled, "was called values"),
        ("req", f"{sampled}.phase", "added, optional"),
    }
    assert changes(step, "StatusNotification") >= {
        ("req", "status", "without Occupied"),
        ("req", "errorCode", "without Mode3Error"),
    }
    assert changes(step, "SendLocalList") >= {
        ("req", "localAuthorizationList[]", "was called localAuthorisationList"),
        ("req", "hash", "removed"),
        ("conf", "status", "without HashError"),
    }
    assert changes(step, "UnlockConnector") == {
        ("conf", "status", "new values Unlocked, UnlockFailed, NotSupported"),
        ("conf", "status", "without Accepted, Rejected"),
    }
    assert ("conf", "status", "new values RebootRequired") in changes(step, "ChangeConfiguration")
    assert ("req", "chargingProfile", "added, optional") in changes(step, "RemoteStartTransaction")
    assert ("req", "transactionData[].values[]", "removed") in changes(step, "StopTransaction")
    assert ("req", "reason", "added, optional") in changes(step, "StopTransaction")
    for action, field, length in (
        ("ChangeConfiguration", "key", 50), ("ChangeConfiguration", "value", 500),
        ("StatusNotification", "info", 50), ("DataTransfer", "vendorId", 255),
        ("DataTransfer", "messageId", 50), ("StatusNotification", "vendorErrorCode", 50),
    ):  # fmt: skip
        assert ("req", field, f"length no limit → {length}") in changes(step, action)


def test_from_1_6_to_2_0_1():
    step = STEPS["1.6-2.0.1"]
    assert step.removed["RemoteStartTransaction"] == "RequestStartTransaction"
    assert step.removed["StartTransaction"] == step.removed["StopTransaction"] == "TransactionEvent"
    successors = set(step.removed.values())
    assert successors <= load_catalogue(OcppVersion.V2_0_1).operations.keys()
    assert ("req", "type", "new values Immediate, OnIdle") in changes("1.6-2.0.1", "Reset")
    assert ("req", "type", "without Hard, Soft") in changes("1.6-2.0.1", "Reset")


@pytest.mark.parametrize(
    ("action", "message", "old", "new"),
    [
        ("Authorize", "req", "idTag", "idToken"),
        ("Authorize", "conf", "idTagInfo", "idTokenInfo"),
        ("Authorize", "conf", "parentIdTag", "idTokenInfo.groupIdToken"),
        ("ChangeAvailability", "req", "type", "operationalStatus"),
        ("ClearChargingProfile", "req", "id", "chargingProfileId"),
        ("GetCompositeSchedule", "req", "connectorId", "evseId"),
        ("GetLocalListVersion", "conf", "listVersion", "versionNumber"),
        ("MeterValues", "req", "connectorId", "evseId"),
        ("ReserveNow", "req", "expiryDate", "expiryDateTime"),
        ("ReserveNow", "req", "reservationId", "id"),
        ("SendLocalList", "req", "idTag", "localAuthorizationList[].idToken"),
        ("SendLocalList", "req", "listVersion", "versionNumber"),
        ("SetChargingProfile", "req", "csChargingProfiles", "chargingProfile"),
        ("StatusNotification", "req", "status", "connectorStatus"),
    ],
)
def test_renamed_from_1_6_to_2_0_1(action, message, old, new):
    found = changes("1.6-2.0.1", action)
    assert (message, new, f"was called {old}") in found
    assert not {(message, new, text) for text in ("added, required", "added, optional")} & found


def test_objects_have_no_length():
    told = {text for _, path, text in changes("1.6-2.0.1", "Authorize") if path == "idToken"}
    assert told == {"was called idTag", "type string → object"}


def test_every_new_name_is_one():
    """A renamed field is there before under its old name, and after under the new one."""
    told = {
        (version, name.partition(".")[0], new)
        for (version, name), fields in _RENAMED.items()
        for new in fields.values()
    }
    shown = {
        (step.new, name, change.path.rpartition(".")[2].removesuffix("[]"))
        for step in STEPS.values()
        for name, found in (*step.changed.items(), *step.types.items())
        for change in found
        if change.kind == "renamed"
    }
    assert told == shown


def test_from_2_0_1_to_2_1():
    step = "2.0.1-2.1"
    assert ("req", "certificate", "length 5500 → 10000") in changes(step, "Authorize")
    assert changes(step, "Get15118EVCertificate") >= {
        ("req", "exiRequest", "length 5600 → 11000"),
        ("conf", "exiResponse", "length 7500 → 17000"),
    }
    assert ("conf", "ocspResult", "length 5500 → 18000") in changes(step, "GetCertificateStatus")
    (reasons,) = [c for c in STEPS[step].changed["TransactionEvent"] if c.path == "triggerReason"]
    assert reasons.text == (
        "new values CostLimitReached, LimitSet, OperationModeChanged, RunningCost,"
        " SoCLimitReached, TariffChanged, TariffNotAccepted, TxResumed"
    )
    (source,) = [
        change for change in STEPS[step].changed["ClearedChargingLimit"] if change.kind == "values"
    ]
    assert source.text == "no longer an enumeration; it had EMS, Other, SO, CSO"


def test_changes_of_a_shared_type_are_told_once():
    step = STEPS["2.0.1-2.1"]
    assert [change.text for change in step.types["StatusInfoType"]] == ["length 512 → 1024"]
    (change,) = [c for c in step.changed["BootNotification"] if c.type_name]
    assert (change.path, change.type_name) == ("statusInfo", "StatusInfoType")


def test_custom_data_is_not_repeated():
    for step in STEPS.values():
        for found in (*step.changed.values(), *step.types.values()):
            assert not [change for change in found if change.path.endswith("customData")]


def test_every_operation_of_both_versions_is_compared():
    for step in STEPS.values():
        new = load_catalogue(step.new).operations
        assert {*step.added, *step.changed, *step.unchanged} == set(new)
        assert {*step.removed, *step.changed, *step.unchanged} == set(
            load_catalogue(step.old).operations
        )


def test_matrix():
    table = matrix(STEPS.values())
    assert list(table) == sorted(table)
    assert table["Heartbeat"] == {
        "1.2": "first", "1.5": "unchanged", "1.6": "unchanged", "2.0.1": "unchanged",
        "2.1": "unchanged",
    }  # fmt: skip
    assert table["BootNotification"]["1.6"] == "changed"
    assert table["StartTransaction"].keys() == {"1.2", "1.5", "1.6"}
    for version in OcppVersion:
        actions = {action for action, cells in table.items() if version in cells}
        assert actions == set(load_catalogue(version).operations)


def test_page_shows_every_change(site):
    tree = site.pages["differences.html"].tree
    shown = len(tree.xpath("//table[contains(@class, 'changes')]/tbody/tr"))
    assert shown == sum(
        len(found)
        for step in STEPS.values()
        for found in (*step.changed.values(), *step.types.values())
    )
    rows = tree.xpath("//table[@class='matrix']/tbody/tr")
    assert len(rows) == len(matrix(STEPS.values()))
    assert all(len(row.xpath("td")) == len(OcppVersion) for row in rows)
