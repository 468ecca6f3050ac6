"""Random mutations of valid frames, to either role: nothing breaks, every call is answered."""

import json

import pytest

from tests.fuzz.mutations import Mutator, id_to_answer, seeds
from tests.fuzz.session import Bystander, Session
from tests.process.server import ACCEPTED, Server
from tests.process.twistd import central_system, charge_point
from tests.process.wire import knock, open_wire

VERSIONS = ("1.2", "1.5", "1.6", "2.0.1", "2.1")
SAMPLE = 200  # frames per role and version: 1,000 per role
FULL = 2_000  # frames per role and version: 10,000 per role

sizes = pytest.mark.parametrize(
    "count",
    [SAMPLE, pytest.param(FULL, marks=[pytest.mark.soak, pytest.mark.timeout(600)])],
)
versions = pytest.mark.parametrize("version", VERSIONS)

# Our charge point calls, too: about its connectors, and what a remote start brings.
RESULTS = {
    "BootNotification": ACCEPTED | {"interval": 300},
    "Authorize": {"idTagInfo": {"status": "Accepted"}},
    "StartTransaction": {"transactionId": 7, "idTagInfo": {"status": "Accepted"}},
    "StopTransaction": {},
    "Heartbeat": {"currentTime": ACCEPTED["currentTime"]},
    "StatusNotification": {},
    "MeterValues": {},
    "TransactionEvent": {},
    "NotifyReport": {},
}


def answer(version):
    """What a central system of a version answers our charge point."""
    results = dict(RESULTS)
    if version in ("1.2", "1.5"):
        results["BootNotification"] = ACCEPTED | {"heartbeatInterval": 300}
    if version.startswith("2"):
        results["Authorize"] = {"idTokenInfo": {"status": "Accepted"}}

    def react(wire, message):
        if message[2] in results:
            wire.send([3, message[1], results[message[2]]])
        else:
            wire.send([4, message[1], "NotSupported", "", {}])

    return react


def assert_all_was_well(session, bystander, process, count):
    assert session.faults == []
    assert bystander.fault == ""
    assert bystander.answered > 5
    # The mutations must be neither too wild nor too tame.
    assert session.reconnects > count / 100
    assert session.answered > count / 4
    assert session.refused > session.answered / 4
    assert process.process.poll() is None
    assert "Traceback" not in process.text
    assert "Unhandled" not in process.text
    assert "an internal error" not in process.text


@pytest.mark.slow
@sizes
@versions
def test_central_system(tmp_path, count, version):
    good = ("Heartbeat", {})

    def connected(identity):
        wire = open_wire(central.port)
        assert knock(wire, f"/{identity}", f"ocpp{version}").status == 101
        return wire

    with central_system(tmp_path) as central:
        session = Session(lambda: connected("FUZZ"), good)
        with Bystander(connected("CALM"), good) as bystander, session:
            session.run(Mutator(f"cs {version} {count}", seeds(version, "cs")), count)
        assert_all_was_well(session, bystander, central, count)


@pytest.mark.slow
@sizes
@versions
def test_charge_point(tmp_path, count, version):
    good = ("ClearCache", {})
    options = ["--id", "FUZZ", "--id", "CALM", "--protocol", f"ocpp{version}"]
    options += ["--reconnect-delay", "0.01", "--reconnect-max-delay", "0.01"]
    react = answer(version)

    def accepted():
        return server.accept(f"ocpp{version}")[1]

    with Server() as server, charge_point(tmp_path, server.url, *options) as station:
        found = dict(
            reversed((request.path, wire)) for request, wire in boot(server, version, react)
        )
        wires = {path: wire for wire, path in found.items()}
        first = [wires["/FUZZ"]]
        session = Session(lambda: first.pop() if first else accepted(), good, react)
        with Bystander(wires["/CALM"], good) as bystander:
            # A reset ends the connection by itself; that is tested elsewhere.
            mutator = Mutator(f"cp {version} {count}", seeds(version, "cp", without=("Reset",)))
            session.run(mutator, count)
        assert_all_was_well(session, bystander, station, count)


def boot(server, version, react):
    """The two charge points, connected and registered."""
    for _ in range(2):
        request, wire = server.accept(f"ocpp{version}")
        statuses = 2 if version.startswith("2") else 3
        for _ in range(1 + statuses):
            react(wire, wire.receive())
        yield request, wire


@pytest.mark.parametrize("version", ["1.6", "2.1"])
@pytest.mark.parametrize(
    "payload",
    ['{"a":' * 2000 + "1" + "}" * 2000, '{"a":1e999}'],
    ids=["too deep", "too large"],
)
def test_call_beyond_the_limits_of_a_parser_is_answered(central, version, payload):
    wire = open_wire(central.port)
    assert knock(wire, "/LIMITS", f"ocpp{version}").status == 101
    try:
        wire.send(f'[2,"beyond","Heartbeat",{payload}]')
        wire.send([2, "good", "Heartbeat", {}])
        first = wire.receive()
        assert first[:2] == [4, "beyond"], first
        assert wire.receive()[:2] == [3, "good"]
    finally:
        wire.socket.close()


@pytest.fixture(scope="module")
def central(tmp_path_factory):
    with central_system(tmp_path_factory.mktemp("central"), "--trace", "off") as process:
        yield process


def test_mutations_are_the_same_for_the_same_seed():
    one, two = (Mutator("seed", seeds("1.6", "cs")) for _ in range(2))
    frames = [one.frame() for _ in range(500)]
    assert frames == [two.frame() for _ in range(500)]
    assert len(set(frames)) > 450
    assert frames != [Mutator("other", seeds("1.6", "cs")).frame() for _ in range(500)]


@pytest.mark.parametrize(
    ("text", "message_id"),
    [
        ('[2,"a","x",{}]', "a"),
        ('[2,"a",5,null]', "a"),
        ('[2,"","x",{}]', None),
        ('[2,5,"x",{}]', None),
        ('[3,"a","x",{}]', None),
        ('[true,"a","x",{}]', None),
        ('[2,"a","x"]', None),
        ('[2,"a","x",NaN]', None),
        ('[2,"\\ud800","x",{}]', None),
        (json.dumps([2, "x" * 255, "x", {}]), "x" * 255),
        (json.dumps([2, "x" * 256, "x", {}]), None),
    ],
)
def test_which_frames_must_be_answered(text, message_id):
    assert id_to_answer(text.encode()) == message_id
