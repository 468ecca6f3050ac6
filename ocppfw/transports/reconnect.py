"""Keeps a charge point connected: connects, and connects again after every end.

Over SOAP to be connected means here that the central system's port could be reached.

Twisted's ClientService does not fit: a WebSocket counts as connected only when its handshake
is done, and ClientService breaks when TCP is lost while such a preparation goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import Factory
from twisted.internet.protocol import Protocol as TcpProtocol
from twisted.python.failure import Failure

from ocppfw.settings import Settings
from ocppfw.transports.connect_faults import explain
from ocppfw.transports.tls import ServerCheck

_STABLE_AFTER = 10.0  # seconds after which a connection counts as a success
_CONNECT_TIMEOUT = 30.0
_LONGEST_LOOK = 3600.0  # seconds between two looks at the first central system, at most
_MOST_DOUBLINGS = 30
_JITTER = 0.2  # up to this part of a delay is added by chance


class Connection(Protocol):
    """One connection, of any transport.

    Attributes:
        ended: fires when it has ended; fails if it never came about.
    """

    ended: Deferred[None]

    def abort(self) -> None:
        """End it at once."""


class Owner(Protocol):
    """The charge point, which is told what happens."""

    def connecting(self, url: str) -> None:
        """An attempt to connect with the central system at an address begins."""

    def connecting_failed(self, reason: str, seconds: float, url: str) -> None:
        """It has failed; the next one, with that address, follows in some seconds."""

    def go_back(self, url: str) -> None:
        """The central system at an address is to be preferred: end the present connection."""


@dataclass(frozen=True, slots=True)
class Place:
    """A central system that a charge point may connect with.

    Attributes:
        url: its address.
        connect: makes a connection; a Deferred of it.
        reach: a Deferred that fires when its port could be reached, and fails where not.
    """

    url: str
    connect: Callable[[], Deferred[Any]]
    reach: Callable[[], Deferred[Any]]


class KeptConnection:
    """The connections of one charge point, one after another.

    After a failure the next central system is tried, after a connection that lasted the first one.
    While a later one is connected, the first is looked at again and again; when its port can be
    reached, the charge point goes back to it.

    Args:
        places: its central systems, the one that it prefers first.
        settings: how long to wait between attempts.
        clock: tells the time and calls back later.
        owner: the charge point.
        random: gives numbers from 0 to 1, for the jitter.
    """

    def __init__(
        self,
        places: Sequence[Place],
        settings: Settings,
        clock: Any,
        owner: Owner,
        random: Callable[[], float],
    ) -> None:
        self._places = places
        self._settings = settings
        self._clock = clock
        self._owner = owner
        self._random = random
        self._at = 0  # which place is connected, or tried next
        self._look = _Look(places[0], settings, clock, random, self._go_back)
        self._returning = False
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
        """Connect no more until the next start; fires when the present connection has ended."""
        self._look.stop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._attempt is None and self._connection is None:
            return succeed(None)
        stopped: Deferred[None] = Deferred()
        if self._stopped is not None:  # twice, before it has ended
            self._stopped.chainDeferred(stopped)
            return stopped
        self._stopped = stopped
        if self._attempt is not None:
            self._attempt.cancel()
        elif self._connection is not None:
            self._connection.abort()  # all was said before
        return stopped

    # Private.

    def _connect(self) -> None:
        self._timer = None
        place = self._places[self._at]
        self._owner.connecting(place.url)
        self._attempt = place.connect()
        self._attempt.addCallbacks(self._opened, self._ended)

    def _opened(self, connection: Connection) -> None:
        """TCP is connected; over WebSocket the handshake has begun."""
        self._attempt = None
        self._connection = connection
        self._since = self._clock.seconds()
        if self._at:
            self._look.start()
        connection.ended.addBoth(self._ended)

    def _ended(self, failure: Failure | None) -> None:
        """An attempt has failed, or a connection that was open (no failure) has ended."""
        self._attempt = self._connection = None
        self._look.stop()
        if self._stopped is not None:
            self._stopped.callback(None)
            return
        self._count(failure)
        reason = self._why_elsewhere(failure)
        self._at = (self._at + 1) % len(self._places) if reason else 0
        delay = 0.0 if self._returning else self._delay()
        self._returning = False
        self._timer = self._clock.callLater(delay, self._connect)
        if reason:
            self._owner.connecting_failed(reason, delay, self._places[self._at].url)

    def _count(self, failure: Failure | None) -> None:
        self._failures = self._failures + 1 if failure else 0
        if failure is None and not self._returning:
            lasted = self._clock.seconds() - self._since
            self._short_lived = self._short_lived + 1 if lasted < _STABLE_AFTER else 0
            if not self._at and not self._short_lived:
                self._look.succeeded()

    def _why_elsewhere(self, failure: Failure | None) -> str:
        """Why the next place is to be tried; empty where it is not."""
        url = self._places[self._at].url
        if self._returning:
            return ""
        if failure is not None:
            return explain(failure, url)
        if len(self._places) > 1 and self._short_lived > 1:
            return f"{urlsplit(url).netloc} has soon ended {self._short_lived} connections"
        return ""

    def _go_back(self) -> None:
        self._returning = True
        self._owner.go_back(self._places[0].url)

    def _delay(self) -> float:
        """Seconds before the next attempt: doubled with every failure, and a little by chance.

        A server that accepts and soon closes counts as failing, too. Of several, all are tried
        before the pause is doubled.
        """
        settings = self._settings
        failures = max(self._failures - 1, self._short_lived - 1, 0)
        doublings = min(failures // len(self._places), _MOST_DOUBLINGS)
        base = min(settings.reconnect_max_delay, settings.reconnect_delay * 2**doublings)
        return base * (1 + _JITTER * self._random())


class _Look:
    """Looks again and again whether the first central system can be reached.

    Whether it can be spoken with shows only when the charge point has left the present one for it.
    Every time that it has come back from there makes the next look as late again.

    Args:
        place: the first central system.
        settings: how often to look.
        clock: tells the time and calls back later.
        random: gives numbers from 0 to 1, for the jitter.
        found: called when the port can be reached.
    """

    def __init__(
        self,
        place: Place,
        settings: Settings,
        clock: Any,
        random: Callable[[], float],
        found: Callable[[], None],
    ) -> None:
        self._place = place
        self._settings = settings
        self._clock = clock
        self._random = random
        self._found = found
        self._in_vain = 0  # times that it was reached, and was no good
        self._timer: IDelayedCall | None = None
        self._probe: Deferred[Any] | None = None

    def start(self) -> None:
        """Look after some seconds, unless the setting says never."""
        interval = self._settings.return_interval * 2 ** min(self._in_vain, _MOST_DOUBLINGS)
        if interval:
            delay = min(interval * (1 + _JITTER * self._random()), _LONGEST_LOOK)
            self._timer = self._clock.callLater(delay, self._reach)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._probe is not None:
            self._probe.cancel()

    def succeeded(self) -> None:
        """The charge point has been connected there."""
        self._in_vain = 0

    def _reach(self) -> None:
        self._timer = None
        self._probe = self._place.reach()
        self._probe.addCallbacks(self._reached, self._missed)

    def _reached(self, _: Any) -> None:
        self._probe = None
        self._in_vain += 1
        self._found()

    def _missed(self, failure: Failure) -> None:
        self._probe = None
        if not failure.check(CancelledError):
            self.start()


class _Probes(Factory):
    """Connections that only show that there is somebody."""

    noisy = False
    protocol = TcpProtocol


def reach(endpoint: Any) -> Deferred[Any]:
    """The address that an endpoint leads to, once that could be reached; nothing is said there."""

    def reached(probe: Any) -> Any:
        address = probe.transport.getPeer()
        probe.transport.loseConnection()
        return address

    connected: Deferred[Any] = endpoint.connect(_Probes())
    return connected.addCallback(reached)


def endpoint_of(reactor: Any, url: str, timeout: float = _CONNECT_TIMEOUT) -> Any:
    """The TCP or TLS endpoint of an address, which is given up after some seconds."""
    parts = urlsplit(url)
    secure = parts.scheme in ("wss", "https")
    host = parts.hostname or ""
    endpoint = HostnameEndpoint(reactor, host, parts.port or (443 if secure else 80), timeout)
    return wrapClientTLS(ServerCheck(host), endpoint) if secure else endpoint
