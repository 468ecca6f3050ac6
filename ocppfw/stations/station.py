"""What a central system and a charge point have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from twisted.internet.defer import Deferred, DeferredList, fail, gatherResults, succeed
from twisted.python.failure import Failure

from ocppfw import interfaces
from ocppfw.charge_point import times
from ocppfw.errors import ConnectionRefused, Violation
from ocppfw.hooks.calls import await_hook, is_awaitable, log_failure, notify, require_nothing
from ocppfw.hooks.manager import PluginManager
from ocppfw.hooks.places import blame, call_site
from ocppfw.hooks.questions import QUESTIONS, first_answer
from ocppfw.hooks.registry import Implementation, Plugin, Registry
from ocppfw.interfaces import Connection, ConnectionRequest, PluginData, new_plugin_data
from ocppfw.settings import Settings
from ocppfw.stations.background import Background
from ocppfw.stations.exchange import Exchange
from ocppfw.stations.lifecycle import Lifecycle
from ocppfw.stations.odd_messages import OddMessages
from ocppfw.stations.offer import LeftOut
from ocppfw.stations.peer import Peer, Stranger
from ocppfw.stations.taps import StationTaps
from ocppfw.stations.trace import Trace
from ocppfw.store import Store, Stores
from ocppfw.text import escape_controls
from ocppfw.versions import OcppVersion, Role, Transport

GOING_AWAY = 1001  # RFC 6455 section 7.4.1


class Station(Background):
    """What a central system and a charge point have in common.

    Args:
        plugins: who answers.
        settings: the settings.
        stores: where behaviours keep what must survive; the station has its own part of it.
        clock: Twisted's reactor, or a Clock in tests.
        trace: shows every frame and envelope; None for no trace.
        wall_clock: tells the time of day, in seconds since 1970.

    Attributes:
        data: a dict per plugin name, for what the plugin wants to keep with the station.
        odd_messages: what becomes of messages that break their schema.
        setting_watchers: are told the names of settings that have changed.
    """

    role: Role

    def __init__(
        self,
        plugins: PluginManager,
        settings: Settings,
        stores: Stores,
        clock: Any,
        trace: Trace | None,
        wall_clock: Callable[[], float],
    ) -> None:
        super().__init__(self.label, plugins, settings, clock)
        self._stores = stores
        self.data = new_plugin_data()
        self._exchanges: dict[tuple[OcppVersion, Transport], Exchange] = {}
        self.taps = StationTaps(self, plugins, trace)
        self._wall_clock = wall_clock
        self.setting_watchers: list[Callable[[str], None]] = []
        self.odd_messages = OddMessages(self.label, self.taps)
        self._second = -1
        self._timestamp = ""
        self._lifecycle = Lifecycle(self, self.role, plugins)
        self._gone: Deferred[None] | None = None

    @property
    def label(self) -> str:
        """How the station is called in logs, and its store: ``cs`` or ``cp#ID``."""
        raise NotImplementedError

    @property
    def versions(self) -> tuple[OcppVersion, ...]:
        """The versions that the station speaks."""
        raise NotImplementedError

    def not_offered(self, version: OcppVersion) -> LeftOut:
        """The actions of a version that it knows and does not offer; see ``Host``."""
        return {}

    @property
    def connected_peers(self) -> list[Peer]:
        """The peers that are connected now."""
        raise NotImplementedError

    # From plugins.

    @cached_property
    def store(self) -> Store:
        """Where behaviours keep what must survive.

        What is kept on disk is read when this is first asked for, by ``start``: when the station
        is made, the process may be about to go to the background, or to become another user's.
        """
        return self._stores.of(self.label)

    def timestamp(self, moment: float | None = None) -> str:
        """A moment in UTC, such as ``2026-11-22T14:54:54Z``.

        Args:
            moment: what ``clock.seconds()`` gave then; None for the present one.
        """
        now = self._wall_clock()
        if moment is not None:
            return times.timestamp(now - (self.clock.seconds() - moment))
        if int(now) != self._second:
            self._second = int(now)
            self._timestamp = times.timestamp(now)
        return self._timestamp

    def now(self) -> datetime:
        """The present moment in UTC, with fractions of a second."""
        return datetime.fromtimestamp(self._wall_clock(), UTC)

    def ask(self, question: str, peer: interfaces.Peer, *arguments: Any) -> Deferred[Any]:
        """Ask all plugins; the first answer that is not None counts.

        Args:
            question: name of the hook that asks it: ``card_presented``.
            peer: whom it is about; plugins of other versions are not asked.
            arguments: what the hook has besides station and peer.

        Returns:
            A Deferred of the answer, None if no plugin has one. It fails with CallFailed or
            NoAnswer: raised again in an answer hook, they are the answer to the peer.

        Raises:
            ValueError: there is no such question.
        """
        if question not in QUESTIONS:
            raise ValueError(f"{question!r} cannot be asked, only {', '.join(QUESTIONS)}")
        implementations = self._implementations(question, peer.version)
        if not implementations:
            return succeed(None)
        limit = self.settings.hook_timeout, self.clock
        asked = first_answer(implementations, (self, peer, *arguments), peer.version, limit)
        return Deferred.fromCoroutine(asked).addErrback(blame, call_site())

    # From the service.

    def start(self) -> None:
        """Get ready for its versions, and tell the plugins that the station has started.

        Raises:
            PluginError: the ``station_started`` of one of them has failed.
            StorageError: what the station keeps cannot be read.
        """
        for version in self.versions:
            self.answerer(version)
        self._lifecycle.start_all()
        self._plugins.subscribe(self)

    def stop(self) -> Deferred[None]:
        """Tell the plugins that the station stops; fires when they and their work have ended.

        What does not end within ``hook-timeout`` is not waited for.
        """
        if not self._lifecycle.running:
            return succeed(None)
        self._plugins.unsubscribe(self)
        return self._lifecycle.stop_all()

    def setting_changed(self, name: str) -> None:
        """A setting has another value; those who wait for that are told."""
        if name in ("ping-interval", "ping-timeout"):
            for peer in self.connected_peers:
                peer.connection.set_ping_interval(peer.settings.ping_interval)
        if name == "trace":
            self.taps.refresh()
        for watch in self.setting_watchers:
            watch(name)

    def drain(self) -> Deferred[Any]:
        """Begin no further call; when those begun are answered, close with 1001.

        A call that is not answered within ``hook-timeout`` is not waited for.
        """
        why = f"{self.label} is stopping"
        return DeferredList([self._drain(peer, why) for peer in self.connected_peers])

    def gone(self) -> Deferred[None]:
        """Fires when no peer is connected any more."""
        if not self.connected_peers:
            return succeed(None)
        self._gone = Deferred()
        return self._gone

    # From the plugin manager.

    def start_plugin(self, plugin: Plugin, registry: Registry) -> Deferred[None]:
        """Show a plugin that comes the beginning of its world."""
        return self._lifecycle.start(plugin, registry)

    def stop_plugin(self, plugin: Plugin) -> Deferred[None]:
        """Show a plugin that goes the end of its world."""
        return self._lifecycle.stop(plugin)

    def plugins_changed(self, new: Plugin | None) -> None:
        """Ask other plugins from now on, and show a new one who is connected already."""
        for exchange in self._exchanges.values():
            exchange.refresh()
        self.taps.refresh()
        self._lifecycle.catch_up()
        for peer in self.connected_peers:
            opened = self._implementations("connection_opened", peer.version)
            notify((found for found in opened if found.plugin is new), self, peer)

    # From the transport.

    def asks_before(self, version: OcppVersion | None) -> bool:
        """True if a plugin wants to be asked who may connect; else ``admit`` is not needed."""
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
            self._exchanges[key] = Exchange(
                self, version, transport, self._plugins, self.odd_messages
            )
        return self._exchanges[key]

    def stranger(
        self, identity: str, version: OcppVersion, connection: Connection, address: str
    ) -> Peer:
        """Who has sent an envelope that is refused, for who looks at it.

        Args:
            identity: that the envelope says; empty where it says none.
            version: the version of the envelope.
            connection: one that is not open.
            address: ``host:port`` of the other end.
        """
        calls = self.answerer(version, connection.transport).calls
        connection.peer = Stranger(self, identity, version, connection, address, calls)
        return connection.peer

    def connection_opened(
        self,
        identity: str,
        version: OcppVersion,
        connection: Connection,
        address: str,
        data: PluginData | None = None,
    ) -> Peer:
        """A connection was opened.

        Args:
            identity: of the charge point, whichever side that is.
            version: the version that it speaks.
            connection: the transport's connection.
            address: ``host:port`` of the other end.
            data: what plugins have learned when they were asked whether it may be.

        Returns:
            The peer, which the connection has from now on.
        """
        calls = self.answerer(version, connection.transport).calls
        peer = Peer(self, identity, version, connection, address, calls, data)
        # The channels must know the peer before a plugin may use it.
        connection.peer = peer
        self._peer_opened(peer)
        if connection.heard_of:
            self._say_connected(peer)
        notify(self._implementations("connection_opened", version), self, peer)
        return peer

    def peer_heard_of(
        self,
        peer: interfaces.Peer,
        address: str | None = None,
        data: PluginData | None = None,
    ) -> None:
        """Something has come for the first time from a peer that could be called before.

        Args:
            peer: the other side.
            address: ``host:port`` that it came from; None where that says nothing new.
            data: what plugins have learned when they were asked whether it may.
        """
        peer.address = address or peer.address
        for plugin, learned in (data or {}).items():
            peer.data[plugin].update(learned)
        self._say_connected(peer)

    def connection_lost(self, peer: interfaces.Peer, reason: str) -> None:
        """A connection has ended."""
        self._peer_lost(peer, escape_controls(reason))
        self.odd_messages.connection_lost(peer)
        hook = self._implementations("connection_lost", peer.version)
        notify(hook, self, peer, escape_controls(reason))
        self.taps.connection_ended(peer.connection)
        if self._gone is not None and not self.connected_peers:
            gone, self._gone = self._gone, None
            gone.callback(None)

    def report_odd(
        self,
        peer: interfaces.Peer,
        subject: str,
        violations: Sequence[Violation],
        left: Collection[str],
    ) -> None:
        """Say what was wrong with a message that is taken all the same; see ``OddMessages``."""
        self.odd_messages.report(peer, subject, violations, left)

    # Private.

    def _ask(self, implementation: Implementation, request: ConnectionRequest) -> Deferred[Any]:
        try:
            result = implementation.function(self, request)
            if is_awaitable(result):
                result = await_hook(result, self.settings.hook_timeout, self.clock)
            answer = result if isinstance(result, Deferred) else succeed(result)
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

    def _say_connected(self, peer: interfaces.Peer) -> None:
        raise NotImplementedError

    def _peer_lost(self, peer: interfaces.Peer, reason: str) -> None:
        raise NotImplementedError

    def _drain(self, peer: Peer, why: str) -> Deferred[None]:
        drained = peer.connection.drain().addTimeout(self.settings.hook_timeout, self.clock)
        return drained.addBoth(lambda _: peer.close(GOING_AWAY, why))

    def _implementations(
        self, hook: str, version: OcppVersion | None = None
    ) -> tuple[Implementation, ...]:
        return self._plugins.implementations(hook, self.role, version)


def _first_refusal(failure: Failure) -> None:
    """What gatherResults found first."""
    error: Any = failure.value
    error.subFailure.raiseException()
