"""The two sides: our stations, and the peers that they are connected with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from twisted.internet.defer import Deferred, DeferredList, fail, gatherResults, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from ocppfw.errors import ConnectionRefused, NotConnected, OcppfwError
from ocppfw.exchange import Exchange
from ocppfw.frame_taps import StationTaps
from ocppfw.hook_calls import await_hook, is_awaitable, log_failure, notify, require_nothing
from ocppfw.hookspecs import ConnectionRequest
from ocppfw.plugin_manager import Implementation, Plugin, PluginManager
from ocppfw.records import Store
from ocppfw.settings import Settings
from ocppfw.text import escape_controls
from ocppfw.trace import Trace
from ocppfw.versions import OcppVersion, Role, Transport

GOING_AWAY = 1001  # RFC 6455 section 7.4.1


class Peer:
    """The other side, seen from here; one object per connection.

    Over SOAP, where every request may have a connection of its own, it lasts as long as the
    other side is heard of and can be reached.

    Attributes:
        station: our side.
        identity: identity of the charge point, whichever side that is.
        version: the version that the connection speaks.
        address: ``host:port`` of the other end.
        connection: the transport's connection.
    """

    __slots__ = ("_data", "_exchange", "address", "connection", "identity", "station", "version")

    def __init__(
        self,
        station: Station,
        identity: str,
        version: OcppVersion,
        connection: Any,
        address: str,
        exchange: Exchange,
    ) -> None:
        self.station = station
        self.identity = identity
        self.version = version
        self.connection = connection
        self.address = address
        self._exchange = exchange
        self._data: defaultdict[str, dict[str, Any]] | None = None

    @property
    def label(self) -> str:
        """How the peer is called in logs: ``cp#ID``, or ``cs`` for the central system."""
        return f"cp#{self.identity}" if self.station.role is Role.CS else "cs"

    @property
    def connected(self) -> bool:
        """True until the connection is lost."""
        return bool(self.connection.connected)

    @property
    def host(self) -> str:
        """The other end's address without its port."""
        return self.address.rpartition(":")[0]

    @property
    def transport(self) -> Transport:
        """How messages travel between us."""
        transport: Transport = self.connection.transport
        return transport

    @property
    def data(self) -> defaultdict[str, dict[str, Any]]:
        """A dict per plugin name, for what the plugin wants to keep with the connection."""
        if self._data is None:
            self._data = defaultdict(dict)
        return self._data

    def call(
        self, action: str, payload: Any = None, timeout: float | None = None, check: bool = True
    ) -> Deferred[Any]:
        """Call the peer.

        Args:
            action: what is asked.
            payload: its data as on the wire; None stands for ``{}``.
            timeout: seconds to wait for the answer once the call is sent; None for the
                setting ``call-timeout``.
            check: False sends what is given, right or wrong.

        Returns:
            A Deferred of the answer's payload. It fails with CallFailed (the peer refused),
            CallTimedOut, QueueFull, NotConnected, or PayloadInvalid (our payload, which is then
            not sent, or the peer's answer, breaks its schema).
        """
        limit = self.station.settings.call_timeout if timeout is None else timeout
        return self._exchange.call(self, action, {} if payload is None else payload, limit, check)

    def send(self, action: str, payload: Any, check: bool = True) -> None:
        """Send something that gets no answer (SEND, 2.1 only).

        Args:
            action: what is told.
            payload: its data as on the wire.
            check: False sends what is given, right or wrong.

        Raises:
            PayloadInvalid: the version has no such SEND, or the payload breaks its schema.
            NotConnected: the connection is lost.
        """
        self._exchange.send(self, action, payload, check)

    def send_raw(self, text: str) -> Deferred[Any] | None:
        """Send any text as a frame or envelope, right or wrong, and at once.

        Returns:
            Over WebSocket, if the text is a CALL, a Deferred of its answer's payload,
            unchecked; it fails as that of ``call`` does. None if it is something else.
            Over SOAP a Deferred of the ``HttpExchange``.

        Raises:
            NotConnected: the connection is lost.
        """
        answered: Deferred[Any] | None = self.connection.send_raw(text)
        return answered

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection, over WebSocket with this close code."""
        self.connection.close(code, reason)

    def __str__(self) -> str:
        return self.label


class Station:
    """What a central system and a charge point have in common.

    Args:
        plugins: who answers.
        settings: the settings.
        store: where behaviours keep what must survive.
        clock: Twisted's reactor, or a Clock in tests.
        show: takes the lines of the trace; None for no trace.

    Attributes:
        data: a dict per plugin name, for what the plugin wants to keep with the station.
    """

    role: Role
    log = Logger()

    def __init__(
        self,
        plugins: PluginManager,
        settings: Settings,
        store: Store,
        clock: Any,
        show: Callable[[str], None] | None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.clock = clock
        self.data: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        self._plugins = plugins
        self._exchanges: dict[tuple[OcppVersion, Transport], Exchange] = {}
        self.taps = StationTaps(self, plugins, Trace(show) if show else None)
        self._second = -1
        self._timestamp = ""
        self._running = False
        self._gone: Deferred[None] | None = None

    @property
    def label(self) -> str:
        """How the station is called in logs: ``cs`` or ``cp#ID``."""
        raise NotImplementedError

    @property
    def versions(self) -> tuple[OcppVersion, ...]:
        """The versions that the station speaks."""
        raise NotImplementedError

    @property
    def connected_peers(self) -> list[Peer]:
        """The peers that are connected now."""
        raise NotImplementedError

    # From plugins.

    def timestamp(self) -> str:
        """The present moment in UTC, such as ``2026-11-22T14:54:54Z``."""
        second = int(self.clock.seconds())
        if second != self._second:
            self._second = second
            self._timestamp = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self._timestamp

    def now(self) -> datetime:
        """The present moment in UTC, with fractions of a second."""
        return datetime.fromtimestamp(self.clock.seconds(), UTC)

    def later(self, seconds: float, function: Callable[..., Any], *arguments: Any) -> IDelayedCall:
        """Call a function after some seconds; the result's ``cancel()`` prevents it."""
        return self.clock.callLater(seconds, function, *arguments)

    # From the service.

    def start(self) -> None:
        """Get ready for its versions, and tell the plugins that the station has started."""
        for version in self.versions:
            self.answerer(version)
        self._running = True
        self._plugins.subscribe(self)
        notify(self._implementations("station_started"), self)

    def stop(self) -> None:
        """Tell the plugins that the station has stopped."""
        if self._running:
            self._running = False
            self._plugins.unsubscribe(self)
            notify(self._implementations("station_stopped"), self)

    def drain(self) -> Deferred[Any]:
        """Begin no further call; when those begun are answered, close with 1001.

        A call that is not answered within ``hook-timeout`` is not waited for.
        """
        return DeferredList([self._drain(peer) for peer in self.connected_peers])

    def gone(self) -> Deferred[None]:
        """Fires when no peer is connected any more."""
        if not self.connected_peers:
            return succeed(None)
        self._gone = Deferred()
        return self._gone

    # From the plugin manager.

    def plugins_changing(self, old: Plugin | None) -> None:
        """Show a plugin that goes the end of its world."""
        if old is not None:
            self._tell(old, "station_stopped", None, self)

    def plugins_changed(self, new: Plugin | None) -> None:
        """Ask other plugins from now on, and show a new one what there is already."""
        for exchange in self._exchanges.values():
            exchange.refresh()
        self.taps.refresh()
        if new is not None:
            self._tell(new, "station_started", None, self)
            for peer in self.connected_peers:
                self._tell(new, "connection_opened", peer.version, self, peer)

    # From the transport.

    def asks_before(self, version: OcppVersion) -> bool:
        """True if a plugin wants to be asked who may connect; else ``admit`` is no use."""
        return bool(self._implementations("connection_requested", version))

    def admit(self, request: ConnectionRequest) -> Deferred[None] | None:
        """Ask the plugins whether somebody may connect.

        Returns:
            None if no plugin wants to be asked. Else a Deferred that fires when all agree, and
            fails with ConnectionRefused as soon as one does not.
        """
        implementations = self._implementations("connection_requested", request.version)
        if not implementations:
            return None
        asked = [self._ask(implementation, request) for implementation in implementations]
        return gatherResults(asked, consumeErrors=True).addCallbacks(lambda _: None, _first_refusal)

    def answerer(
        self, version: OcppVersion, transport: Transport = Transport.WEBSOCKET
    ) -> Exchange:
        """The messages of a version, over a transport; made when it is first needed."""
        key = (version, transport)
        if key not in self._exchanges:
            self._exchanges[key] = Exchange(self, version, transport, self._plugins)
        return self._exchanges[key]

    def connected(self, identity: str, version: OcppVersion, connection: Any, address: str) -> Peer:
        """A connection was opened; its peer."""
        exchange = self.answerer(version, connection.transport)
        peer = Peer(self, identity, version, connection, address, exchange)
        # The channels must know the peer before a plugin may use it.
        connection.peer = peer
        self._peer_opened(peer)
        notify(self._implementations("connection_opened", version), self, peer)
        return peer

    def disconnected(self, peer: Peer, reason: str) -> None:
        """A connection has ended."""
        self._peer_lost(peer, escape_controls(reason))
        hook = self._implementations("connection_lost", peer.version)
        notify(hook, self, peer, escape_controls(reason))
        if peer.connection.ended_busy and self.taps.watch_idle:
            self.taps.connection_idle()
        if self._gone is not None and not self.connected_peers:
            gone, self._gone = self._gone, None
            gone.callback(None)

    # Private.

    def _ask(self, implementation: Implementation, request: ConnectionRequest) -> Deferred[Any]:
        try:
            result = implementation.call(self, request)
            if is_awaitable(result):
                answer = await_hook(result, self.settings.hook_timeout, self.clock)
            else:
                answer = succeed(result)
        except (Exception, SystemExit):
            answer = fail()
        return answer.addCallback(require_nothing).addErrback(self._refuse, implementation)

    @staticmethod
    def _refuse(failure: Failure, implementation: Implementation) -> None:
        """Fail closed: a plugin that fails refuses."""
        if not failure.check(ConnectionRefused):
            log_failure(failure, implementation)
            raise ConnectionRefused(500, f"{implementation} failed") from failure.value
        failure.raiseException()

    def _peer_opened(self, peer: Peer) -> None:
        raise NotImplementedError

    def _peer_lost(self, peer: Peer, reason: str) -> None:
        raise NotImplementedError

    def _drain(self, peer: Peer) -> Deferred[None]:
        drained = peer.connection.drain().addTimeout(self.settings.hook_timeout, self.clock)
        return drained.addBoth(lambda _: peer.close(GOING_AWAY, f"{self.label} is stopping"))

    def _implementations(
        self, hook: str, version: OcppVersion | None = None
    ) -> tuple[Implementation, ...]:
        return self._plugins.implementations(hook, self.role, version)

    def _tell(
        self, plugin: Plugin, hook: str, version: OcppVersion | None, *arguments: Any
    ) -> None:
        implementations = self._implementations(hook, version)
        notify((found for found in implementations if found.plugin is plugin), *arguments)


