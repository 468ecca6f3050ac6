"""Keeps a charge point connected: connects, and connects again after every end.

Over SOAP to be connected means here that the central system's port could be reached.

Twisted's ClientService does not fit: a WebSocket counts as connected only when its handshake
is done, and ClientService breaks when TCP is lost while such a preparation goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlsplit

from twisted.internet.defer import Deferred, succeed
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure

from ocppfw.settings import Settings
from ocppfw.transports.connect_faults import explain
from ocppfw.transports.tls import ServerCheck

_STABLE_AFTER = 10.0  # seconds after which a connection counts as a success
_CONNECT_TIMEOUT = 30.0
_JITTER = 0.2  # up to this part of a delay is added by chance


class Connection(Protocol):
    """One connection, of any transport.

    Attributes:
        ended: fires when it has ended; fails if it never came about.
    """

    ended: Deferred[None]

    def abort(self) -> None:
        """End it at once."""


class KeptConnection:
    """The connections of one charge point, one after another.

    Args:
        connect: makes a connection; a Deferred of it.
        url: the central system's address, for messages.
        settings: how long to wait between attempts.
        clock: tells the time and calls back later.
        failed: is told why an attempt failed, and in how many seconds the next one follows.
        random: gives numbers from 0 to 1, for the jitter.
    """

    def __init__(
        self,
        connect: Callable[[], Deferred[Any]],
        url: str,
        settings: Settings,
        clock: Any,
        failed: Callable[[str, float], None],
        random: Callable[[], float],
    ) -> None:
        self._make = connect
        self._settings = settings
        self._clock = clock
        self._url = url
        self._failed = failed
        self._random = random
        self._failures = 0  # attempts in a row that did not connect
        self._short_lived = 0  # connections in a row that soon ended
        self._since = 0.0
        # At any time one of these three: an attempt, a connection, a wait for the next attempt.
        self._attempt: Deferred[Any] | None = None
        self._connection: Connection | None = None
        self._timer: IDelayedCall | None = None
        self._stopped: Deferred[None] | None = None

    # From the service.

    def start(self) -> None:
        """Begin to connect."""
        self._stopped = None
        self._connect()

    def stop(self) -> Deferred[None]:
        """Connect no more; fires when the present connection has ended."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            return succeed(None)
        stopped: Deferred[None] = Deferred()
        self._stopped = stopped
        if self._attempt is not None:
            self._attempt.cancel()
        elif self._connection is not None:
            self._connection.abort()  # all was said before
        return stopped

    # Private.

    def _connect(self) -> None:
        self._timer = None
        self._attempt = self._make()
        self._attempt.addCallbacks(self._opened, self._ended)

    def _opened(self, connection: Connection) -> None:
        """TCP is connected; over WebSocket the handshake has begun."""
        self._attempt = None
        self._connection = connection
        self._since = self._clock.seconds()
        connection.ended.addBoth(self._ended)

    def _ended(self, failure: Failure | None) -> None:
        """An attempt has failed, or a connection that was open (no failure) has ended."""
        self._attempt = self._connection = None
        if self._stopped is not None:
            self._stopped.callback(None)
            return
        self._failures = self._failures + 1 if failure else 0
        if failure is None:
            lasted = self._clock.seconds() - self._since
            self._short_lived = self._short_lived + 1 if lasted < _STABLE_AFTER else 0
        delay = self._delay()
        self._timer = self._clock.callLater(delay, self._connect)
        if failure is not None:
            self._failed(explain(failure, self._url), delay)

    def _delay(self) -> float:
        """Seconds before the next attempt: doubled with every failure, and a little by chance.

        A server that accepts and soon closes counts as failing, too.
        """
        settings = self._settings
        doublings = min(max(self._failures - 1, self._short_lived - 1, 0), 30)
        base = min(settings.reconnect_max_delay, settings.reconnect_delay * 2**doublings)
        return base * (1 + _JITTER * self._random())


def endpoint_of(reactor: Any, url: str, timeout: float = _CONNECT_TIMEOUT) -> Any:
    """The TCP or TLS endpoint of an address, which is given up after some seconds."""
    parts = urlsplit(url)
    secure = parts.scheme in ("wss", "https")
    host = parts.hostname or ""
    endpoint = HostnameEndpoint(reactor, host, parts.port or (443 if secure else 80), timeout)
    return wrapClientTLS(ServerCheck(host), endpoint) if secure else endpoint
