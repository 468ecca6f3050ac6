"""Signals that end a process: the first one in good order, the second one at once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from typing import Any

from twisted.logger import Logger

log = Logger()


def end_on_signals(
    numbers: Sequence[signal.Signals],
    begin: Callable[[signal.Signals], None],
    replaced: Sequence[Any] = (),
) -> None:
    """Have the first of some signals begin the end; the next one ends the process at once.

    The system does that: the next one helps even where no line of Python is run any more. What is
    ignored (``nohup``) and what somebody else handles stays so.

    Args:
        numbers: the signals.
        begin: takes the first signal; called as a signal handler is, at any moment.
        replaced: handlers that may be replaced besides those that Python begins with.
    """

    def first(number: int, frame: Any) -> None:
        for each in taken:
            # Of a terminal that is closed, SIGHUP may come twice: from the system and the shell.
            signal.signal(each, signal.SIG_IGN if each is signal.SIGHUP else signal.SIG_DFL)
        begin(signal.Signals(number))

    usual = (signal.SIG_DFL, signal.default_int_handler, *replaced)
    taken = [number for number in numbers if signal.getsignal(number) in usual]
    for number in taken:
        signal.signal(number, first)


def end_reactor_on_signals(reactor: Any, *further: signal.Signals) -> None:
    """Have SIGINT and SIGTERM, and further signals, end a reactor; a second one ends at once.

    Args:
        reactor: Twisted's reactor, which does not run yet.
        further: the signals that do so beside SIGINT and SIGTERM.
    """
    numbers = (signal.SIGINT, signal.SIGTERM, *further)
    ending: list[bool] = []

    def begin(number: signal.Signals) -> None:
        text = "Ending because of {name}; a second one ends at once"
        reactor.callFromThread(log.info, text, name=number.name)
        if not ending:
            reactor.sigTerm(number)  # twistd ends by this signal then

    def install() -> None:
        end_on_signals(numbers, begin, (reactor.sigInt, reactor.sigTerm))

    reactor.addSystemEventTrigger("before", "shutdown", ending.append, True)
    reactor.callWhenRunning(install)  # after the reactor has installed its own
