"""What a central system sets is followed: a test for every key (1.6 section 9.1)."""

import pytest

from ocppfw.charge_point import ConfigurationKeys, InvalidTransition, Template
from ocppfw.versions import OcppVersion
from tests.memory.script import NEVER
from tests.plugins.charge_points import ChargePointPair, boot_answer, refusal

V1_6 = OcppVersion.V1_6
REGISTER = "Energy.Active.Import.Register"

#: What only a person at the charge point would see, or what never fails here.
KEPT = {"BlinkRepeat": "3", "ConnectorPhaseRotation": "1.RST", "LightIntensity": "30"}
KEPT["ResetRetries"] = "2"


@pytest.fixture
def pair(clock, logged):
    made = ChargePointPair(V1_6, clock)
    made.answers["BootNotification"] = boot_answer(V1_6, interval=1_000_000)
    made.connect()
    made.calls()
    yield made
    made.end()
    assert logged.faults() == []
    assert clock.getDelayedCalls() == []


def configure(pair, **keys):
    for key, value in keys.items():
        assert pair.configure(key, value) == "Accepted"


def plug(pair, number=1):
    pair.model.plug(number)
    pair.wait(0)


def charge(pair, tag="K1"):
    pair.model.start(tag, 1)
    pair.wait(0)


def leave(pair):
    if pair.model.connectors[1].transaction is not None:
        pair.model.stop(1)
    pair.model.unplug(1)
    pair.wait(0)
    pair.calls()


def is_charging(pair):
    transaction = pair.model.connectors[1].transaction
    return transaction is not None and transaction.running


def actions(pair):
    """Those of the calls, without reports of statuses."""
    return [action for action in pair.actions() if action != "StatusNotification"]


def meter_values(pair):
    """Connector, context and measurands of MeterValues."""
    found = []
    for _, payload in pair.calls("MeterValues"):
        [value] = payload["meterValue"]
        [context] = {each["context"] for each in value["sampledValue"]}
        names = [each["measurand"] for each in value["sampledValue"]]
        found.append((payload["connectorId"], context, names))
    return found


def stop_contexts(pair):
    """The contexts of the transactionData of a transaction that ends now."""
    pair.model.stop(1)
    pair.wait(0)
    [(_, payload)] = pair.calls("StopTransaction")
    data = payload.get("transactionData", [])
    return [value["sampledValue"][0]["context"] for value in data]


def say_of_starts(pair, status):
    pair.answers["StartTransaction"] = {"transactionId": 5, "idTagInfo": {"status": status}}


# One function for each key, whose name it bears.


def allow_offline_tx_for_unknown_id(pair):
    for value in ("false", "true"):
        configure(pair, AllowOfflineTxForUnknownId=value)
        pair.disconnect()
        charge(pair)
        assert is_charging(pair) is (value == "true")
        pair.connect()
        leave(pair)


def authorization_cache_enabled(pair):
    configure(pair, LocalPreAuthorize="true")
    charge(pair)
    leave(pair)
    configure(pair, AuthorizationCacheEnabled="false")
    charge(pair)
    assert actions(pair) == ["Authorize", "StartTransaction"]
    leave(pair)
    configure(pair, AuthorizationCacheEnabled="true")
    charge(pair)
    assert actions(pair) == ["StartTransaction"]


def authorize_remote_tx_requests(pair):
    for value, asked in (("false", []), ("true", ["Authorize"])):
        configure(pair, AuthorizeRemoteTxRequests=value)
        assert pair.start() == "Accepted"
        assert actions(pair) == [*asked, "StartTransaction"]
        pair.stop()
        pair.calls()


def clock_aligned_data_interval(pair):
    configure(pair, ClockAlignedDataInterval="900")
    pair.wait(1800)
    found = meter_values(pair)
    assert found == [(number, "Sample.Clock", [REGISTER]) for number in range(3)] * 2
    configure(pair, ClockAlignedDataInterval="0")
    pair.wait(1800)
    assert meter_values(pair) == []


def connection_time_out(pair):
    configure(pair, ConnectionTimeOut="15")
    pair.model.tap("K1", 1)
    pair.wait(14)
    assert pair.statuses() == [(1, "Preparing")]
    pair.wait(1)
    assert pair.statuses() == [(1, "Available")]


def heartbeat_interval(pair):
    configure(pair, HeartbeatInterval="20")
    pair.wait(40)
    assert actions(pair) == ["Heartbeat"] * 2


def local_authorize_offline(pair):
    charge(pair)
    leave(pair)
    for value in ("false", "true"):
        configure(pair, LocalAuthorizeOffline=value)
        pair.disconnect()
        charge(pair)
        assert is_charging(pair) is (value == "true")
        pair.connect()
        leave(pair)


def local_pre_authorize(pair):
    charge(pair)
    leave(pair)
    for value, asked in (("false", ["Authorize"]), ("true", [])):
        configure(pair, LocalPreAuthorize=value)
        charge(pair)
        assert actions(pair) == [*asked, "StartTransaction"]
        leave(pair)


def max_energy_on_invalid_id(pair):
    """CP16-122."""
    configure(pair, StopTransactionOnInvalidId="false", MaxEnergyOnInvalidId="100")
    say_of_starts(pair, "Invalid")
    charge(pair)
    pair.wait(20)
    assert (1, "SuspendedEVSE") not in pair.statuses()
    pair.wait(20)
    assert pair.statuses() == [(1, "SuspendedEVSE")]
    pair.wait(1000)
    assert pair.model.connectors[1].meter.register == 100


def message_timeout(pair):
    """1.6 errata 3.82."""
    pair.answers["Authorize"] = NEVER
    plug(pair)
    for seconds in (5, 7):
        configure(pair, MessageTimeout=str(seconds))
        pair.model.tap("K1", 1)
        pair.wait(seconds - 1)
        assert pair.model.connectors[1].transaction is not None
        pair.wait(1)
        assert pair.model.connectors[1].transaction is None


def meter_values_aligned_data(pair):
    configure(pair, ClockAlignedDataInterval="60", MeterValuesAlignedData="Frequency")
    pair.wait(60)
    assert meter_values(pair) == [(n, "Sample.Clock", ["Frequency"]) for n in range(3)]


def meter_values_sampled_data(pair):
    configure(pair, MeterValuesSampledData="SoC,Power.Active.Import")
    charge(pair)
    pair.wait(60)
    assert meter_values(pair) == [(1, "Sample.Periodic", ["SoC", "Power.Active.Import"])]
    pair.ask("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1})
    assert meter_values(pair) == [(1, "Trigger", ["SoC", "Power.Active.Import"])]


def meter_value_sample_interval(pair):
    configure(pair, MeterValueSampleInterval="10")
    charge(pair)
    pair.wait(30)
    assert len(meter_values(pair)) == 3
    configure(pair, MeterValueSampleInterval="0")
    pair.wait(1000)
    assert meter_values(pair) == []


def minimum_status_duration(pair):
    configure(pair, MinimumStatusDuration="10")
    plug(pair)
    pair.wait(9)
    pair.model.unplug(1)
    pair.wait(60)
    assert pair.statuses() == []
    plug(pair)
    pair.wait(10)
    assert pair.statuses() == [(1, "Preparing")]


def stop_transaction_on_ev_side_disconnect(pair):
    configure(pair, StopTransactionOnEVSideDisconnect="false")
    charge(pair)
    pair.calls()
    pair.model.unplug(1)
    pair.wait(0)
    assert pair.statuses() == [(1, "SuspendedEV")]
    assert is_charging(pair)
    plug(pair)
    configure(pair, StopTransactionOnEVSideDisconnect="true")
    pair.model.unplug(1)
    pair.wait(0)
    assert "StopTransaction" in actions(pair)


def stop_transaction_on_invalid_id(pair):
    """CP16-044 and 045, E38."""
    say_of_starts(pair, "Invalid")
    charge(pair)
    [(_, stop)] = pair.calls("StopTransaction")
    assert stop["reason"] == "DeAuthorized"
    pair.model.tap("K1", 1)
    leave(pair)
    configure(pair, StopTransactionOnInvalidId="false")
    charge(pair)
    assert pair.statuses()[-1] == (1, "SuspendedEVSE")
    assert is_charging(pair)


def stop_txn_aligned_data(pair):
    configure(pair, StopTxnAlignedData=REGISTER, ClockAlignedDataInterval="60")
    charge(pair)
    pair.wait(130)
    assert stop_contexts(pair) == ["Sample.Clock"] * 3  # 14:55 to 14:57


def stop_txn_sampled_data(pair):
    configure(pair, StopTxnSampledData=REGISTER)
    charge(pair)
    pair.wait(130)
    periodic = ["Sample.Periodic"] * 2
    assert stop_contexts(pair) == ["Transaction.Begin", *periodic, "Transaction.End"]


def transaction_message_attempts(pair):
    pair.answers["StartTransaction"] = refusal()
    configure(pair, TransactionMessageAttempts="2")
    charge(pair)
    pair.wait(1000)
    assert actions(pair).count("StartTransaction") == 2


def transaction_message_retry_interval(pair):
    """E40: the second attempt comes after one interval, the third after two more."""
    pair.answers["StartTransaction"] = refusal()
    configure(pair, TransactionMessageRetryInterval="10", MeterValueSampleInterval="0")
    charge(pair)
    found = []
    for _ in range(4):
        found.append(actions(pair).count("StartTransaction"))
        pair.wait(10)
    assert found == [1, 1, 0, 1]


def unlock_connector_on_ev_side_disconnect(pair):
    """CP16-006 and 007."""
    for value in ("true", "false"):
        configure(pair, UnlockConnectorOnEVSideDisconnect=value)
        charge(pair)
        pair.model.unplug(1)
        pair.wait(0)
        assert pair.statuses()[-1] == (1, "Finishing")
        if value == "false":
            with pytest.raises(InvalidTransition, match="locked"):
                pair.model.unplug(1)
            pair.model.tap("K1", 1)  # who has begun gets the cable back
        pair.model.unplug(1)
        pair.wait(0)
        assert pair.statuses() == [(1, "Available")]


def web_socket_ping_interval(pair):
    """E20."""
    configure(pair, WebSocketPingInterval="60")
    configure(pair, WebSocketPingInterval="0")
    assert pair.cp.pipe.ping_intervals == [60, 0]


TESTS = {
    "AllowOfflineTxForUnknownId": allow_offline_tx_for_unknown_id,
    "AuthorizationCacheEnabled": authorization_cache_enabled,
    "AuthorizeRemoteTxRequests": authorize_remote_tx_requests,
    "ClockAlignedDataInterval": clock_aligned_data_interval,
    "ConnectionTimeOut": connection_time_out,
    "HeartbeatInterval": heartbeat_interval,
    "LocalAuthorizeOffline": local_authorize_offline,
    "LocalPreAuthorize": local_pre_authorize,
    "MaxEnergyOnInvalidId": max_energy_on_invalid_id,
    "MessageTimeout": message_timeout,
    "MeterValueSampleInterval": meter_value_sample_interval,
    "MeterValuesAlignedData": meter_values_aligned_data,
    "MeterValuesSampledData": meter_values_sampled_data,
    "MinimumStatusDuration": minimum_status_duration,
    "StopTransactionOnEVSideDisconnect": stop_transaction_on_ev_side_disconnect,
    "StopTransactionOnInvalidId": stop_transaction_on_invalid_id,
    "StopTxnAlignedData": stop_txn_aligned_data,
    "StopTxnSampledData": stop_txn_sampled_data,
    "TransactionMessageAttempts": transaction_message_attempts,
    "TransactionMessageRetryInterval": transaction_message_retry_interval,
    "UnlockConnectorOnEVSideDisconnect": unlock_connector_on_ev_side_disconnect,
    "WebSocketPingInterval": web_socket_ping_interval,
}


@pytest.mark.parametrize("key", TESTS)
def test_what_is_set_is_followed(pair, key):
    TESTS[key](pair)


@pytest.mark.parametrize(("key", "value"), KEPT.items())
def test_what_is_only_kept_can_be_read_back(pair, key, value):
    configure(pair, **{key: value})
    [found] = pair.ask("GetConfiguration", {"key": [key]})["configurationKey"]
    assert found == {"key": key, "readonly": False, "value": value}


def test_every_key_that_can_be_set_has_a_test():
    known, _ = ConfigurationKeys(V1_6, Template(), "CP1", 300.0, lambda: None).read()
    settable = {name for name, (_, is_read_only) in known.items() if not is_read_only}
    assert settable == {*TESTS, *KEPT}


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("Nonsense", "1", "NotSupported"),  # CP16-048
        ("MeterValueSampleInterval", "-1", "Rejected"),  # CP16-049
        ("MeterValueSampleInterval", "abc", "Rejected"),
        ("LocalPreAuthorize", "maybe", "Rejected"),
        ("NumberOfConnectors", "9", "Rejected"),
        ("MeterValuesSampledData", f"{REGISTER},RPM", "Rejected"),  # E49
    ],
)
def test_bad_input_changes_nothing(pair, key, value, status):
    before = pair.ask("GetConfiguration", {})
    assert pair.configure(key, value) == status
    assert pair.ask("GetConfiguration", {}) == before