class CentralSystem(Station):
    """The back office: the side that charge points connect to.

    Attributes:
        peers: the connected charge points by identity.
    """

    role = Role.CS
    label = "cs"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.peers: dict[str, Peer] = {}

    @property
    def versions(self) -> tuple[OcppVersion, ...]:
        """The versions that are offered."""
        return self.settings.protocols

    @property
    def connected_peers(self) -> list[Peer]:
        """The charge points that are connected now."""
        return list(self.peers.values())

    def _peer_opened(self, peer: Peer) -> None:
        replaced = self.peers.get(peer.identity)
        self.peers[peer.identity] = peer
        source = "" if peer.transport is Transport.SOAP else f" from {peer.host}"
        text = "cs: ChargePoint #{id} connected{source}."
        self.log.info(text, id=peer.identity, source=source)
        if replaced is not None:
            # Who connects again has lost the old connection, whether or not we know.
            replaced.close(1000, "replaced by a newer connection")

    def _peer_lost(self, peer: Peer, reason: str) -> None:
        text = "cs: ChargePoint #{id} disconnected: {reason}"
        self.log.info(text, id=peer.identity, reason=reason)
        if self.peers.get(peer.identity) is peer:
            del self.peers[peer.identity]


class ChargePoint(Station):
    """A charging station: the side that connects to a central system.

    Attributes:
        identity: its name on the wire.
        version: the version that it speaks.
        peer: the central system while connected, else None.
    """

    role = Role.CP

    def __init__(self, identity: str, version: OcppVersion, *arguments: Any) -> None:
        self.identity = identity
        self.version = version
        self.peer: Peer | None = None
        super().__init__(*arguments)

    @property
    def label(self) -> str:
        """How the charge point is called in logs: ``cp#ID``."""
        return f"cp#{self.identity}"

    @property
    def versions(self) -> tuple[OcppVersion, ...]:
        """The one version that it speaks."""
        return (self.version,)

    @property
    def connected_peers(self) -> list[Peer]:
        """The central system while connected."""
        return [self.peer] if self.peer else []

    def call(self, action: str, payload: Any = None, timeout: float | None = None) -> Deferred[Any]:
        """Call the central system; see ``Peer.call``."""
        if self.peer is None:
            return fail(NotConnected(f"{self.label} is not connected"))
        return self.peer.call(action, payload, timeout)

    def tell(self, action: str, payload: Any = None) -> Deferred[Any]:
        """Call the central system where nothing depends on the answer.

        Returns:
            A Deferred of the answer, or of None where there is none, which is then logged.
        """

        def failed(failure: Failure) -> None:
            failure.trap(OcppfwError)
            text = "{label}: {action} was not delivered: {error}"
            self.log.warn(text, label=self.label, action=action, error=failure.value)

        return self.call(action, payload).addErrback(failed)

    def connecting_failed(self, reason: str, seconds: float) -> None:
        """An attempt to connect has failed; the next one follows in some seconds."""
        shown = escape_controls(reason)
        text = "{label}: {reason}. Next attempt in {seconds:.1f} s."
        self.log.warn(text, label=self.label, reason=shown, seconds=seconds)
        notify(self._implementations("connection_failed", self.version), self, shown)

    def _peer_opened(self, peer: Peer) -> None:
        self.peer = peer
        self.log.info("{label}: Connected to CentralSystem.", label=self.label)

    def _peer_lost(self, peer: Peer, reason: str) -> None:
        self.peer = None
        text = "{label}: Connection lost: {reason}"
        self.log.info(text, label=self.label, reason=reason)


def _first_refusal(failure: Failure) -> None:
    """What gatherResults found first."""
    error: Any = failure.value
    error.subFailure.raiseException()
