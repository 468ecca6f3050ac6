"""Commands that nobody types: from ``-c``, or from a standard input that is not a terminal."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred, DeferredQueue, succeed

from ocppfw.console.errors import Misused
from ocppfw.console.grammar import split_commands
from ocppfw.console.interpreter import DONE, FAILED, MISUSED
from ocppfw.console.session import Session
from ocppfw.service.signals import end_reactor_on_signals


class _StandardInput:
    """The lines of standard input, read by a thread: a file, a pipe and a terminal alike."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._queue: DeferredQueue[str | None] = DeferredQueue()
        threading.Thread(target=self._read, name="standard input", daemon=True).start()

    def next(self) -> Deferred[str | None]:
        """The next line; None at the end."""
        return self._queue.get()

    def _read(self) -> None:
        # Not sys.stdin, which the interpreter would wait for at its end.
        with open(0, encoding="utf-8", errors="replace", closefd=False) as lines:
            for line in lines:
                self._reactor.callFromThread(self._queue.put, line)
        self._reactor.callFromThread(self._queue.put, None)


class _Text:
    """The commands of a text."""

    def __init__(self, text: str) -> None:
        self._commands = iter(split_commands(text))

    def next(self) -> Deferred[str | None]:
        """The next command; None at the end."""
        return succeed(next(self._commands, None))


def play(session: Session, words: Sequence[str], text: str | None) -> int:
    """Run commands one after another.

    Args:
        session: runs them.
        words: the command from the shell's command line; empty if there is none.
        text: the commands of ``-c``; None for those of standard input.

    Returns:
        The exit status.
    """
    try:
        source = _Text(text) if text is not None else _StandardInput(session.reactor)
    except Misused as error:
        sys.stderr.write(f"ocppfw: -c: {error}\n")
        return MISUSED
    status = FAILED  # unless all is done before the program is interrupted

    async def run() -> None:
        nonlocal status
        try:
            status = await _play(session, words, source)
        finally:
            session.stop_reactor()

    reactor = session.reactor
    session.join_reactor()
    end_reactor_on_signals(reactor, signal.SIGHUP)
    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(run()))
    reactor.run()
    return status


async def _play(session: Session, words: Sequence[str], source: Any) -> int:
    worst = await session.interpreter.run_words(words) if words else DONE
    if words and worst == MISUSED:
        return worst
    while not session.ended and (line := await source.next()) is not None:
        worst = max(worst, await session.interpreter.run(line))
    return worst
