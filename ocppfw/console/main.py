"""The program ``ocppfw``: its command line, and the choice between terminal and script."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import cast

from ocppfw import __version__
from ocppfw.errors import OcppfwError

_COLUMNS = 80  # of a terminal that does not say

_EPILOG = """
Without a command, or after it, a prompt asks for commands; "help" there lists them, and
"ocppfw COMMAND --help" explains one. Where standard input is not a terminal, its lines are
commands. Exit status: 0 if all commands succeeded, 1 if one failed, 2 if one was not a command.

Examples:
  ocppfw start_cs 9000
  ocppfw start_cp ws://localhost:9000 CP1
  ocppfw -c 'start_cp ws://localhost:9000 CP1; bootnotification'
  ocppfw < script.txt
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ocppfw",
        description="Central systems and charge points that speak OCPP, by hand.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"ocppfw {__version__}")
    parser.add_argument("-c", metavar="COMMANDS", help="run these commands, separated by ;")
    parser.add_argument(
        "--plugins",
        metavar="FOLDER",
        action="append",
        default=[],
        help="a further folder of plugins; may be repeated, a later one wins",
    )
    parser.add_argument(
        "--show-secrets", action="store_true", help="show passwords and keys in the trace"
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, help="a command to begin with")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; its exit status."""
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
    except SystemExit:  # it has shown the help or the version
        from ocppfw.service.standard_output import show

        show("")
        raise
    if options.c is not None and options.command:
        parser.error("-c and a command are too much")
    if sys.stdout is None:
        return _complain("standard output is closed", 1)
    if sys.stdin is None and options.c is None:
        return _complain("standard input is closed; -c takes commands, too", 1)
    try:
        if options.c is None and sys.stdin.isatty() and sys.stdout.isatty():
            _install_asyncio_reactor()
            return _run(options, interactive=True)
        return _run_unread(options)
    except OcppfwError as error:
        return _complain(str(error), 2)


def _complain(text: str, status: int) -> int:
    if sys.stderr is not None:
        sys.stderr.write(f"ocppfw: {text}\n")
    return status


def _run_unread(options: argparse.Namespace) -> int:
    """Run where nobody may read what is shown, or not as fast as it comes."""
    from ocppfw.service.standard_output import StandardOutput

    output = StandardOutput(sys.stdout)
    try:
        with redirect_stdout(output):
            return _run(options, interactive=False)
    finally:
        output.end()


def _install_asyncio_reactor() -> None:
    """Take the reactor that prompt_toolkit can share; before anything imports the usual one."""
    import asyncio

    from twisted.internet import asyncioreactor

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    asyncioreactor.install(loop)


def _run(options: argparse.Namespace, interactive: bool) -> int:
    from twisted.internet import reactor
    from twisted.logger import ILogObserver, globalLogBeginner

    from ocppfw.console.output import Screen
    from ocppfw.console.session import Session
    from ocppfw.service.build import show_line
    from ocppfw.service.open_files import raise_file_limit
    from ocppfw.service.repeats import Repeats
    from ocppfw.service.steady_clock import make_steady

    make_steady(reactor)
    raise_file_limit()
    screen = Screen(_write, _wants_colour(), _columns if sys.stdout.isatty() else None)
    session = Session(reactor, screen, show_line, options.plugins, options.show_secrets)
    repeats = Repeats(cast(ILogObserver, screen.log))
    repeats.join_reactor(reactor)
    globalLogBeginner.beginLoggingTo([repeats], redirectStandardIO=False)
    if {"-h", "--help"} & set(options.command[1:]):
        return session.explain(options.command[0])
    if interactive:
        from ocppfw.console.terminal import talk

        return talk(session, options.command)
    from ocppfw.console.script import play

    return play(session, options.command, options.c)


def _write(text: str) -> None:
    sys.stdout.write(text)  # looked up every time: the prompt puts its own in place
    sys.stdout.flush()


def _columns() -> int:
    return os.get_terminal_size(1).columns or _COLUMNS


def _wants_colour() -> bool:
    """Colours on a terminal, unless NO_COLOR (no-color.org) or a dumb terminal says no."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain
