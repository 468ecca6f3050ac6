"""Measures ocppfw and its peers on this machine: ``python -m benchmarks``, or ``make bench``.

Starts every server, loads each in turn from a process of its own, prints one table. The
verdicts are part of the table; the exit status says only whether ocppfw was
measured and every answer was right.
"""

import argparse
import contextlib
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import orjson

from benchmarks import servers
from benchmarks.measure import raise_file_limit
from benchmarks.report import (
    AGAINST,
    BARE,
    DEFLATE,
    ECHO,
    FLOOR,
    LEAN,
    NPM_SOAP,
    OCPP,
    OCPP_RPC,
    OURS,
    REPORT,
    Results,
    table,
)
from benchmarks.workloads import WORKLOADS

Makers = dict[str, Callable[[], servers.Recipe]]
"""What makes the recipes, by row; each may find that its server cannot be measured here."""
RECIPES: Makers = {
    OURS: servers.ocppfw,
    REPORT: partial(servers.ocppfw, None, "--validation", "report"),
    OCPP: servers.ocpp_on_websockets,
    OCPP_RPC: servers.ocpp_rpc,
    FLOOR: servers.floor,
    ECHO: servers.echo,
}
SOAP_RECIPES: Makers = {
    OURS: servers.ocppfw,
    BARE: servers.bare_web,
    LEAN: servers.lean_web,
    NPM_SOAP: servers.npm_soap,
}
SOAP = "SOAP"
"""The workload that is BootNotification over SOAP, with marks of its own."""
STORE = "store"
"""The workload that writes to a store on disk, without a server."""
FLEET = "fleet"
"""The workload that is our charge points, many in one process."""
SOAP_CONNECTIONS = 32
MAX_SECONDS = 120.0
"""No tool runs longer than this beyond the time that it was given."""


def say(text: str) -> None:
    """Progress, to standard error."""
    print(text, file=sys.stderr, flush=True)


