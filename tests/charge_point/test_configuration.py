"""Configuration keys of 1.x."""

import pytest

from ocppfw.charge_point import ConfigurationKeys
from ocppfw.versions import OcppVersion

V1X = [version for version in OcppVersion if not version.is_2x]

#: Required of the profile Core (1.6 section 9.1 with errata 4).
REQUIRED = [
    "AuthorizeRemoteTxRequests",
    "ClockAlignedDataInterval",
    "ConnectionTimeOut",
    "ConnectorPhaseRotation",
    "GetConfigurationMaxKeys",
    "HeartbeatInterval",
    "LocalAuthorizeOffline",
    "LocalPreAuthorize",
    "MeterValuesAlignedData",
    "MeterValuesSampledData",
    "MeterValueSampleInterval",
    "NumberOfConnectors",
    "ResetRetries",
    "StopTransactionOnInvalidId",
    "StopTxnAlignedData",
    "StopTxnSampledData",
    "SupportedFeatureProfiles",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "UnlockConnectorOnEVSideDisconnect",
]


@pytest.fixture
def changes():
    return []


def build(changes=(), version=OcppVersion.V1_6):
    constants = {"NumberOfConnectors": "2", "WebSocketPingInterval": "300"}
    return ConfigurationKeys(version, constants, lambda: changes.append(None))


def test_required_keys_are_there():
    known, unknown = build().read(REQUIRED)
    assert list(known) == REQUIRED
    assert unknown == []


@pytest.mark.parametrize("version", V1X)
def test_no_key_means_all(version):
    known, unknown = build(version=version).read()
    assert len(known) > 5
    assert unknown == []


def test_names_are_compared_without_case():
    known, unknown = build().read(["heartbeatINTERVAL", "Nonsense", "nonsense"])
    assert known == {"HeartbeatInterval": ("300", False)}
    assert unknown == ["Nonsense", "nonsense"]


@pytest.mark.parametrize("version", V1X)
def test_the_heartbeat_is_spelt_with_a_capital_b_before_1_6(version):
    name = "HeartbeatInterval" if version is OcppVersion.V1_6 else "HeartBeatInterval"
    configuration = build([], version)
    assert name in configuration.read()[0]
    configuration.heartbeat_interval = 60
    assert configuration.read([name])[0] == {name: ("60", False)}
    assert configuration.heartbeat_interval == 60


@pytest.mark.parametrize(
    ("key", "value", "status", "after"),
    [
        ("HeartbeatInterval", "60", "Accepted", "60"),
        ("heartbeatinterval", "060", "Accepted", "60"),
        ("HeartbeatInterval", "0", "Rejected", "300"),
        ("HeartbeatInterval", "-1", "Rejected", "300"),
        ("HeartbeatInterval", "", "Rejected", "300"),
        ("HeartbeatInterval", "5.5", "Rejected", "300"),
        ("HeartbeatInterval", "1_0", "Rejected", "300"),
        ("HeartbeatInterval", "١٢", "Rejected", "300"),
        ("HeartbeatInterval", "2147483648", "Rejected", "300"),
        ("HeartbeatInterval", "9" * 500, "Rejected", "300"),
        ("MeterValueSampleInterval", "0", "Accepted", "0"),
        ("AuthorizeRemoteTxRequests", "TRUE", "Accepted", "true"),
        ("AuthorizeRemoteTxRequests", "yes", "Rejected", "false"),
        ("NumberOfConnectors", "9", "Rejected", "2"),
        ("WebSocketPingInterval", "-1", "Rejected", "300"),
        (
            "MeterValuesSampledData",
            "Power.Active.Import, Energy.Active.Import.Register,Power.Active.Import",
            "Accepted",
            "Power.Active.Import,Energy.Active.Import.Register",
        ),
        ("MeterValuesSampledData", "", "Accepted", ""),
        ("MeterValuesSampledData", "SoC", "Rejected", "Energy.Active.Import.Register"),
        (
            "MeterValuesSampledData",
            "Power.Active.Import,SoC",
            "Rejected",
            "Energy.Active.Import.Register",
        ),
    ],
)
def test_change(changes, key, value, status, after):
    configuration = build(changes)
    assert configuration.change(key, value) == status
    [(found, _)] = configuration.read([key])[0].values()
    assert found == after
    assert len(changes) == (status == "Accepted")


def test_an_unknown_key_is_not_supported(changes):
    assert build(changes).change("Nonsense", "1") == "NotSupported"
    assert changes == []


@pytest.mark.parametrize("version", V1X)
def test_every_key_that_is_read_only_rejects_its_own_value(version):
    configuration = build(version=version)
    for name, (value, is_read_only) in configuration.read()[0].items():
        if is_read_only:
            assert configuration.change(name, value) == "Rejected"


@pytest.mark.parametrize("version", V1X)
def test_every_other_key_accepts_its_own_value(version):
    configuration = build([], version)
    for name, (value, is_read_only) in configuration.read()[0].items():
        if not is_read_only:
            assert configuration.change(name, value) == "Accepted"


@pytest.mark.parametrize("version", V1X)
def test_what_behaviours_ask_for(version):
    configuration = build(version=version)
    assert configuration.sample_interval == 60
    assert configuration.sampled_measurands == ["Energy.Active.Import.Register"]
    assert configuration.authorizes_remote_starts is False


def test_no_measurand_at_all(changes):
    configuration = build(changes)
    configuration.change("MeterValuesSampledData", "")
    assert configuration.sampled_measurands == []
