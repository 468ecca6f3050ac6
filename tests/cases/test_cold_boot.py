"""Group 4.1: the power comes, and the charge point registers."""

from itertools import pairwise

from ocppfw import CallFailed
from ocppfw.charge_point import seconds_of
from ocppfw.versions import OcppVersion
from tests.cases.links import from_1_5, from_1_6
from tests.memory.script import NEVER

ALL_AVAILABLE = ["SN 0 Available", "SN 1 Available", "SN 2 Available"]


def interval(cold):
    """What the key of the heartbeat says."""
    name = "HeartbeatInterval" if cold.version is OcppVersion.V1_6 else "HeartBeatInterval"
    return cold.model.configuration.read([name])[0][name][0]


def test_cp16_001_accepted(cold):
    cold.answers["BootNotification"] = cold.booted(interval=30)
    cold.connect()
    cold.expect("Boot", *ALL_AVAILABLE)
    cold.wait(30)
    cold.expect("HB")
    assert interval(cold) == "30"


def test_cp16_001_timestamps_follow_the_central_system(cold):
    cold.set_central_clock(ahead=3600, interval=30)
    cold.connect()
    cold.charge()
    cold.set_central_clock(ahead=7200)
    cold.wait(30)
    cold.expect("HB")
    booted, beaten = cold.clock.seconds() - 32, cold.clock.seconds()
    cold.tap()
    [start], [stop] = cold.payloads("StartTransaction"), cold.payloads("StopTransaction")
    assert seconds_of(start["timestamp"]) - booted in range(3600, 3604)
    assert seconds_of(stop["timestamp"]) == beaten + 7200


@from_1_6
def test_cp16_002_pending(cold):
    cold.answers["BootNotification"] = cold.booted("Pending", 20)
    cold.connect()
    [first] = cold.expect("Boot")
    assert cold.keys("NumberOfConnectors") == {"NumberOfConnectors": "2"}
    cold.configure(MeterValueSampleInterval=37)
    request = {"requestedMessage": "StatusNotification", "connectorId": 1}
    assert cold.ask("TriggerMessage", request) == "Accepted"
    cold.expect("SN 1 Available")
    cold.answers["BootNotification"] = cold.booted()
    cold.wait(20)
    [again, *_] = cold.expect("Boot", *ALL_AVAILABLE)
    assert 20 <= again.time - first.time <= 60


def test_cp16_108_boot_is_refused_and_not_answered(cold):
    cold.answers["BootNotification"] = CallFailed("InternalError", "not now")
    cold.connect()
    cold.expect("Boot")
    cold.answers["BootNotification"] = NEVER
    cold.wait(15)
    cold.expect("Boot")
    cold.answers["BootNotification"] = cold.booted()
    cold.wait(60)
    boots = [each for each in cold.central.heard if str(each) == "Boot"]
    cold.expect("Boot", *ALL_AVAILABLE)
    assert all(later.time - earlier.time >= 10 for earlier, later in pairwise(boots))


@from_1_5
def test_cp16_109_another_interval_of_the_heartbeat(case):
    key = "HeartbeatInterval" if case.version is OcppVersion.V1_6 else "HeartBeatInterval"
    case.configure(**{key: 20})
    assert case.keys(key) == {key: "20"}
    case.wait(70)
    case.expect("HB", "HB", "HB")
