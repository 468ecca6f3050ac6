"""Who sees and who changes the frames and envelopes of a station: the trace, and plugins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from ocppfw.hooks.calls import change, notify
from ocppfw.hooks.manager import PluginManager
from ocppfw.hooks.registry import Implementation
from ocppfw.interfaces import Envelope, Peer, Station
from ocppfw.marker import DROP
from ocppfw.stations.peer import Stranger
from ocppfw.stations.trace import Trace

_HOOKS = (
    "frame_received",
    "frame_sent",
    "change_received_frame",
    "change_sent_frame",
    "envelope_received",
    "envelope_sent",
    "change_received_envelope",
    "change_sent_envelope",
)


class StationTaps:
    """The taps of all connections of one station.

    Args:
        station: the station.
        plugins: who implements the hooks.
        trace: shows every frame and envelope; None for no trace.

    Attributes:
        active: False when nobody wants frames or envelopes; connections then spare themselves the
            calls.
        watch_idle: True when a plugin wants to know that nothing is left to do.
    """

    def __init__(self, station: Station, plugins: PluginManager, trace: Trace | None) -> None:
        self._station = station
        self._plugins = plugins
        self._trace = trace
        self.refresh()

    def refresh(self) -> None:
        """Look again who wants what, after plugins have changed, or the trace."""
        # Counted only while somebody wants to know: which connections have calls under way.
        self._busy: set[object] = {
            peer.connection for peer in self._station.connected_peers if not peer.connection.idle
        }
        self._hooks = {
            (hook, version): self._plugins.implementations(hook, self._station.role, version)
            for hook in _HOOKS
            for version in (None, *self._station.versions)
        }
        traced = self._trace is not None and self._trace.active
        self.active = traced or any(self._hooks.values())
        self._idle = self._plugins.implementations("station_idle", self._station.role)
        self.watch_idle = bool(self._idle)

    def connection_busy(self, connection: object) -> None:
        """A call of a connection, in either direction, is under way."""
        self._busy.add(connection)

    def connection_idle(self, connection: object) -> None:
        """A connection has no call under way; tell the plugins if no other has one, either."""
        self._busy.discard(connection)
        if not self._busy:
            notify(self._idle, self._station)

    def connection_ended(self, connection: object) -> None:
        """A connection is lost, and with it what was under way."""
        if connection in self._busy:
            self.connection_idle(connection)

    def received(self, peer: Peer, text: str) -> Deferred[str | None] | str | None:
        """Show a frame that arrived, then let it be changed.

        Returns:
            The text to process, None to drop the frame, or a Deferred of these.
        """
        if self._trace is not None:
            self._trace.frame_received(peer, text)
        notify(self._hooks["frame_received", peer.version], self._station, peer, text)
        return self._change(self._hooks["change_received_frame", peer.version], peer, text)

    def sent(self, peer: Peer, text: str, write: Callable[[str], bool]) -> Deferred[bool] | bool:
        """Let a frame be changed, then write and show it.

        Returns:
            Whether it was written, or a Deferred of that.
        """
        changed = self._change(self._hooks["change_sent_frame", peer.version], peer, text)
        if isinstance(changed, Deferred):
            return changed.addCallback(self._write, peer, write)
        return self._write(changed, peer, write)

    def mark(self, peer: Peer, text: str) -> None:
        """Show what is odd about the message that arrived last."""
        if self._trace is not None:
            self._trace.mark(peer, text)

    def envelope_received(self, peer: Peer, envelope: Envelope) -> None:
        """Show an envelope that arrived."""
        if self._trace is not None:
            self._trace.envelope_received(peer, envelope)
        notify(self._found("envelope_received", peer), self._station, peer, envelope.text)

    def change_received_envelope(self, peer: Peer, text: str) -> Deferred[str | None] | str | None:
        """Let an envelope that arrived be changed.

        Returns:
            The XML to process, None to drop the envelope, or a Deferred of these.
        """
        return self._change(self._found("change_received_envelope", peer), peer, text)

    def change_sent_envelope(self, peer: Peer, text: str) -> Deferred[str | None] | str | None:
        """Let an envelope be changed before it is sent.

        Returns:
            The XML to send, None to drop the envelope, or a Deferred of these.
        """
        return self._change(self._found("change_sent_envelope", peer), peer, text)

    def envelope_sent(self, peer: Peer, envelope: Envelope) -> None:
        """Show an envelope that is sent now."""
        if self._trace is not None:
            self._trace.envelope_sent(peer, envelope)
        notify(self._found("envelope_sent", peer), self._station, peer, envelope.text)

    def _found(self, hook: str, peer: Peer) -> tuple[Implementation, ...]:
        """Who implements a hook for the envelopes of a peer."""
        # What a stranger sends may be anything: it may need a plugin of another version.
        return self._hooks[hook, None if isinstance(peer, Stranger) else peer.version]

    def _write(self, text: str | None, peer: Peer, write: Callable[[str], bool]) -> bool:
        if text is None or not peer.connected:
            return False
        if self._trace is not None:
            self._trace.frame_sent(peer, text)
        notify(self._hooks["frame_sent", peer.version], self._station, peer, text)
        return write(text)

    def _change(
        self, implementations: tuple[Implementation, ...], peer: Peer, text: str
    ) -> Deferred[str | None] | str | None:
        if not implementations:
            return text
        limit = self._station.settings.hook_timeout, self._station.clock
        changed: Deferred[str | None] | str | None = change(
            implementations, (self._station, peer), text, _changed, limit
        )
        return changed


def _changed(result: Any, text: str) -> str | None:
    """What a changing hook makes of a frame; None drops it.

    Raises:
        TypeError: the hook returned something else than None, a str or DROP.
        UnicodeEncodeError: the str cannot be sent.
    """
    if result is None:
        return text
    if result is DROP:
        return None
    if isinstance(result, str):
        result.encode()  # a frame is UTF-8: no lone surrogates
        return result
    raise TypeError(f"must return None, a str or DROP, not {type(result).__name__}")
