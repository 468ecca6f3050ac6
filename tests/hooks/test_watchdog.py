"""A hook that blocks the reactor is named with its file."""

from __future__ import annotations

import threading
import time

from twisted.internet.task import Clock

from ocppfw.hooks.watchdog import PATIENCE, WatchdogService
from tests.conftest import Log
from tests.world import World

BLOCKING = """
    import time

    done = False

    def helper():
        while not done:
            time.sleep(0.01)

    @hookimpl
    def station_started():
        helper()
"""


def waited_for(log: Log) -> bool:
    """True as soon as something is logged, False if nothing is within twice the patience."""
    end = time.monotonic() + 2 * PATIENCE
    while time.monotonic() < end:
        if log.lines("warn"):
            return True
        time.sleep(0.01)
    return False


def test_a_hook_that_blocks_is_named_with_its_file_while_it_blocks(
    world: World, logged: Log
) -> None:
    path = world.load("blocker", BLOCKING)
    watchdog = WatchdogService(world.plugins, Clock())
    watchdog.startService()
    reported: list[bool] = []

    def end_the_block() -> None:
        reported.append(waited_for(logged))
        world.module("blocker").done = True

    other = threading.Thread(target=end_the_block)
    other.start()
    world.start()
    other.join()
    watchdog.stopService()
    assert reported == [True]
    (line,) = logged.lines("warn")
    assert line.startswith(f"station_started in {path} (line ")
    assert "has blocked the reactor for over 1 s; use station.in_thread or " in line


def test_a_reactor_that_runs_is_left_alone(world: World, logged: Log) -> None:
    clock = Clock()
    watchdog = WatchdogService(world.plugins, clock)
    watchdog.startService()
    clock.pump([0.25] * 8)
    watchdog.stopService()
    assert clock.getDelayedCalls() == []
    assert logged.lines("warn") == []
