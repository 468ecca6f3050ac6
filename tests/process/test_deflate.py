"""permessage-deflate between real processes: what is negotiated, and what it costs."""

import random
import re
import zlib

import pytest

from tests.process.twistd import central_system, charge_point, write_plugin
from tests.process.wire import TEXT, deflated, new_id

LONG = random.Random(1).randbytes(2000).hex()

TALKER = '''"""Has long messages go both ways, and says what is kept of them afterwards."""
from ocppfw import hookimpl

LONG = {"vendorId": "tests", "data": "x" * 4000}

@hookimpl
def connection_opened(station, peer):
    station.later(0, talk, station, peer)

async def talk(station, peer):
    answer = await peer.call("DataTransfer", LONG)
    assert answer == {"status": "Accepted", "data": LONG["data"]}
    station.later(0.2, tell, station, peer)  # when the other side has talked, too

def tell(station, peer):
    deflate = peer.connection._pipe._perMessageCompress
    kept = [deflate._compressor, deflate._decompressor]
    station.log.info("talked compressed, and keeps {kept}", kept=kept)

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


def test_a_silent_connection_keeps_nothing_of_its_messages(tmp_path):
    """170 KiB on each side while zlib objects were kept."""
    folders = {name: tmp_path / name for name in ("central", "points")}
    for folder in folders.values():
        folder.mkdir()
        write_plugin(folder, "talker", TALKER)
    with central_system(folders["central"], "--trace", "off") as central:
        options = ("--manual", "--trace", "off")
        with charge_point(folders["points"], central.url, *options) as point:
            point.wait_for(re.escape("talked compressed, and keeps [None, None]"))
            central.wait_for(re.escape("talked compressed, and keeps [None, None]"))
    assert central.trouble == point.trouble == []
