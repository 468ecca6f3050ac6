"""The connections that were made to a port of ours: how many, from where, and what they hold."""

from __future__ import annotations

import resource
from collections import Counter
from typing import Any, Protocol, cast

from twisted.internet.tcp import Server
from twisted.logger import ILogObserver, LogEvent, Logger
from twisted.python.failure import Failure

from ocppfw.transports.buffers import Buffers, unsent

log = Logger()


class Reader(Protocol):
    """What reads a connection.

    Attributes:
        identity: of the charge point at its other end; None if not known.
    """

    identity: str | None

    @property
    def half_received(self) -> int:
        """Bytes that are kept of messages which have not come whole, or are not answered."""


class OpenConnections:
    """The connections that are open at one port.

    Args:
        label: how the station is called in logs.
        settings: how many there may be.
        buffers: all connections of the process.

    Attributes:
        label: see above.
        max_buffered: bytes that all connections of the process may hold together.
    """

    def __init__(self, label: str, settings: Any, buffers: Buffers) -> None:
        self.label = label
        self.max_buffered: int = settings.max_buffered
        self._buffers = buffers
        self._most: int | None = settings.max_connections
        self._most_of_host: int | None = settings.max_connections_per_address
        self._open: set[AcceptedConnection] = set()
        self._of_host: Counter[str] = Counter()

    def admit(self, host: str) -> bool:
        """Whether there may be one more from an IP address; if not, that is said."""
        if self._most is not None and len(self._open) >= self._most:
            self._say_refused(host, f"{self._most} are open (max-connections)")
            return False
        if self._most_of_host is not None and self._of_host[host] >= self._most_of_host:
            most = f"{self._most_of_host} from there are open (max-connections-per-address)"
            self._say_refused(host, most)
            return False
        return True

    def add(self, connection: AcceptedConnection) -> None:
        """There is one more."""
        self._open.add(connection)
        self._buffers.add(connection)
        self._of_host[connection.host] += 1

    def remove(self, connection: AcceptedConnection) -> None:
        """It has ended."""
        if connection in self._open:
            self._open.remove(connection)
            self._buffers.remove(connection)
            self._of_host[connection.host] -= 1
            if not self._of_host[connection.host]:
                del self._of_host[connection.host]

    def count_on(self, port: Any) -> None:
        """Count what a port accepts from now on, and say when it cannot."""
        port.transport = AcceptedConnection
        port._logger = Logger(observer=cast(ILogObserver, self._not_accepted))

    def _not_accepted(self, event: LogEvent) -> None:
        """What Twisted's port has to say: at the end of all files it hangs up on who knocks."""
        most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if "address" in event:
            reason = f"all {most} files that this process may open are in use (ulimit -n)"
            self._say_refused(event["address"][0], reason)
        elif "acceptError" in event:
            text = "{label}: Cannot accept a connection: the system reports {error}"
            log.warn(text, label=self.label, error=event["acceptError"])

    def _say_refused(self, host: str, reason: str) -> None:
        text = "{label}: Refused a connection from {host}: {reason}"
        log.warn(text, label=self.label, host=host, reason=reason)


class AcceptedConnection(Server):
    """A connection that was made to a port of ours, and is counted there.

    Attributes:
        host: IP address that it comes from.
        label: how the station is called in logs.
        max_buffered: bytes that all connections of the process may hold together.
    """

    def __init__(self, socket: Any, protocol: Any, client: Any, port: Any, *rest: Any) -> None:
        super().__init__(socket, protocol, client, port, *rest)
        self.host = str(client[0])
        self._counted: OpenConnections = port.factory.connections
        self.label = self._counted.label
        self.max_buffered = self._counted.max_buffered
        self._counted.add(self)

    @property
    def buffered(self) -> int:
        """Bytes that wait to be sent, and those that are kept of half messages."""
        reader: Any = self.protocol
        return unsent(self) + int(reader.half_received)

    @property
    def whose(self) -> str:
        """Who is at its other end, for logs."""
        reader: Any = self.protocol
        who = "a connection" if reader.identity is None else f"ChargePoint #{reader.identity}"
        return f"{who} from {self.host}"

    def abort(self) -> None:
        """End it at once."""
        self.abortConnection()

    def connectionLost(self, reason: Failure) -> None:
        """It has ended."""
        super().connectionLost(reason)
        self._counted.remove(self)