def run_tool(module: str, *arguments: str, seconds: float = 0.0) -> dict[str, Any]:
    """Runs a module of this package in a process of its own; the line of JSON that it prints."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    try:
        done = subprocess.run(
            command, cwd=servers.ROOT, capture_output=True, timeout=MAX_SECONDS + seconds
        )
    except subprocess.TimeoutExpired as reason:
        raise servers.Unavailable("it did not end") from reason
    if done.returncode:
        raise servers.Unavailable(servers.last_line(done.stderr))
    result: dict[str, Any] = orjson.loads(done.stdout)
    return result


def makers(options: argparse.Namespace) -> tuple[Makers, Makers]:
    """What is measured over WebSocket and over SOAP: everything, or this checkout and another."""
    if options.against is None:
        return RECIPES, SOAP_RECIPES
    both: Makers = {OURS: servers.ocppfw, AGAINST: partial(servers.ocppfw, options.against)}
    return both, both


def available_recipes(results: Results, makers: Makers) -> dict[str, servers.Recipe]:
    """What can be measured here; the rest is noted."""
    recipes = {}
    for row, make in makers.items():
        try:
            recipes[row] = make()
        except servers.Unavailable as reason:
            results.notes.append(f"{row} left out: {reason}")
    results.names |= {row: recipe.name for row, recipe in recipes.items()}
    results.names[DEFLATE] = "ocppfw, permessage-deflate"
    said = "; ".join(results.conditions)
    versions = [recipe.versions for recipe in recipes.values() if recipe.versions not in said]
    results.conditions += ["; ".join(versions)] if versions else []
    return recipes


def start_all(
    results: Results, makers: Makers, stack: contextlib.ExitStack
) -> dict[str, servers.Server]:
    """The servers that start; the others are noted."""
    running = {}
    for row, recipe in available_recipes(results, makers).items():
        say(f"starting {recipe.name}")
        try:
            running[row] = stack.enter_context(recipe.running())
        except servers.Unavailable as reason:
            results.notes.append(f"{row} left out: {reason}")
    return running


def in_turn(running: dict[str, servers.Server], number: int) -> list[str]:
    """The rows in the order of a round: every other one goes backwards.

    So nobody always comes first, or always after the same neighbour.
    """
    return list(running) if number % 2 else list(reversed(running))


def load_all(results: Results, makers: Makers, options: argparse.Namespace) -> None:
    """Loads every server with every workload, in rounds that alternate between the servers."""
    with contextlib.ExitStack() as stack:
        running = start_all(results, makers, stack)
        if OURS in running and AGAINST not in makers:
            running[DEFLATE] = running[OURS]
        for workload in results.workloads:
            for number in range(1, options.rounds + 1):
                for row in in_turn(running, number):
                    load_one(results, row, running[row], workload, options)
                    say_rate(results, row, workload, number)


def load_one(
    results: Results, row: str, server: servers.Server, workload: str, options: argparse.Namespace
) -> None:
    """One round of one server."""
    rounds = results.loads.setdefault(row, {}).setdefault(workload, [])
    arguments = [
        f"--port={server.port}",
        f"--pid={server.pid}",
        f"--workload={workload}",
        f"--seconds={options.seconds}",
        f"--connections={options.connections}",
        *(["--deflate"] if row == DEFLATE else []),
    ]
    try:
        result = run_tool("load", *arguments, seconds=options.seconds)
    except servers.Unavailable as reason:
        results.notes.append(f"{row}, {workload}: no result: {reason}")
        return
    rounds.append(result)
    note_wrong_answers(results, row, workload, result)


def note_wrong_answers(results: Results, row: str, workload: str, result: dict[str, Any]) -> None:
    """Notes one of the wrong answers, if there are any."""
    if result["bad"]:
        results.notes.append(
            f"{row}, {workload}: {result['bad']} wrong answers, such as {result['bad_examples'][0]}"
        )


def say_rate(results: Results, row: str, workload: str, number: int) -> None:
    """Progress after a round."""
    rounds = results.loads[row][workload]
    rate = f"{rounds[-1]['calls_per_second']:,.0f} calls/s" if rounds else "no result"
    say(f"{workload}, round {number}: {row}: {rate}")


def open_all(results: Results, makers: Makers, options: argparse.Namespace) -> None:
    """Opens idle connections at every real server, each freshly started for it."""
    measured = [row for row in results.names if row in results.loads]
    for row in [row for row in measured if row not in (FLOOR, ECHO, REPORT)]:
        say(f"idle connections: {row}")
        extra = ["--deflate"] if row == DEFLATE else []
        recipe = makers[OURS if row == DEFLATE else row]()
        try:
            with recipe.running() as server:
                results.idle[row] = run_tool(
                    "idle",
                    f"--port={server.port}",
                    f"--pid={server.pid}",
                    f"--connections={options.idle_connections}",
                    *extra,
                )
        except servers.Unavailable as reason:
            results.notes.append(f"{row}, idle connections: no result: {reason}")


def load_soap(results: Results, makers: Makers, options: argparse.Namespace) -> None:
    """Loads every server of SOAP, in rounds that alternate between them."""
    with contextlib.ExitStack() as stack:
        running = start_all(results, makers, stack)
        for number in range(1, options.rounds + 1):
            for row in in_turn(running, number):
                load_one_soap(results, row, running[row], options)
                rounds = results.soap.get(row)
                rate = f"{rounds[-1]['requests_per_second']:,.0f}" if rounds else "no"
                say(f"{SOAP}, round {number}: {row}: {rate} requests/s")


def measure_store(results: Results, options: argparse.Namespace) -> None:
    """Writes to a store on disk, and reads it."""
    say("store on disk")
    try:
        results.store = run_tool("store", f"--seconds={options.seconds}", seconds=options.seconds)
    except servers.Unavailable as reason:
        results.notes.append(f"{STORE}: no result: {reason}")


def measure_fleets(results: Results, options: argparse.Namespace) -> None:
    """Runs a fleet in automatic mode, then a larger one that is idle; each has a new server."""
    automatic, idle = (100, 1000) if options.quick else (1000, 10_000)
    sizes = [f"--automatic={automatic}", f"--idle={idle}", f"--seconds={10 * options.seconds}"]
    for kind in ("automatic", "idle"):
        say(f"fleet, {kind}")
        try:
            with servers.counting().running() as server:
                about = [f"--port={server.port}", f"--pid={server.pid}"]
                results.fleets[kind] = run_tool("fleet", kind, *about, *sizes, seconds=600)
        except servers.Unavailable as reason:
            results.notes.append(f"{FLEET}, {kind}: no result: {reason}")


def load_one_soap(
    results: Results, row: str, server: servers.Server, options: argparse.Namespace
) -> None:
    """One round of one server of SOAP."""
    arguments = [
        f"--port={server.port}",
        f"--pid={server.pid}",
        f"--seconds={options.seconds}",
        f"--connections={SOAP_CONNECTIONS}",
        *(["--relates"] if row in (OURS, AGAINST) else []),
    ]
    try:
        result = run_tool("soap_load", *arguments, seconds=options.seconds)
    except servers.Unavailable as reason:
        results.notes.append(f"{row}, {SOAP}: no result: {reason}")
        return
    results.soap.setdefault(row, []).append(result)
    note_wrong_answers(results, row, SOAP, result)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round of one second")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of one round (default 3)")
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--idle-connections", type=int, default=2000)
    choices = [*WORKLOADS, SOAP, STORE, FLEET]
    parser.add_argument("--workload", choices=choices, action="append", help="only this one")
    parser.add_argument(
        "--against",
        type=Path,
        metavar="DIR",
        help="measure another checkout, with its own .venv, in the place of the peers",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the raw results")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 1, 1.0
    return options


def conditions(options: argparse.Namespace) -> list[str]:
    """Where and how the numbers were made."""
    return [
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"load average before the start {os.getloadavg()[0]:.1f}",
        f"{options.connections} connections ({SOAP_CONNECTIONS} over SOAP) in a closed loop, "
        f"medians of {options.rounds} x {options.seconds:g} s",
    ]


def leave(number: int, _: FrameType | None) -> None:
    """Turns a signal into an exception, so that every server is ended on the way out."""
    raise SystemExit(128 + number)


def main() -> int:
    """Measures, prints, and returns the exit status."""
    options = parse_arguments()
    signal.signal(signal.SIGTERM, leave)
    raise_file_limit()
    chosen = options.workload or [*WORKLOADS, SOAP, STORE, FLEET]
    results = Results([name for name in WORKLOADS if name in chosen], conditions(options))
    over_websocket, over_soap = makers(options)
    try:
        if results.workloads:
            load_all(results, over_websocket, options)
            open_all(results, over_websocket, options)
        if SOAP in chosen:
            load_soap(results, over_soap, options)
        if STORE in chosen and options.against is None:
            measure_store(results, options)
        if FLEET in chosen and options.against is None:
            measure_fleets(results, options)
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    if options.json:
        options.json.write_bytes(orjson.dumps(asdict(results), option=orjson.OPT_INDENT_2))
    print(table(results))
    measured = [*results.loads.get(OURS, {}).values(), results.soap.get(OURS), results.store]
    measured += results.fleets.values()
    return 0 if any(measured) and not results.bad() else 1


if __name__ == "__main__":
    sys.exit(main())
