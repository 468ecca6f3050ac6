"""The trace: one line a frame, in the program's old format, without secrets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocppfw.stations.trace import Trace
from ocppfw.text import escape_controls
from tests.world import World

CALLS = {
    # a frame with secrets, and what is shown of it
    '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"c0ffee"}]': (
        '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"***"}]'
    ),
    '[2,"1","GetDiagnostics",{"location":"ftp://u:c0ffee@host/"}]': (
        '[2,"1","GetDiagnostics",{"location":"ftp://***@host/"}]'
    ),
    '[2,"1","ChangeConfiguration",{"key":"HeartbeatInterval","value":"c0ffee"}]': (
        '[2,"1","ChangeConfiguration",{"key":"HeartbeatInterval","value":"c0ffee"}]'
    ),
    '[2, "1", "Heartbeat", {"key": "shown, as it came"}]': (
        '[2, "1", "Heartbeat", {"key": "shown, as it came"}]'
    ),
    '[2,"1","changeconfiguration",{"key":"AuthorizationKey","value":"c0ffee"}]': (
        '[2,"1","changeconfiguration",{"key":"AuthorizationKey","value":"***"}]'
    ),
    '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"c0ffee"}': (
        "*** (not JSON, 72 characters)"
    ),
}
RESULT = '[3,"1",{"configurationKey":[{"key":"AuthorizationKey","value":"c0ffee"}]}]'
ODD = [
    "",
    "no JSON",
    "[",
    "7",
    '"text"',
    "null",
    "[]",
    "[2]",
    "{}",
    '{"a":1,"b":2,"c":3}',
    '[2,"1",[],{}]',
    '[2,"1",{},{}]',
    '[2,[],"ChangeConfiguration",{}]',
    '[2,{},"GetConfiguration",{"key":["a"]}]',
    '[2,null,"ChangeConfiguration",7]',
    "[3,[],{}]",
    "[3,{},{}]",
    '[3,"1"]',
    "[3,null,null]",
    "[[2],1,2,3]",
    '[6,"1",["ChangeConfiguration"],{}]',
]


class Shown:
    """A trace, and one peer of it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.trace = Trace(self.lines.append)
        self.peer = self.other()

    def other(self, label: str = "cp#0") -> Any:
        return SimpleNamespace(station=SimpleNamespace(label="cs"), label=label)


@pytest.fixture
def shown() -> Shown:
    return Shown()


def test_the_format_is_that_of_the_old_program(shown: Shown) -> None:
    shown.trace.frame_received(
        shown.peer, '[2,"V7","BootNotification",{"chargePointVendor":"DBT"}]'
    )
    shown.trace.frame_sent(shown.peer, '[3,"V7",{"status":"Accepted"}]')
    assert shown.lines == [
        'cs: <<cp#0 [2,"V7","BootNotification",{"chargePointVendor":"DBT"}]',
        'cs: >>cp#0 [3,"V7",{"status":"Accepted"}]',
    ]


def test_a_station_shows_what_goes_both_ways(world: World) -> None:
    world.trace = []
    world.load(
        "a", "@hookimpl\ndef cs_heartbeat(station): return {'currentTime': station.timestamp()}"
    )
    world.start()
    world.connect("1.6", "CP 7").receive('[2,"1","Heartbeat", {}]')
    assert world.trace == [
        'cs: <<cp#CP 7 [2,"1","Heartbeat", {}]',
        'cs: >>cp#CP 7 [3,"1",{"currentTime":"2026-11-22T14:54:54Z"}]',
    ]


def test_a_charge_point_shows_itself_and_its_central_system(world: World) -> None:
    world.trace = []
    world.start("cp", "1.6")
    world.connect().peer.send_raw("hello")
    assert world.trace == ["cp#CP1: >>cs hello"]


@pytest.mark.parametrize(("frame", "visible"), CALLS.items())
@pytest.mark.parametrize("direction", ["received", "sent"])
def test_secrets_of_a_call_are_hidden(
    shown: Shown, frame: str, visible: str, direction: str
) -> None:
    getattr(shown.trace, f"frame_{direction}")(shown.peer, frame)
    assert shown.lines[0].endswith(f"cp#0 {visible}")


