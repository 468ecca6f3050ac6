"""Plugins that decide who may connect; one that fails refuses."""

import base64
import re

import pytest

from tests.process.twistd import central_system, write_plugin
from tests.process.wire import TEXT, frame_bytes, handshake_headers, knock, request_bytes

DOORMAN = '''
"""Decides by the identity what happens to it."""
from twisted.internet import defer, task
from ocppfw import ConnectionRefused, hookimpl

role = "cs"

@hookimpl
def connection_requested(station, request):
    return ANSWERS[request.identity.partition("-")[0]](station, request)

def unknown(station, request):
    raise ConnectionRefused()

def basic(station, request):
    if request.headers.get("authorization") != "Basic Q1A6c2VjcmV0":
        raise ConnectionRefused(401, f"wrong password for {request.version}")

def forbidden(station, request):
    raise ConnectionRefused(403, "not from here")

def broken(station, request):
    return {}["no such key"]

def slow(station, request):
    return task.deferLater(station.clock, 0.05, lambda: None)

async def later_unknown(station, request):
    await task.deferLater(station.clock, 0.05, lambda: None)
    raise ConnectionRefused(404, "unknown in the end")

async def later_broken(station, request):
    await task.deferLater(station.clock, 0.05, lambda: None)
    raise ValueError("broken in the end")

def never(station, request):
    return defer.Deferred()

def facts(station, request):
    host, _, port = request.address.rpartition(":")
    good = (
        host == "127.0.0.1" and int(port) and request.version == "1.6"
        and request.headers["x-colour"] == "red" and request.certificate is None
    )
    if not good:
        raise ConnectionRefused(403, repr(request))

ANSWERS = {
    "unknown": unknown, "basic": basic, "forbidden": forbidden, "broken": broken, "slow": slow,
    "later_unknown": later_unknown, "later_broken": later_broken, "never": never, "facts": facts,
}
'''


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    write_plugin(folder, "doorman", DOORMAN)
    (folder / "own.toml").write_text('[identity."basic-refused"]\nno-subprotocol = "refuse"\n')
    with central_system(folder, "--hook-timeout", "0.5", "--config", "own.toml") as process:
        yield process


@pytest.mark.parametrize(
    ("identity", "status"),
    [
        ("unknown", 404),
        ("basic", 401),
        ("forbidden", 403),
        ("later_unknown", 404),
        ("slow", 101),
    ],
)
def test_plugin_decides(guarded, wires, identity, status):
    head = knock(wires(guarded.port), f"/{identity}")
    assert head.status == status
    challenge = head.headers.get("www-authenticate", "")
    assert (challenge.startswith('Basic realm="')) is (status == 401)
    if status != 101:
        guarded.wait_for(rf"Refused ChargePoint #{identity} from 127\.0\.0\.1 with {status}: ")


NO_CREDENTIALS = "with 401: wrong password for None; it gave no user and password"


@pytest.mark.parametrize("subprotocol", ["ocpp1.6j", None])
@pytest.mark.parametrize("name", ["basic-closed", "basic-refused"])
def test_who_may_connect_is_asked_before_the_version(guarded, wires, name, subprotocol):
    head = knock(wires(guarded.port), f"/{name}", subprotocol)
    assert (head.status, head.body) == (401, b"401\n")
    known = base64.b64encode(b"CP:secret").decode()
    wrong = base64.b64encode(b"CP:wrong").decode()
    head = knock(wires(guarded.port), f"/{name}", subprotocol, Authorization=f"Basic {wrong}")
    assert head.status == 401
    head = knock(wires(guarded.port), f"/{name}", subprotocol, Authorization=f"Basic {known}")
    assert head.status == (101 if name == "basic-closed" else 400)
    refused = f"Refused ChargePoint #{name} from 127\\.0\\.0\\.1"
    guarded.wait_for(f"{refused} {NO_CREDENTIALS}$")
    guarded.wait_for(f"{refused} with 401: wrong password for None$")
    guarded.wait_for(f"{refused}( with 400)?: no common subprotocol")
    assert known not in guarded.text
    assert wrong not in guarded.text


def test_right_credentials(guarded, wires):
    credentials = base64.b64encode(b"CP:secret").decode()
    head = knock(wires(guarded.port), "/basic", Authorization=f"Basic {credentials}")
    assert head.status == 101
    assert credentials not in guarded.text


@pytest.mark.parametrize(
    ("identity", "logged"),
    [
        ("broken", "KeyError"),
        ("later_broken", "ValueError: broken in the end"),
        ("never", "connection_requested"),
    ],
)
def test_plugin_that_fails_refuses(guarded, wires, identity, logged):
    wire = wires(guarded.port)
    head = knock(wire, f"/{identity}")
    assert 400 <= head.status < 600
    guarded.wait_for(re.escape(logged))
    guarded.wait_for(r"doorman\.py")
    assert f"ChargePoint #{identity} connected" not in guarded.text


def test_reason_of_a_refusal_stays_here(guarded, wires):
    head = knock(wires(guarded.port), "/forbidden")
    assert b"not from here" not in head.body
    assert "not from here" not in str(head.headers)
    guarded.wait_for("not from here")


def test_what_a_plugin_is_told(guarded, wires):
    assert knock(wires(guarded.port), "/facts", X_Colour="red").status == 101
    assert knock(wires(guarded.port), "/facts", X_Colour="blue").status == 403


def test_frames_that_come_while_a_plugin_decides(guarded, wires):
    wire = wires(guarded.port)
    headers = handshake_headers(wire.peer_port, "ocpp1.6")
    first, second = (frame_bytes(TEXT, f'[2,"{n}","Heartbeat",{{}}]'.encode()) for n in "12")
    wire.send_bytes(request_bytes("/slow", headers) + first[:5])
    wire.send_bytes(first[5:] + second)
    assert wire.read_head().status == 101
    assert [wire.receive()[1], wire.receive()[1]] == ["1", "2"]


def test_client_that_leaves_meanwhile(guarded, wires):
    wire = wires(guarded.port)
    wire.socket.settimeout(0.05)
    with pytest.raises(TimeoutError):
        knock(wire, "/never-mind")
    wire.socket.close()
    assert knock(wires(guarded.port), "/slow").status == 101
    guarded.wait_for(
        r"ChargePoint #never-mind from 127\.0\.0\.1 hung up before plugins had let it in"
    )
    assert "Unhandled" not in guarded.text
