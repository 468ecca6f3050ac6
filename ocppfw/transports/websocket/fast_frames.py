"""The short way for the common WebSocket frame, beside Autobahn's general machinery.

Nearly all OCPP-J frames are whole, unfragmented, uncompressed text frames of ASCII below
64 KiB. Those are read and written here. Everything else (fragments, control frames, compression,
UTF-8, limits, faults, the closing handshake) is left to Autobahn, which gets the bytes as they
came.
"""

from __future__ import annotations

from typing import Any

from autobahn.websocket.protocol import WebSocketProtocol
from twisted.internet.tcp import Connection

from ocppfw.transports.buffers import Buffers

_TEXT = 1
_FINAL_TEXT = 0x80 | _TEXT
_MASKED = 0x80
_SHORT_HEADERS = tuple(bytes((_FINAL_TEXT, length)) for length in range(126))
_WORTH_COMPRESSING = 1024  # bytes
_KEY_LENGTH = 4
_OPEN = WebSocketProtocol.STATE_OPEN
_number = int.from_bytes  # every look-up of it would make a new bound method
# A masking key times one of these is the key so many times over. Longer frames do without.
_REPETITIONS = tuple((256 ** (_KEY_LENGTH * times) - 1) // 0xFFFFFFFF for times in range(257))


def _unmask(masked: bytes) -> bytes:
    """What follows the masking key (RFC 6455 section 5.3), by one operation on long integers."""
    length = len(masked)
    words = (length + 3) >> 2
    whole = _number(masked, "little")
    if words < len(_REPETITIONS):
        keys = (whole & 0xFFFFFFFF) * _REPETITIONS[words]
    else:
        keys = _number(masked[:_KEY_LENGTH] * words, "little")
    return (whole ^ keys).to_bytes(words << 2, "little")[_KEY_LENGTH:length]


class FastFrames:
    """Mixed into an Autobahn protocol, before it.

    The protocol offers ``text_received(data)``.

    Attributes:
        masked_input: True where the peer masks its frames, as a client must.
        buffers: all connections of the process.
    """

    masked_input: bool
    buffers: Buffers

    def text_received(self, data: bytes) -> None:
        """Take the payload of one text frame."""
        raise NotImplementedError

    # From Twisted.

    def dataReceived(self: Any, data: bytes) -> None:
        """Read whole text frames; give the rest to Autobahn."""
        while (
            self.state == _OPEN
            and not self.data
            and self.current_frame is None
            and not self.inside_message
            and self.autoPingTimeoutCall is None
        ):
            used = self._read_frame(data)
            if not used:
                break
            if used == len(data):
                return
            data = data[used:]
        # Past Autobahn's dataReceived, which only makes a debug line, at a price.
        self._dataReceived(data)
        self.buffers.received(len(data))

    # From the SRPC connection.

    def write_text(self: Any, data: bytes) -> None:
        """Send one text frame; the data must be UTF-8, the connection open."""
        length = len(data)
        if not self.masked_input:
            self._send_by_autobahn(data)  # which masks it
        elif length < 126:
            self._write_frame(_SHORT_HEADERS[length] + data)
        # Short messages gain nothing by compression, and making the zlib objects takes its time.
        elif length > 0xFFFF or (
            self._perMessageCompress is not None and length >= _WORTH_COMPRESSING
        ):
            self._send_by_autobahn(data)
        else:
            self._write_frame(b"\x81\x7e" + length.to_bytes(2, "big") + data)

    # Private.

    def _read_frame(self: Any, data: bytes) -> int:
        """Read one frame; how many bytes it took, 0 if it is not for us."""
        if len(data) < 2 or data[0] != _FINAL_TEXT:
            return 0
        masked = self.masked_input
        # Over 126: a longer frame, or one that is masked and should not be, or not and should be.
        length = data[1] ^ _MASKED if masked else data[1]
        start = 2
        if length == 126:
            length = _number(data[2:4], "big")
            start = 4
            if length < 126:  # not the shortest form: Autobahn says what is wrong
                return 0
        elif length > 126:
            return 0
        end = start + length + (_KEY_LENGTH if masked else 0)
        if len(data) < end or length > self.maxMessagePayloadSize:
            return 0
        payload = _unmask(data[start:end]) if masked else data[start:end]
        if not payload.isascii():
            return 0
        self.text_received(payload)
        return end

    def _send_by_autobahn(self: Any, data: bytes) -> None:
        if len(data) > self.maxMessagePayloadSize:
            # sendMessage() holds what we send to the limit of what we take.
            self.sendFrame(opcode=_TEXT, payload=data)
        else:
            self.sendMessage(data)

    def _write_frame(self: Any, frame: bytes) -> None:
        """Write to the socket at once if nothing waits before it, else queue."""
        transport = self.transport
        if isinstance(transport, Connection) and not (
            transport.dataBuffer or transport._tempDataBuffer or transport.disconnected
        ):
            try:
                sent = transport.socket.send(frame)
            except OSError:
                sent = 0  # full or broken: the transport finds out and does what is to be done
            if sent == len(frame):
                return
            frame = frame[sent:]
        transport.write(frame)
