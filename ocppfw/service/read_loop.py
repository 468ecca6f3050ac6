"""A shorter way from epoll to a TCP connection that has something to read.

Twisted's epoll reactor gives every event a log context, in which a line of the old-style
``twisted.python.log`` finds the name of the connection. Making it takes 2 of the 7 µs that Python
needs for a Heartbeat, and our log does not show the name. So reads are called without it. All
else, faults in a read and lost connections included, goes Twisted's own way.
"""

from __future__ import annotations

import sys
from functools import partial
from types import FunctionType
from typing import Any

from twisted.internet.tcp import Connection
from twisted.logger import Logger
from twisted.python.log import callWithLogger, err

# What the methods that are gone round or called here consist of: all names in their code.
_KNOWN_METHODS = {
    "doPoll": "KeyError OSError EINTR _doReadOrWrite _poller _selectables callWithLogger errno len "
    "log poll",
    "_doReadOrWrite": "BaseException CONNECTION_DONE CONNECTION_LOST _NO_FILEDESC "
    "_POLL_DISCONNECTED _POLL_IN _POLL_OUT _disconnectSelectable _reads doRead doWrite err "
    "exc_info fileno log sys",
    "_disconnectSelectable": "ConnectionDone Failure IHalfCloseableDescriptor __class__ "
    "connectionLost error failure get providedBy readConnectionLost removeReader removeWriter",
}

log = Logger()


def shorten_reads(reactor: Any) -> bool:
    """Let a reactor call the reads of its TCP connections without a log context.

    Args:
        reactor: Twisted's reactor. It is changed only if it is Twisted's own for epoll, and
            works as this module knows it.

    Returns:
        True if reads are short from now on, False if everything stays as it is.
    """
    epoll = sys.modules.get("twisted.internet.epollreactor")
    if epoll is None or type(reactor) is not epoll.EPollReactor:
        return False
    if not _is_known(reactor):
        log.info("The epoll loop of this Twisted is a new one: reads go its way, which is slower")
        return False
    reactor.doIteration = partial(_poll, reactor)
    return True


def _is_known(reactor: Any) -> bool:
    methods = {name: getattr(type(reactor), name, None) for name in _KNOWN_METHODS}
    return reactor.doIteration == reactor.doPoll and all(
        isinstance(method, FunctionType)
        and set(method.__code__.co_names) == set(_KNOWN_METHODS[name].split())
        for name, method in methods.items()
    )


def _poll(reactor: Any, timeout: float | None) -> None:
    """``EPollReactor.doPoll``, with the short way for reads."""
    selectables = reactor._selectables
    only_readable = reactor._POLL_IN
    events = reactor._poller.poll(-1 if timeout is None else timeout, len(selectables))
    for fd, event in events:
        selectable = selectables.get(fd)
        if selectable is None:
            continue  # removed by what an earlier event led to
        if event != only_readable or not isinstance(selectable, Connection):
            callWithLogger(selectable, reactor._doReadOrWrite, selectable, fd, event)
            continue
        try:
            reason = selectable.doRead()
        except BaseException as error:
            callWithLogger(selectable, _end_faulty, reactor, selectable, error)
        else:
            if reason:
                callWithLogger(selectable, reactor._disconnectSelectable, selectable, reason, True)


def _end_faulty(reactor: Any, selectable: Any, error: BaseException) -> None:
    err()
    reactor._disconnectSelectable(selectable, error, False)
