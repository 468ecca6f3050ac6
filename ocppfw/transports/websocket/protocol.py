"""OCPP-J: what both ends of a WebSocket have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autobahn.websocket.protocol import WebSocketProtocol
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from txaio.tx import make_logger

from ocppfw.errors import NotConnected
from ocppfw.interfaces import Host, PluginData
from ocppfw.settings import Settings
from ocppfw.transports.websocket.connection import SrpcConnection
from ocppfw.transports.websocket.deflate import keep_nothing
from ocppfw.transports.websocket.fast_frames import FastFrames
from ocppfw.versions import OcppVersion, Transport

NORMAL = 1000
GOING_AWAY = 1001  # RFC 6455 section 7.4.1
PROTOCOL_ERROR = 1002
UNSUPPORTED_DATA = 1003
INVALID_PAYLOAD = 1007

_OPEN = WebSocketProtocol.STATE_OPEN
_OUTPUT = "output"  # why reading pauses: the peer does not read what we have written
_MAX_CLOSE_REASON = 123  # bytes, RFC 6455 section 5.5
# What Autobahn keeps of the handshake and does not read again: a fifth of an idle connection.
_HANDSHAKE_LEFTOVERS = (
    "http_request_data",
    "http_response_data",
    "http_headers",
    "http_status_line",
    "http_request_uri",
    "http_request_path",
    "http_request_params",
    "http_request_host",
    "websocket_extensions",
    "websocket_protocols",
    "websocket_origin",
    "websocket_key",
    "_wskey",
)


class OcppProtocol(FastFrames):
    """What server and client have in common; mixed into an Autobahn protocol.

    Attributes:
        host: the station.
        identity: identity of the charge point.
        ocpp_version: the negotiated version; None where there is none in common.
        learned: what plugins have learned when they were asked whether it may connect.
    """

    # Autobahn warns of what is told elsewhere: why a connection ends, or is not opened.
    log = make_logger("error")

    host: Host
    identity: str
    ocpp_version: OcppVersion | None
    learned: PluginData | None = None
    connection: SrpcConnection | None = None
    transport: Any
    _withholds_pongs = False
    _pongs: tuple[Deferred[None], ...] = ()
    _paused_by: frozenset[str] = frozenset()

    # From Twisted.

    def connectionLost(self: Any, reason: Failure) -> None:
        """TCP is lost."""
        # Past Autobahn's connectionLost, which only logs, faults of TLS as errors of its own.
        self._connectionLost(reason)

    # From Autobahn.

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """A message that did not take the short way."""
        if isBinary:
            # All messages are text (OCPP-J 1.6 section 4.1.2).
            self.close(UNSUPPORTED_DATA, "binary messages are not supported")
        else:
            self.text_received(payload)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        """The connection has ended, cleanly or not."""
        self._lose(self._why_closed(wasClean))

    def onPing(self: Any, payload: bytes) -> None:
        """The peer has sent a ping."""
        if not self._withholds_pongs:
            self.sendPong(payload)

    def onPong(self, payload: bytes) -> None:
        """The peer has answered a ping, of ours or of Autobahn's; every earlier one is answered."""
        self._end_pings(None)

    def onAutoPingTimeout(self: Any) -> None:
        """No pong has come in time; a peer that we do not listen to may have sent it."""
        if self._paused_by - {_OUTPUT}:
            self._wait_for_pong()
        else:
            super().onAutoPingTimeout()  # type: ignore[misc]

    def onCloseFrame(self: Any, code: int | None, reasonRaw: bytes | None) -> bool | None:
        """The peer closes; what is wrong with how it does so is said before the end."""
        if fault := _fault_of_close(code, reasonRaw):
            self.close(*fault)
        elif not self.failedByMe:
            closed: bool | None = super().onCloseFrame(code, reasonRaw)  # type: ignore[misc]
            return closed
        # Autobahn would reset the connection before what we have complained of is there.
        self.wasClean = True  # both sides have sent their close frame
        self.dropConnection(abort=False)
        return True

    # From the port.

    @property
    def half_received(self: Any) -> int:
        """Bytes that are kept, or are to come, of a message that has not come whole."""
        within = self.state == _OPEN and self.inside_message
        begun = self.message_data_total_length if within else 0
        return len(self.data) + int(begun)

    # From the SRPC connection.

    @property
    def writable(self: Any) -> bool:
        """False as soon as the closing handshake has begun."""
        return self.state == _OPEN

    def text_received(self: Any, data: bytes) -> None:
        """Give a frame to the channels; what comes after our close frame is not heard."""
        if self.connection is not None and self.state == _OPEN:
            self.connection.receive(data)

    def pause_reading(self, reason: str) -> None:
        """Take no further frames while there is this reason, or another one."""
        self._paused_by |= {reason}
        self.transport.pauseProducing()

    def resume_reading(self: Any, reason: str) -> None:
        """There is this reason no more."""
        self._paused_by -= {reason}
        if not self._paused_by:
            self.transport.resumeProducing()
            if self.autoPingTimeoutCall is not None:  # what was sent meanwhile is only read now
                self.autoPingTimeoutCall.cancel()
                self._wait_for_pong()

    def give_up(self, reason: str) -> None:
        """Begin the closing handshake, and tell the end at once."""
        self.close(NORMAL, reason)
        self._lose(reason)

    def abort(self) -> None:
        """End the connection at once."""
        self.transport.abortConnection()

    def withhold_pongs(self, withheld: bool) -> None:
        """Leave pings unanswered from now on, or answer them again."""
        self._withholds_pongs = withheld

    def close(self: Any, code: int, reason: str) -> None:
        """Begin the closing handshake, with any code."""
        if self.state == _OPEN:
            text = reason.encode()[:_MAX_CLOSE_REASON].decode(errors="ignore").encode()
            self.sendCloseFrame(code=code, reasonUtf8=text, isReply=False)

    def ping(self: Any) -> Deferred[None]:
        """Send a ping; fires with the pong, fails with NotConnected."""
        ponged: Deferred[None] = Deferred()
        self._pongs += (ponged,)
        self.sendPing()
        return ponged

    def set_ping_interval(self: Any, seconds: float) -> None:
        """Ping every so many seconds from now on, 0 for never."""
        self.autoPingInterval = seconds
        settings = self.host.settings.for_identity(self.identity)
        self.autoPingTimeout = settings.ping_timeout if seconds else 0
        pending, self.autoPingPendingCall = self.autoPingPendingCall, None
        if pending is not None:
            pending.cancel()
        if seconds and not self.autoPingPending:  # else Autobahn goes on when the pong comes
            timer = self.factory._batched_timer
            self.autoPingPendingCall = timer.call_later(seconds, self._sendAutoPing)

    # From the transport, of which we are the producer: who does not read is not listened to.

    def pauseProducing(self) -> None:
        """What we have written piles up."""
        self.pause_reading(_OUTPUT)

    def resumeProducing(self) -> None:
        """What we had written is gone."""
        self.resume_reading(_OUTPUT)

    def stopProducing(self) -> None:
        """The connection is lost."""

    # Private.

    def _wait_for_pong(self: Any) -> None:
        self.autoPingTimeoutCall = self.factory._batched_timer.call_later(
            self.autoPingTimeout, self.onAutoPingTimeout
        )

    def _lose(self, reason: str) -> None:
        """Tell the end of the connection, once."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.lose()
            self._end_pings(Failure(NotConnected("the connection was lost")))
            self.host.connection_lost(connection.peer, reason)

    def _why_closed(self: Any, was_clean: bool) -> str:
        if self.closedByMe:
            own = (self.localCloseReason or b"").decode()
            return f"closed by us with code {self.localCloseCode}" + (f", {own}" if own else "")
        if self.remoteCloseCode is not None:  # also where the peer did not hang up then
            reason = f", {self.remoteCloseReason}" if self.remoteCloseReason else ""
            return f"closed with code {self.remoteCloseCode}{reason}"
        if not was_clean:
            return self.wasNotCleanReason or "the connection was lost"
        return "closed without a code"

    def _end_pings(self, result: Any) -> None:
        pongs, self._pongs = self._pongs, ()
        for ponged in pongs:
            ponged.callback(result)

    def _drop_handshake(self) -> None:
        # A new dict, because one that has grown does not shrink.
        self.__dict__ = {n: v for n, v in vars(self).items() if n not in _HANDSHAKE_LEFTOVERS}

    def _open_connection(self: Any) -> None:
        host = self.host
        settings = host.settings.for_identity(self.identity)
        self.transport.registerProducer(self, True)
        if self._perMessageCompress is not None:
            keep_nothing(self._perMessageCompress)
        connection = SrpcConnection(
            self,
            self.ocpp_version,
            host.answerer(self.ocpp_version, Transport.WEBSOCKET),
            host.taps,
            settings,
            host.clock,
        )
        self.connection = connection
        wanted = (settings.ping_interval, settings.ping_timeout)
        if (self.autoPingInterval, self.autoPingTimeout) != wanted:  # not those of the factory
            self.set_ping_interval(settings.ping_interval)
        address = self.transport.getPeer()
        host.connection_opened(
            self.identity,
            self.ocpp_version,
            connection,
            f"{address.host}:{address.port}",
            self.learned,
        )


class ExactTimers:
    """In place of Autobahn's timers, which count whole seconds and so fire up to one too early."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def call_later(self, delay: float, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function after some seconds; the result can be cancelled."""
        return self._reactor.callLater(delay, function, *arguments)


def _fault_of_close(code: int | None, reason: bytes | None) -> tuple[int, str] | None:
    """The close code and reason with which a peer's close frame is answered; None if it is right.

    Codes are those of RFC 6455 section 7.4.
    """
    known = code in WebSocketProtocol.CLOSE_STATUS_CODES_ALLOWED
    if code is not None and not known and not 3000 <= code < 5000:
        return PROTOCOL_ERROR, f"invalid close code {code}"
    try:
        (reason or b"").decode()
    except UnicodeDecodeError:
        return INVALID_PAYLOAD, "the reason of the close frame is not UTF-8"
    return None


def configure(factory: Any, settings: Settings) -> None:
    """Give a factory the limits and time-outs of the settings."""
    factory._batched_timer = ExactTimers(factory.reactor)
    factory.setProtocolOptions(
        autoPingInterval=settings.ping_interval,
        autoPingTimeout=settings.ping_timeout if settings.ping_interval else 0,
        openHandshakeTimeout=settings.handshake_timeout,
        closeHandshakeTimeout=settings.close_timeout,
        maxMessagePayloadSize=settings.max_message_size,
        maxFramePayloadSize=settings.max_message_size,
        failByDrop=False,  # faults are answered with their close code
        tcpNoDelay=True,
    )
