"""Groups 4.8 and 4.13: configuration keys."""

import pytest

from ocppfw.versions import OcppVersion
from tests.cases.links import from_1_5, from_1_6

BOOLEAN, INTEGER, LIST = "boolean", "integer", "list"
#: The required keys of Core (section 9.1 of 1.6): whether they are read-only, and their type.
CORE = {
    "AuthorizeRemoteTxRequests": (None, BOOLEAN),
    "ClockAlignedDataInterval": (False, INTEGER),
    "ConnectionTimeOut": (False, INTEGER),
    "ConnectorPhaseRotation": (False, LIST),
    "GetConfigurationMaxKeys": (True, INTEGER),
    "HeartbeatInterval": (False, INTEGER),
    "LocalAuthorizeOffline": (False, BOOLEAN),
    "LocalPreAuthorize": (False, BOOLEAN),
    "MeterValuesAlignedData": (False, LIST),
    "MeterValuesSampledData": (False, LIST),
    "MeterValueSampleInterval": (False, INTEGER),
    "NumberOfConnectors": (True, INTEGER),
    "ResetRetries": (False, INTEGER),
    "StopTransactionOnEVSideDisconnect": (None, BOOLEAN),
    "StopTransactionOnInvalidId": (False, BOOLEAN),
    "StopTxnAlignedData": (False, LIST),
    "StopTxnSampledData": (False, LIST),
    "SupportedFeatureProfiles": (True, LIST),
    "TransactionMessageAttempts": (False, INTEGER),
    "TransactionMessageRetryInterval": (False, INTEGER),
    "UnlockConnectorOnEVSideDisconnect": (None, BOOLEAN),
}
IS_OF = {
    BOOLEAN: lambda value: value in ("true", "false"),
    INTEGER: str.isdigit,
    LIST: lambda value: isinstance(value, str),
}


def change(case, key, value):
    return case.ask("ChangeConfiguration", {"key": key, "value": value})


@from_1_6
def test_cp16_027_every_key_of_core(case):
    known = {each["key"]: each for each in case.ask("GetConfiguration")["configurationKey"]}
    for key, (read_only, kind) in CORE.items():
        assert read_only in (None, known[key]["readonly"]), key
        assert IS_OF[kind](known[key]["value"]), key
    assert {"Core", "RemoteTrigger"} <= set(known["SupportedFeatureProfiles"]["value"].split(","))


@from_1_6
@pytest.mark.parametrize("key", ["SupportedFeatureProfiles", "hEARTBEATiNTERVAL"])
def test_cp16_027_one_key(case, key):
    [(name, _)] = case.keys(key).items()
    assert name.lower() == key.lower()


@from_1_5
def test_cp16_028_a_key_is_changed_and_changed_back(case):
    [old] = case.keys("MeterValueSampleInterval").values()
    assert change(case, "MeterValueSampleInterval", "37") == "Accepted"
    assert case.keys("MeterValueSampleInterval") == {"MeterValueSampleInterval": "37"}
    assert change(case, "MeterValueSampleInterval", old) == "Accepted"
    assert case.keys("MeterValueSampleInterval") == {"MeterValueSampleInterval": old}


@from_1_5
def test_cp16_028_every_key_takes_its_own_value(case):
    for each in case.ask("GetConfiguration")["configurationKey"]:
        if not each["readonly"]:
            assert change(case, each["key"], each.get("value", "")) == "Accepted", each


def test_cp16_048_unknown(case):
    assert change(case, "NoSuchKey", "x") == "NotSupported"
    if case.version is not OcppVersion.V1_2:
        answer = case.ask("GetConfiguration", {"key": ["NoSuchKey"]})
        assert answer["unknownKey"] == ["NoSuchKey"]


WRONG = [
    ("MeterValueSampleInterval", "-1"),
    ("MeterValueSampleInterval", "abc"),
    ("LocalPreAuthorize", "maybe"),
    ("NumberOfConnectors", "9"),
]


@from_1_5
@pytest.mark.parametrize(("key", "value"), WRONG)
def test_cp16_049_a_wrong_value(case, key, value):
    before = case.keys(key)
    expected = "Rejected" if before else "NotSupported"
    assert change(case, key, value) == expected
    assert case.keys(key) == before


@from_1_6
@pytest.mark.parametrize(("key", "value"), WRONG)
def test_cp16_049_a_wrong_value_of_a_key_that_is_there(case, key, value):
    assert case.keys(key)
    assert change(case, key, value) == "Rejected"


@from_1_6
def test_cp16_110_as_many_keys_as_may_be_asked_for(case):
    most = int(case.keys("GetConfigurationMaxKeys")["GetConfigurationMaxKeys"])
    names = [*CORE, *(f"No{n}" for n in range(most - len(CORE)))]
    answer = case.ask("GetConfiguration", {"key": names})
    assert {each["key"] for each in answer["configurationKey"]} == set(CORE)
    assert answer["unknownKey"] == names[len(CORE) :]
    refusal = case.refused("GetConfiguration", {"key": [*names, "Another"]})
    fault = "ProtocolError" if case.link.soap else "OccurenceConstraintViolation"
    assert refusal == fault
