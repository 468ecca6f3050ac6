"""Signals: what ends a process, in good order or at once, and what has it reload."""

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
        for each in numbers:
            if signal.getsignal(each) is not signal.SIG_IGN:
                # A terminal that is closed may send SIGHUP twice: the system and the shell do.
                signal.signal(each, signal.SIG_IGN if each is signal.SIGHUP else signal.SIG_DFL)
        begin(signal.Signals(number))

    usual = (signal.SIG_DFL, signal.default_int_handler, *replaced)
    for number in numbers:
        if signal.getsignal(number) in usual:
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
    install()
    reactor.callWhenRunning(install)  # again, since it has installed its own by then


def call_on_hang_up(reactor: Any, function: Callable[[], Any], foreground: bool) -> None:
    """Have a function called at each SIGHUP, once a reactor runs and until it ends.

    Args:
        reactor: Twisted's reactor.
        function: is called by the reactor.
        foreground: True leaves a SIGHUP alone that is ignored (``nohup``).
    """
    if foreground and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return
    # Now rather than when it runs: until then SIGHUP would end the process.
    signal.signal(signal.SIGHUP, lambda *_: reactor.callFromThread(function))
    reactor.addSystemEventTrigger(
        "before", "shutdown", signal.signal, signal.SIGHUP, signal.SIG_IGN
    )
