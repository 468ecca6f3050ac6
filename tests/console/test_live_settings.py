"""Settings that change while a station runs."""

import os
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from ocppfw.errors import SettingsError
from ocppfw.service.live_settings import describe_settings, parse_changes, setting_fields
from ocppfw.settings import VALIDATION
from ocppfw.versions import OcppVersion, Role
from tests.console.conftest import PATIENCE, ROOT
from tests.process.wire import PING, knock, open_wire
from tests.world import World


@pytest.fixture
def intervals():
    """The ping intervals that the connection was given."""
    return []


@pytest.fixture
def station(tmp_path, clock, intervals):
    central_system = World(tmp_path, clock).make()
    connection = SimpleNamespace(set_ping_interval=intervals.append, idle=True)
    peer = SimpleNamespace(connection=connection, settings=central_system.settings)
    central_system.peers["CP1"] = peer
    return central_system


@pytest.fixture
def memory():
    return SimpleNamespace(shows=True, xml_of=set())


def change(station, memory, name, value):
    [changed] = parse_changes([(name, value)])
    return changed.apply([station], memory)


@pytest.mark.parametrize("name", ["websocket_ping_interval", "ping_interval", "ping-interval"])
def test_ping_interval(station, memory, intervals, name):
    assert change(station, memory, name, "120") == "ping-interval=120 (now)"
    assert station.settings.ping_interval == 120
    assert intervals == [120]


def test_trace(station, memory):
    change(station, memory, "trace", "off")
    assert not memory.shows


def test_print_xml(station, memory):
    assert change(station, memory, "print_xml", "true") == "print_xml=true (now)"
    assert memory.xml_of == {Role.CS}
    assert "print_xml=true" in "\n".join(describe_settings([station], Role.CS, memory))
    assert "print_xml=false" in "\n".join(describe_settings([station], Role.CP, memory))
    change(station, memory, "print_xml", "false")
    assert memory.xml_of == set()


def test_no_password_is_shown(station, memory):
    station.settings.store = "postgresql://user:s3cret@host/ocppfw"
    shown = "\n".join(describe_settings([station], Role.CS, memory))
    assert "store=postgresql://***@host/ocppfw" in shown


def test_other_settings(station, memory):
    assert change(station, memory, "calls_in_flight", "2").endswith("(from the next connection on)")
    assert station.settings.calls_in_flight == 2


def test_who_waits_for_a_setting_is_told(station, memory):
    told = []
    station.setting_watchers.append(told.append)
    change(station, memory, "validation", "off")
    assert told == ["validation"]


def test_an_address_more(station, memory):
    assert change(station, memory, "soap_address", "A=http://h:1/") == (
        "soap-address=A=http://h:1/ (now)"
    )
    change(station, memory, "soap_address", "B=http://h:2/")
    change(station, memory, "soap-address", "A=http://h:3/")
    change(station, memory, "soap-address", "http://h:4/{id}")
    wanted = {"A": "http://h:3/", "B": "http://h:2/", None: "http://h:4/{id}"}
    assert station.settings.soap_address == wanted
    lines = "\n".join(describe_settings([station], Role.CS, memory))
    assert "  soap-address=A=http://h:3/,B=http://h:2/,http://h:4/{id}  " in lines


@pytest.mark.parametrize("mode", VALIDATION)
def test_validation(station, memory, mode):
    assert change(station, memory, "validation", mode) == f"validation={mode} (now)"
    assert station.settings.validation == mode
    [field] = [field for field in setting_fields() if field.name == "validation"]
    assert mode in field.enum


def test_every_name_that_is_offered_is_known():
    for field in setting_fields():
        value = "true" if field.type == "boolean" else field.enum[0] if field.enum else "1"
        parse_changes([(field.name, value)])


@pytest.mark.parametrize(
    ("name", "value", "kept", "shown"),
    [
        ("default_protocol", "ocpp1.6", OcppVersion.V1_6, "ocpp1.6"),
        ("default_protocol", "none", None, "none"),
        ("no_subprotocol", "refuse", "refuse", "refuse"),
        ("identity_from", "query:cp", "query:cp", "query:cp"),
        ("origins", "null, file://", ("null", "file://"), "null,file://"),
    ],
)
def test_settings_of_handshakes(station, memory, name, value, kept, shown):
    wanted = f"{name.replace('_', '-')}={shown} (from the next connection on)"
    assert change(station, memory, name, value) == wanted
    assert getattr(station.settings, name) == kept
    assert f"  {name.replace('_', '-')}={shown}  " in "\n".join(
        describe_settings([station], Role.CS, memory)
    )


def test_a_default_protocol_must_be_offered(station, memory):
    station.settings.protocols = (OcppVersion.V1_5,)
    with pytest.raises(SettingsError, match=r"default-protocol: ocpp1\.6 is not in protocols"):
        change(station, memory, "default_protocol", "ocpp1.6")
    assert station.settings.default_protocol is None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("port", "9001", "port: cannot change while running"),
        ("call_timeou", "3", "call_timeou: no such setting, did you mean call-timeout"),
        ("call_timeout", "soon", "call_timeout: must be a number of seconds"),
        ("validation", "lax", "validation: must be strict or report or off, not 'lax'"),
        ("print_xml", "yes", "print_xml: must be true or false"),
        ("reconnect_delay", "3", "reconnect-delay: is only for cp"),
    ],
)
def test_refused(station, memory, name, value, message):
    with pytest.raises(SettingsError, match=message):
        change(station, memory, name, value)


def test_list(station, memory):
    lines = "\n".join(describe_settings([station], Role.CS, memory))
    assert "ping-interval=300  Seconds between WebSocket pings, 0 for none. (now)" in lines
    assert "protocols=ocpp1.2,ocpp1.5,ocpp1.6,ocpp2.0.1,ocpp2.1 " in lines
    assert "print_xml=false" in lines
    assert "reconnect" not in lines


def test_pings_come_as_set(tmp_path, port):
    """A connection that is open, and one that is opened later, are pinged at the new interval."""
    with subprocess.Popen(
        [sys.executable, "-m", "ocppfw"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as process:
        process.stdin.write(f"start_cs {port}\nwait Heartbeat\n".encode())
        first = connected(port, "1")
        process.stdin.write(b"set cs websocket_ping_interval=0.2\n")
        first.send([2, "1", "Heartbeat", {}])
        second = connected(port, "2")
        for wire in (first, second):
            await_ping(wire)
            wire.socket.close()


def connected(port, identity):
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            wire = open_wire(port)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
            continue
        assert knock(wire, f"/{identity}", "ocpp1.6").status == 101
        return wire


def await_ping(wire):
    while wire.receive_frame().opcode != PING:
        pass
