"""permessage-deflate between real processes: what is negotiated, and what it costs."""

import random
import sys
import zlib

import pytest

from benchmarks.measure import resident_kib
from tests.process.twistd import central_system, charge_point, write_plugin
from tests.process.wire import TEXT, deflated, new_id

LONG = random.Random(1).randbytes(2000).hex()
COUNT = 150

TALKER = '''"""Has long messages go both ways on every connection."""
from ocppfw import hookimpl

LONG = {"vendorId": "tests", "data": "x" * 4000}

@hookimpl
def connection_opened(station, peer):
    station.later(0, lambda: peer.call("DataTransfer", LONG).addCallback(tell, station))

def tell(answer, station):
    assert answer == {"status": "Accepted", "data": LONG["data"]}
    talked = station.data["talker"]
    talked["count"] = talked.get("count", 0) + 1
    print(f"{station.label} has talked {talked['count']} times", flush=True)

@hookimpl
def cs_data_transfer(payload):
    return {"status": "Accepted", "data": payload["data"]}

@hookimpl
def cp_data_transfer(payload):
    return {"status": "Accepted", "data": payload["data"]}
'''


def data_transfer(message_id):
    return f'[2,"{message_id}","DataTransfer",{{"vendorId":"x","data":"{LONG}"}}]'.encode()


def test_a_charge_point_wants_no_context_but_puts_up_with_it(tmp_path, server):
    with charge_point(tmp_path, server.url, "--manual"):
        request, _ = server.accept()
    wanted, second = request.headers["sec-websocket-extensions"].split(",")
    assert "server_no_context_takeover" in wanted
    assert "server_no_context_takeover" not in second
    for offer in (wanted, second):
        assert offer.startswith("permessage-deflate; client_no_context_takeover")


@pytest.mark.parametrize(
    "extensions", ["permessage-deflate", "permessage-deflate; client_no_context_takeover"]
)
def test_a_central_system_may_take_over_its_context(tmp_path, server, extensions):
    with charge_point(tmp_path, server.url, "--manual"):
        _, wire = server.accept(extensions=extensions)
        compressor, sizes = zlib.compressobj(wbits=-15), []
        for _ in range(3):
            message_id = new_id()
            data = compressor.compress(data_transfer(message_id))
            data += compressor.flush(zlib.Z_SYNC_FLUSH)
            sizes.append(len(data))
            wire.send_frame(TEXT, data[:-4], rsv=4)
            # The answer stands by itself: ``receive`` knows nothing of the one before.
            assert wire.receive() == [3, message_id, {"status": "UnknownVendorId"}]
        assert sizes[1] < sizes[0] / 10, "no context was taken over"


def test_a_central_system_that_takes_nothing_over(tmp_path, server):
    with charge_point(tmp_path, server.url, "--manual"):
        _, wire = server.accept(
            extensions="permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        )
        for _ in range(3):
            message_id = new_id()
            wire.send_frame(TEXT, deflated(data_transfer(message_id)), rsv=4)
            assert wire.receive() == [3, message_id, {"status": "UnknownVendorId"}]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_silent_connection_costs_no_more_than_without_compression(tmp_path):
    """170 KiB on each side while zlib objects were kept; 2 are allowed, the rest is noise."""
    folders = {name: tmp_path / name for name in ("central", "rehearsal", "off", "on")}
    for folder in folders.values():
        folder.mkdir()
        write_plugin(folder, "talker", TALKER)
    central_kib, own_kib = [], []
    with central_system(folders["central"], "--trace", "off") as central:
        for name in ("rehearsal", "off", "on"):
            options = ("--count", str(COUNT), "--manual", "--trace", "off", "--id", f"{name}%d")
            compression = "off" if name == "off" else "on"
            before = resident_kib(central.process.pid)
            url = central.url
            with charge_point(folders[name], url, *options, "--compression", compression) as points:
                points.wait_for("has talked 1 times", COUNT)
                central.wait_for(r"cs has talked \d+ times", COUNT * (len(own_kib) + 1))
                own_kib.append(resident_kib(points.process.pid) / COUNT)
                central_kib.append((resident_kib(central.process.pid) - before) / COUNT)
    assert central.trouble == []
    assert own_kib[2] - own_kib[1] < 5
    assert central_kib[2] - central_kib[1] < 5
