"""Mutated envelopes, posted to either role: each gets a result or a fault, and nothing breaks."""

import random
from collections import Counter

import pytest

from ocppfw.versions import Role
from tests.process.envelopes import CLEAR_CACHE, HEARTBEAT, SoapServer, ask, envelope, http_to
from tests.process.twistd import central_system, charge_point
from tests.soap.envelopes import MESSAGES
from tests.soap.test_mutations import mutated, written

sizes = pytest.mark.parametrize(
    "count", [200, pytest.param(5000, marks=[pytest.mark.soak, pytest.mark.timeout(600)])]
)
# A reset ends the connection by itself; that is tested elsewhere.
WITHOUT = ("Reset",)


def seeds(role, version=None):
    """A good envelope of everything that a side is asked."""
    return [
        written(message)
        for message in MESSAGES
        if message.is_request
        and message.role is role
        and version in (None, message.version)
        and message.action not in WITHOUT
    ]


def post_mutations(port, seeds, count, good):
    """Post so many; how often which end was seen."""
    chance = random.Random(count)
    ends = Counter()
    with http_to(port) as connection:
        for _ in range(count):
            data = mutated(chance, chance.choice(seeds))
            answer = ask(connection, "POST", data=data)
            if answer.status == 200:
                assert answer.name.endswith("Response"), data
                ends["result"] += 1
            else:
                fault = answer.fault  # there is one, whatever the status
                assert fault.subcode != "InternalError", data
                assert fault.reason.isprintable()
                wanted = 400 if fault.code == "Sender" else 500
                assert answer.status == wanted, (answer, data)
                ends[fault.subcode] += 1
            if chance.random() < 0.1:
                assert ask(connection, "POST", data=good).status == 200
    return ends


def assert_all_was_well(process, ends, count):
    assert process.process.poll() is None
    assert "Traceback" not in process.text
    assert "Unhandled" not in process.text
    assert "an internal error" not in process.text
    # The mutations must be neither too wild nor too tame.
    assert sum(ends.values()) == count
    assert ends["result"] > count / 50
    assert ends["ProtocolError"] > count / 5
    assert len(ends) > 2, ends


@pytest.mark.slow
@sizes
def test_central_system(tmp_path, count):
    with central_system(tmp_path, "--trace", "off") as central:
        ends = post_mutations(central.port, seeds(Role.CS), count, envelope(HEARTBEAT))
        assert_all_was_well(central, ends, count)


@pytest.mark.slow
@sizes
def test_charge_point(tmp_path, count):
    good = envelope(CLEAR_CACHE, "CP", version="1.6", role="cp")
    options = ("--id", "CP", "--manual", "--trace", "off")
    with SoapServer("1.6", "cs") as server, charge_point(tmp_path, server.url, *options) as station:
        port = int(station.wait_for(r"SOAP Server listening on port (\d+)")[1])
        station.wait_for("CentralSystem can be called at")
        ends = post_mutations(port, seeds(Role.CP, "1.6"), count, good)
        assert_all_was_well(station, ends, count)