# The keys of 1.2 and 1.5; of their meter values tells test_cp_meter_values.


@pytest.fixture
def older(version, clock, logged):
    made = ChargePointPair(version, clock)
    made.answers["BootNotification"] = boot_answer(version, interval=1_000_000)
    made.connect()
    made.calls()
    yield made
    made.end()
    assert logged.faults() == []


OLDER = pytest.mark.parametrize("version", [OcppVersion.V1_2, OcppVersion.V1_5], ids=str)


@OLDER
def test_connection_time_out_of_older_versions(older):
    configure(older, ConnectionTimeOut="15")
    older.model.tap("K1", 1)
    older.wait(14)
    assert older.statuses() == [(1, "Occupied")]
    older.wait(1)
    assert older.statuses() == [(1, "Available")]


@OLDER
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("BlinkRepeat", "3"),
        ("LightIntensity", "30"),
        ("ProximityContactRetries", "2"),
        ("ProximityLockRetries", "2"),
        ("ResetRetries", "2"),
    ],
)
def test_what_older_versions_only_keep(older, key, value):
    configure(older, **{key: value})
    assert older.model.configuration.read([key])[0] == {key: (value, False)}


@OLDER
@pytest.mark.parametrize(
    "key", ["LocalPreAuthorize", "MinimumStatusDuration", "HeartbeatIntervals"]
)
def test_keys_that_older_versions_do_not_have(older, key):
    assert older.configure(key, "true") == "NotSupported"


@OLDER
def test_the_identity_cannot_be_set(older):
    assert older.configure("ChargePointId", "other") == "Rejected"
    assert older.model.configuration.read(["chargepointid"])[0] == {"ChargePointId": ("CP1", True)}
