"""A charge point that is killed delivers what it owed when it is started again."""

import json
import random
from collections import defaultdict
from contextlib import contextmanager

import pytest

from tests.process.server import ACCEPTED
from tests.process.twistd import charge_point
from tests.process.wire import Ended, new_id

KILLS = 5  # of each session
CONNECTORS = 3
OPTIONS = [
    *("--id", "CP1", "--connectors", f"{CONNECTORS}", "--store", "sqlite:///cp1.db"),
    *("--tx-pause", "0", "--reconnect-delay", "0.01", "--ping-interval", "0", "--trace", "off"),
]
SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 12))]


class BackOffice:
    """A central system that asks for transactions as chance wants it, and remembers all it hears.

    A message that it has heard before is answered as it was then.
    """

    def __init__(self, server, seed):
        self.chance = random.Random(seed)
        self.told = []  # action and payload of every message about a transaction, each once
        self.repeated = []
        self.doubtful = None  # the message that was heard last, whose answer may not have arrived
        self.stopped = set()
        self.booted = False
        self.loses = (
            0.05  # how many connections end before a message about a transaction is answered
        )
        self._server = server
        self._answers = {}
        self._tags = 0
        self._wire = None

    @contextmanager
    def connected(self):
        _, self._wire = self._server.accept()
        try:
            yield self
        finally:
            self._wire.socket.close()

    def hear(self):
        """Handle one message; a call is answered, now and then not at all.

        Returns:
            The status of an answer, None for a call.
        """
        message = self._wire.receive()
        if message[0] != 2:
            return message[2]["status"]
        _, message_id, action, payload = message
        answer = self._answer_to(action, payload)
        if self.chance.random() < self.loses and action.endswith("Transaction"):
            raise Ended("the answer does not arrive")
        self._wire.send([3, message_id, answer])
        return None

    def _answer_to(self, action, payload):
        if action == "BootNotification":
            self.booted = True
            return {**ACCEPTED, "interval": 1000}
        if not action.endswith("Transaction"):
            return {}
        assert self.booted, "not before it is accepted (1.6 section 4.2)"
        key = json.dumps([action, payload], sort_keys=True)
        if key in self._answers:
            assert key == self.doubtful, f"{key} was answered, and comes again"
            self.repeated.append(key)
        else:
            self.told.append((action, payload))
            info = {"idTagInfo": {"status": "Accepted"}}
            number = {"transactionId": len(self.told)} if action == "StartTransaction" else {}
            self._answers[key] = {**number, **info}
        self.doubtful = key
        return self._answers[key]

    def ask(self):
        """Ask for something: a start, a stop of one that runs, or what changes nothing."""
        running = [each for each in self.starts.values() if each not in self.stopped]
        kind = self.chance.random()
        if kind < 0.4:
            self.start(self.chance.randint(1, CONNECTORS))
        elif kind < 0.7 and running:
            self.stop(self.chance.choice(running))
        else:
            self._wire.send([2, new_id(), "ClearCache", {}])

    def start(self, connector):
        self._tags += 1
        payload = {"connectorId": connector, "idTag": f"{self._tags:04}"}
        self._wire.send([2, new_id(), "RemoteStartTransaction", payload])
        return payload["idTag"]

    def stop(self, transaction_id):
        self.stopped.add(transaction_id)
        payload = {"transactionId": transaction_id}
        self._wire.send([2, new_id(), "RemoteStopTransaction", payload])

    @property
    def starts(self):
        """The transactions by idTag."""
        numbered = enumerate(self.told, 1)
        return {p["idTag"]: n for n, (action, p) in numbered if action == "StartTransaction"}


def run_until_killed(office, folder, url):
    """Start it, and kill it at some point of the session."""
    office.booted = False
    with charge_point(folder, url, *OPTIONS) as station:
        left = office.chance.randrange(1, 150)
        while left > 0:
            try:
                with office.connected():
                    while left > 0:
                        office.hear()
                        office.ask()
                        left -= 1
                    station.process.kill()
                    station.wait()
            except Ended:
                pass
        assert station.trouble == []


def run_to_the_end(office, folder, url):
    """Start it, and have one more transaction, which comes behind all that is owed."""
    office.booted, office.loses = False, 0
    with charge_point(folder, url, *OPTIONS) as station, office.connected():
        while not office.booted:
            office.hear()
        tag = office.start(1)
        while tag not in office.starts:
            if office.hear() == "Rejected":  # as it was before the answer to the boot had arrived
                tag = office.start(1)
        number = office.starts[tag]
        office.stop(number)
        while not any(p.get("transactionId") == number for _, p in office.told):
            office.hear()
        assert station.trouble == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_every_start_and_every_stop_arrives_once_and_in_order(tmp_path, server, seed):
    office = BackOffice(server, seed)
    for _ in range(KILLS):
        run_until_killed(office, tmp_path, server.url)
    run_to_the_end(office, tmp_path, server.url)
    starts, stops, registers = [], [], defaultdict(list)
    places = {}
    for number, (action, payload) in enumerate(office.told, 1):
        if action == "StartTransaction":
            starts.append(payload["idTag"])
            places[number] = payload["connectorId"]
            registers[payload["connectorId"]].append(payload["meterStart"])
        else:
            assert payload["transactionId"] in places, "a stop before its start"
            stops.append(payload["transactionId"])
            registers[places[payload["transactionId"]]].append(payload["meterStop"])
    assert starts == sorted(set(starts))
    assert sorted(stops) == sorted(places)
    assert all(each == sorted(each) for each in registers.values())
    assert len(starts) > 1
