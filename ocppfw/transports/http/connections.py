"""The connections that were made to a port of ours: how many, from where, and what they hold."""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Iterator
from typing import Any, Protocol, cast

from twisted.internet.interfaces import IReactorTime
from twisted.internet.tcp import Server
from twisted.logger import ILogObserver, LogEvent, Logger
from twisted.python.failure import Failure

_PAUSE = 60  # seconds between two lines of the log that say the same

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


class SparingWarning:
    """A line of the log that is said once a minute, with how often it was not said.

    Args:
        clock: tells the time.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._again = 0.0
        self._unsaid = 0

    def say(self, text: str) -> None:
        """Say it, or count it."""
        if self._clock.seconds() < self._again:
            self._unsaid += 1
            return
        more = f" (and {self._unsaid} more since this was last said)" if self._unsaid else ""
        log.warn("{text}", text=f"{text}{more}")
        self._again = self._clock.seconds() + _PAUSE
        self._unsaid = 0


class OpenConnections:
    """The connections that are open at one port.

    Args:
        label: how the station is called in logs.
        settings: how many there may be.
        clock: tells the time.

    Attributes:
        label: see above.
        max_buffered: bytes that all connections of the process may hold together.
    """

    def __init__(self, label: str, settings: Any, clock: IReactorTime) -> None:
        self.label = label
        self.max_buffered: int = settings.max_buffered
        self._most: int | None = settings.max_connections
        self._most_of_host: int | None = settings.max_connections_per_address
        self._open: set[AcceptedConnection] = set()
        self._of_host: Counter[str] = Counter()
        self._too_many, self._too_many_of_host, self._no_files = (
            SparingWarning(clock) for _ in range(3)
        )

    def __iter__(self) -> Iterator[AcceptedConnection]:
        return iter(self._open)

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, host: str) -> bool:
        """Whether there may be one more from an IP address; if not, that is said."""
        refused = f"{self.label}: Refused a connection from {host}: "
        if self._most is not None and len(self._open) >= self._most:
            self._too_many.say(f"{refused}{self._most} are open (max-connections)")
            return False
        if self._most_of_host is not None and self._of_host[host] >= self._most_of_host:
            most = f"{self._most_of_host} from there are open (max-connections-per-address)"
            self._too_many_of_host.say(refused + most)
            return False
        return True

    def add(self, connection: AcceptedConnection) -> None:
        """There is one more."""
        self._open.add(connection)
        self._of_host[connection.host] += 1

    def remove(self, connection: AcceptedConnection) -> None:
        """It has ended."""
        if connection in self._open:
            self._open.remove(connection)
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
            host = event["address"][0]
            self._no_files.say(f"{self.label}: Refused a connection from {host}: {reason}")
        elif "acceptError" in event:
            reason = f"the system reports {event['acceptError']}"
            self._no_files.say(f"{self.label}: Cannot accept a connection: {reason}")


class AcceptedConnection(Server):
    """A connection that was made to a port of ours, and is counted there.

    Attributes:
        host: IP address that it comes from.
    """

    def __init__(self, socket: Any, protocol: Any, client: Any, port: Any, *rest: Any) -> None:
        super().__init__(socket, protocol, client, port, *rest)
        self.host = str(client[0])
        self._counted: OpenConnections = port.factory.connections
        self._counted.add(self)

    @property
    def buffered(self) -> int:
        """Bytes that wait to be sent, and those that are kept of half messages."""
        reader: Any = self.protocol
        unsent = len(self.dataBuffer) - self.offset + self._tempDataLen
        return unsent + int(reader.half_received)

    @property
    def whose(self) -> str:
        """Who is at its other end, for logs."""
        reader: Any = self.protocol
        who = "a connection" if reader.identity is None else f"ChargePoint #{reader.identity}"
        return f"{who} from {self.host}"

    def connectionLost(self, reason: Failure) -> None:
        """It has ended."""
        super().connectionLost(reason)
        self._counted.remove(self)
