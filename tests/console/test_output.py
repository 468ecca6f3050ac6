"""How lines look."""

import time

import pytest
from twisted.logger import LogLevel

from ocppfw.console.output import Screen, wrapped

FRAME = 'cs: >>cp#0 [2,"1","Reset",{"type":"Soft"}]'


def log(screen, text, level=LogLevel.info):
    screen.log({"log_format": "{text}", "text": text, "log_level": level, "log_time": 0.0})


@pytest.fixture
def written():
    return []


def test_plain(written):
    screen = Screen(written.append, False, None)
    long = FRAME[:-2] + "x" * 500
    log(screen, long)
    screen.say("Error: no\x1b[31m")
    assert written[0].endswith(f"] {long}\n")
    assert written[1] == "Error: no\\x1b[31m\n"


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        (FRAME, 32),
        (FRAME.replace(">>", "<<"), 36),
        (FRAME.replace("[2", "[4"), 31),
        ("cs: !!cp#0 Reset is odd: type: is missing (left as it is)", 33),
        ("CentralSystem started.", None),
    ],
)
def test_colours(written, text, colour):
    log(Screen(written.append, True, None), text)
    painted = text if colour is None else f"\x1b[{colour}m{text}\x1b[0m"
    assert written[0].endswith(f" \x1b[0m{painted}\n")


def test_raw(written):
    screen = Screen(written.append, True, lambda: 40)
    screen.raw = True
    log(screen, FRAME)
    assert written[0].endswith(f"] {FRAME}\n")
    assert "\x1b" not in written[0]


@pytest.mark.parametrize("columns", [1, 40, 80, 132])
def test_wrapping_loses_nothing(columns):
    text = 'cs: >>cp#0 [2,"1","DataTransfer",{"data":"' + "abc, de " * 60 + '"}]'
    lines = wrapped(text, columns).split("\n")
    assert lines[0] + "".join(line.removeprefix(" " * 26) for line in lines[1:]) == text
    room = max(columns, 48)
    assert max(map(len, lines[1:])) <= room


def test_wrapping_cuts_after_commas():
    assert wrapped('cs: >>cp#0 [2,"1",' + '"a",' * 20, 60).split("\n")[0][-1] == ","


def test_wrapping_ten_million_characters_takes_no_time():
    text = "x" * 10_000_000
    began = time.process_time()
    assert wrapped(text, 80).count("\n") > 100_000
    assert time.process_time() - began < 3