def test_secrets_of_a_result_are_hidden(shown: Shown) -> None:
    shown.trace.frame_sent(shown.peer, '[2,"1","GetConfiguration",{}]')
    shown.trace.frame_received(shown.peer, RESULT)
    assert shown.lines[1] == "cs: <<cp#0 " + RESULT.replace("c0ffee", "***")


def test_secrets_of_a_result_that_comes_twice_are_hidden_twice(shown: Shown) -> None:
    shown.trace.frame_sent(shown.peer, '[2,"1","GetConfiguration",{}]')
    shown.trace.frame_received(shown.peer, RESULT)
    shown.trace.frame_received(shown.peer, RESULT)
    assert "c0ffee" not in "".join(shown.lines)


def test_calls_of_different_peers_are_not_mixed_up(shown: Shown) -> None:
    other = shown.other("cp#1")
    shown.trace.frame_sent(shown.peer, '[2,"1","GetConfiguration",{}]')
    shown.trace.frame_sent(other, '[2,"1","GetConfiguration",{}]')
    shown.trace.frame_received(other, RESULT)
    shown.trace.frame_received(shown.peer, RESULT)
    assert "c0ffee" not in "".join(shown.lines)


def test_an_answer_of_ours_does_not_uncover_the_peers_answer_with_the_same_id(
    shown: Shown,
) -> None:
    """Both sides may use the same id at the same time."""
    shown.trace.frame_sent(shown.peer, '[2,"1","GetConfiguration",{}]')
    shown.trace.frame_received(shown.peer, '[2,"1","Heartbeat",{}]')
    shown.trace.frame_sent(shown.peer, '[3,"1",{"currentTime":"2026-01-01T12:00:00Z"}]')
    shown.trace.frame_received(shown.peer, RESULT)
    assert "c0ffee" not in "".join(shown.lines)


def test_secrets_of_a_call_of_a_wrong_length_are_hidden(shown: Shown) -> None:
    secret = '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"c0ffee"},{}]'
    shown.trace.frame_received(shown.peer, secret)
    assert "c0ffee" not in shown.lines[0]


@pytest.mark.parametrize("frame", ODD)
@pytest.mark.parametrize("direction", ["received", "sent"])
def test_an_odd_frame_is_shown_as_it_is(shown: Shown, frame: str, direction: str) -> None:
    getattr(shown.trace, f"frame_{direction}")(shown.peer, frame)
    assert shown.lines[0].endswith(f"cp#0 {frame}")


@pytest.mark.parametrize("frame", ODD)
def test_an_odd_frame_does_not_disturb_a_traced_connection(world: World, frame: str) -> None:
    world.trace = []
    world.start()
    line = world.connect("2.1")
    line.receive(frame)
    line.pipe.frames()
    assert line.ask('[2,"1","Heartbeat",{}]')[2] == "NotSupported"


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("plain ASCII {}", "plain ASCII {}"),
        ("Zähler, 充電", "Zähler, 充電"),
        ("a\nb\rc\td", r"a\nb\rc\td"),
        ("\x1b[2J\x00\x7f", r"\x1b[2J\x00\x7f"),
        ("\x85\x9b", r"\x85\x9b"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("", ""),
    ],
)
def test_control_characters_are_written_out(text: str, visible: str) -> None:
    assert escape_controls(text) == visible


@given(st.text())
def test_no_text_makes_a_second_line(text: str) -> None:
    escaped = escape_controls(text)
    assert len(escaped.splitlines()) <= 1
    assert not any(ord(each) < 32 or 127 <= ord(each) < 160 for each in escaped)


def test_a_frame_cannot_forge_a_line(shown: Shown) -> None:
    shown.trace.frame_received(shown.peer, '[2,"1"]\n[2026-11-22 14:54:54] cs: all is well')
    (line,) = shown.lines
    assert "\n" not in line
    assert r'[2,"1"]\n[2026' in line
