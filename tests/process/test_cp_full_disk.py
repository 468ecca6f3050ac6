"""A charge point whose disk is full goes on with what it has, and begins nothing new."""

import sys

from tests.process.server import ACCEPTED
from tests.process.test_store import WITH_SMALL_FILES
from tests.process.twistd import TWISTD, Twistd, write_plugin

FILLS = """
from ocppfw import hookimpl

role = "cp"

@hookimpl
def cp_data_transfer(station, payload):
    station.store.put("filled", "all", "x" * 4_000_000)
    return {"status": "Accepted"}
"""
COMMAND = [sys.executable, "-c", WITH_SMALL_FILES, str(TWISTD), "-n", "--pidfile=", "ocppfw"]
OPTIONS = ["--role", "cp", "--id", "CP1", "--trace", "off", "--store", "sqlite:///cp1.db"]
INFO = {"idTagInfo": {"status": "Accepted"}}
RESULTS = {
    "BootNotification": {**ACCEPTED, "interval": 1000},
    "StartTransaction": {"transactionId": 5, **INFO},
}


class CentralSystem:
    """Answers what is asked, and remembers it."""

    def __init__(self, wire):
        self.told = []
        self._wire = wire

    def hear(self, *wanted):
        """Answer calls until one has an action of those wanted; or until an answer comes."""
        while True:
            message = self._wire.receive()
            if message[0] == 3:
                return message[2]
            _, message_id, action, payload = message
            self._wire.send([3, message_id, RESULTS.get(action, {})])
            self.told.append((action, payload))
            if action in wanted:
                return payload

    def ask(self, action, payload):
        self._wire.send([2, f"ask {action}", action, payload])
        return self.hear()


def test_a_full_disk(tmp_path, server):
    write_plugin(tmp_path, "fills", FILLS)
    station = Twistd([*COMMAND, *OPTIONS, "--url", server.url], tmp_path, {})
    try:
        _, wire = server.accept()
        central = CentralSystem(wire)
        central.hear("StatusNotification")
        start = {"idTag": "ABC", "connectorId": 1}
        assert central.ask("RemoteStartTransaction", start) == {"status": "Accepted"}
        central.hear("StartTransaction")
        # The answer leaves, although what it stands for cannot be kept.
        assert central.ask("DataTransfer", {"vendorId": "v"}) == {"status": "Accepted"}
        station.wait_for(r"store cp1\.db: it cannot be written to: .*\. Stations go on")
        other = {"idTag": "DEF", "connectorId": 2}
        assert central.ask("RemoteStartTransaction", other) == {"status": "Rejected"}
        stop = {"transactionId": 5}
        assert central.ask("RemoteStopTransaction", stop) == {"status": "Accepted"}
        assert central.hear("StopTransaction")["transactionId"] == 5
        station.wait_for("cp#CP1: Messages about transactions are in memory only; no further")
    finally:
        station.end()
