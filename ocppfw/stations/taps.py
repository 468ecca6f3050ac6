"""Who sees and who changes the frames and envelopes of a station: the trace, and plugins."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ocppfw.hooks.calls import await_hook, is_awaitable, log_failure, notify
from ocppfw.hooks.manager import Implementation, PluginManager
from ocppfw.interfaces import Envelope
from ocppfw.marker import DROP
from ocppfw.stations.trace import Trace
from ocppfw.versions import OcppVersion

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

    def __init__(self, station: Any, plugins: PluginManager, trace: Trace | None) -> None:
        self._station = station
        self._plugins = plugins
        self._trace = trace
        self.refresh()

    def refresh(self) -> None:
        """Look up the implementations again, after plugins have changed."""
        self._hooks = {
            (hook, version): self._plugins.implementations(hook, self._station.role, version)
            for hook in _HOOKS
            for version in OcppVersion
        }
        self.active = self._trace is not None or any(self._hooks.values())
        self._idle = self._plugins.implementations("station_idle", self._station.role)
        self.watch_idle = bool(self._idle)

    def connection_idle(self) -> None:
        """A connection has no call under way; tell the plugins if the others have none, either."""
        if all(peer.connection.idle for peer in self._station.connected_peers):
            notify(self._idle, self._station)

    def received(self, peer: Any, text: str) -> Deferred[str | None] | str | None:
        """Show a frame that arrived, then let it be changed.

        Returns:
            The text to process, None to drop the frame, or a Deferred of these.
        """
        if self._trace is not None:
            self._trace.frame_received(peer, text)
        notify(self._hooks["frame_received", peer.version], self._station, peer, text)
        return self._change(self._hooks["change_received_frame", peer.version], peer, text)

    def sent(self, peer: Any, text: str, write: Callable[[str], None]) -> None:
        """Let a frame be changed, then write and show it."""
        changed = self._change(self._hooks["change_sent_frame", peer.version], peer, text)
        write_and_show = partial(self._write, peer, write)
        if isinstance(changed, Deferred):
            changed.addCallback(write_and_show)
        else:
            write_and_show(changed)

    def envelope_received(self, peer: Any, envelope: Envelope) -> None:
        """Show an envelope that arrived."""
        if self._trace is not None:
            self._trace.envelope_received(peer, envelope)
        notify(self._hooks["envelope_received", peer.version], self._station, peer, envelope.text)

    def change_received_envelope(self, peer: Any, text: str) -> Deferred[str | None] | str | None:
        """Let an envelope that arrived be changed.

        Returns:
            The XML to process, None to drop the envelope, or a Deferred of these.
        """
        return self._change(self._hooks["change_received_envelope", peer.version], peer, text)

    def change_sent_envelope(self, peer: Any, text: str) -> Deferred[str | None] | str | None:
        """Let an envelope be changed before it is sent.

        Returns:
            The XML to send, None to drop the envelope, or a Deferred of these.
        """
        return self._change(self._hooks["change_sent_envelope", peer.version], peer, text)

    def envelope_sent(self, peer: Any, envelope: Envelope) -> None:
        """Show an envelope that is sent now."""
        if self._trace is not None:
            self._trace.envelope_sent(peer, envelope)
        notify(self._hooks["envelope_sent", peer.version], self._station, peer, envelope.text)

    def _write(self, peer: Any, write: Callable[[str], None], text: str | None) -> None:
        if text is not None and peer.connected:
            if self._trace is not None:
                self._trace.frame_sent(peer, text)
            notify(self._hooks["frame_sent", peer.version], self._station, peer, text)
            write(text)

    def _change(
        self, implementations: tuple[Implementation, ...], peer: Any, text: str
    ) -> Deferred[str | None] | str | None:
        for position, implementation in enumerate(implementations):
            try:
                result = implementation.function(self._station, peer, text)
                if is_awaitable(result):
                    rest = implementations[position + 1 :]
                    return self._change_later(result, implementation, rest, peer, text)
                changed = _changed(result, text)
            except Exception:
                log_failure(Failure(), implementation)
                continue
            if changed is None:
                return None
            text = changed
        return text

    def _change_later(
        self,
        result: Any,
        implementation: Implementation,
        rest: tuple[Implementation, ...],
        peer: Any,
        text: str,
    ) -> Deferred[str | None]:
        def failed(failure: Failure) -> str:
            log_failure(failure, implementation)
            return text

        def ask_the_rest(changed: str | None) -> Any:
            return None if changed is None else self._change(rest, peer, changed)

        waiting = await_hook(result, self._station.settings.hook_timeout, self._station.clock)
        waiting.addCallback(_changed, text)
        return waiting.addErrback(failed).addCallback(ask_the_rest)


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
