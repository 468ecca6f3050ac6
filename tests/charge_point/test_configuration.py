"""Configuration keys of 1.x."""

import json

import pytest

from ocppfw.charge_point import ConfigurationKeys, Template
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
    return ConfigurationKeys(version, Template(), "CP1", 300.0, lambda: changes.append(None))


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
        ("WebSocketPingInterval", "0", "Accepted", "0"),
        ("ClockAlignedDataInterval", "900", "Accepted", "900"),
        ("ClockAlignedDataInterval", "86401", "Rejected", "0"),
        ("LightIntensity", "101", "Rejected", "100"),
        ("TransactionMessageAttempts", "0", "Rejected", "3"),
        ("ConnectorPhaseRotation", "0.RST, 1.RTS,2.Unknown", "Accepted", "0.RST,1.RTS,2.Unknown"),
        *[
            ("ConnectorPhaseRotation", wrong, "Rejected", "1.Unknown,2.Unknown")
            for wrong in ("", "RST", "3.RST", "1.ABC", "1.RST,1.RTS", "1.rst", "01.RST")
        ],
        (
            "MeterValuesSampledData",
            "Power.Active.Import, Energy.Active.Import.Register,Power.Active.Import",
            "Accepted",
            "Power.Active.Import,Energy.Active.Import.Register",
        ),
        ("MeterValuesSampledData", "", "Accepted", ""),
        ("MeterValuesSampledData", "RPM", "Rejected", "Energy.Active.Import.Register"),
        (
            "MeterValuesSampledData",
            "Power.Active.Import,RPM",
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


LISTS = [
    "MeterValuesAlignedData",
    "MeterValuesSampledData",
    "StopTxnAlignedData",
    "StopTxnSampledData",
]


@pytest.mark.parametrize("version", [OcppVersion.V1_5, OcppVersion.V1_6], ids=str)
@pytest.mark.parametrize("key", LISTS)
def test_one_measurand_that_is_not_supported_rejects_the_list(version, key):
    """1.6 section 3.16.4."""
    configuration = build([], version)
    assert configuration.change(key, "Voltage,Current.Import") == "Accepted"
    assert configuration.change(key, "Voltage,RPM") == "Rejected"
    assert configuration.read([key])[0] == {key: ("Voltage,Current.Import", False)}


@pytest.mark.parametrize("key", LISTS)
def test_single_phases_can_be_named_in_1_6(key):
    configuration = build([])
    assert configuration.change(key, "Voltage.L1-N,Current.Import.L3") == "Accepted"
    for wrong in ("Voltage.L4", "Voltage.", "SoC.L1", "voltage"):
        assert configuration.change(key, wrong) == "Rejected"
    older = build([], OcppVersion.V1_5)
    assert older.change(key, "Current.Import.L3") == "Rejected"  # 1.5 has no phases


def test_every_list_says_how_long_it_may_be():
    configuration = build([])
    known, _ = configuration.read()
    for name, (value, _) in known.items():
        if name.endswith("MaxLength"):
            assert name.removesuffix("MaxLength") in known
            assert int(value) > 0
    assert known["ConnectorPhaseRotationMaxLength"] == ("3", True)


@pytest.mark.parametrize("key", LISTS)
def test_a_list_that_is_too_long_is_rejected(key):
    template = Template(configuration=((f"{key}MaxLength", "2"),))
    configuration = ConfigurationKeys(OcppVersion.V1_6, template, "CP1", 300, lambda: None)
    assert configuration.change(key, "SoC, Voltage,SoC") == "Accepted"
    assert configuration.change(key, "SoC,Voltage,Frequency") == "Rejected"
    assert configuration.read([key])[0] == {key: ("SoC,Voltage", False)}


def test_what_was_set_survives_as_json():
    configuration = build([])
    configuration.change("ConnectionTimeOut", "15")
    configuration.heartbeat_interval = 77
    other = build([])
    assert other.from_json(json.loads(json.dumps(configuration.to_json()))) == []
    assert other.read() == configuration.read()
    assert other.connection_timeout == 15


def test_what_cannot_be_a_value_is_named_and_not_taken():
    configuration = build([])
    values = {"ConnectionTimeOut": "-1", "NumberOfConnectors": "9", "Gone": "1", "BlinkRepeat": "3"}
    wrong = ["ConnectionTimeOut", "NumberOfConnectors", "Gone"]
    assert configuration.from_json(values) == wrong
    assert configuration.to_json() == {"BlinkRepeat": "3"}


@pytest.mark.parametrize("version", V1X)
def test_a_charge_point_says_who_it_is_or_how_often_it_pings(version):
    configuration = build([], version)
    own = "WebSocketPingInterval" if version is OcppVersion.V1_6 else "ChargePointId"
    value = "300" if version is OcppVersion.V1_6 else "CP1"
    assert configuration.read([own])[0][own][0] == value
    assert configuration.ping_interval == (300 if version is OcppVersion.V1_6 else None)


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
