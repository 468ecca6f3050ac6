"""permessage-deflate (RFC 7692): what is negotiated, and what is kept between messages.

No context is taken over from one message to the next in what we send, nor, where the peer agrees,
in what it sends, so that a silent connection needs no memory for it. Autobahn makes new zlib
objects when such a message begins, but keeps the last ones until then, up to 170 KiB for a
connection. Here what decompresses goes when the message ends, and all connections compress with
the same object of 256 KiB, one after the other; one for each message leaves holes in the heap.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from autobahn.websocket.compress import (
    PerMessageDeflate,
    PerMessageDeflateOffer,
    PerMessageDeflateOfferAccept,
    PerMessageDeflateResponse,
    PerMessageDeflateResponseAccept,
)

#: What a client offers, the preferred first. A server that wants to take over the context of its
#: messages must decline the first (RFC 7692 section 7.1.1.1) and may accept the second.
OFFERS = [PerMessageDeflateOffer(request_no_context_takeover=True), PerMessageDeflateOffer()]


def readable_offers(extensions: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Of the extensions that a client offers, those that can be taken.

    A server must decline an offer with parameters or values that it does not know (RFC 7692
    section 7), where Autobahn would refuse the connection.

    Args:
        extensions: names and parameters, as Autobahn reads them.
    """
    return [(name, given) for name, given in extensions if _is_readable(name, given)]


def _is_readable(name: str, given: Any) -> bool:
    if name != "permessage-deflate":
        return False
    try:
        PerMessageDeflateOffer.parse(given)
    except Exception:  # Autobahn raises nothing more special
        return False
    return True


def accept_offer(offered: Iterable[Any]) -> PerMessageDeflateOfferAccept | None:
    """A server's answer to the extensions that a client offers; None for no compression.

    The client is told to take over no context, which it then must not (RFC 7692 section 7.1.1.2).
    """
    for offer in offered:
        if isinstance(offer, PerMessageDeflateOffer):
            return PerMessageDeflateOfferAccept(
                offer,
                request_no_context_takeover=offer.accept_no_context_takeover,
                no_context_takeover=True,
            )
    return None


def accept_response(response: Any) -> PerMessageDeflateResponseAccept | None:
    """A client's view of what a server has accepted; None refuses the connection."""
    if isinstance(response, PerMessageDeflateResponse):
        return PerMessageDeflateResponseAccept(response, no_context_takeover=True)
    return None


def refuse(extension: Any) -> None:
    """No compression, whatever is offered."""


def keep_nothing(deflate: PerMessageDeflate) -> None:
    """Have a connection's compression keep no zlib object that its next message will not use."""
    deflate.__class__ = _ForgetfulDeflate


#: What compresses, between two messages; by window size.
_idle_compressors: defaultdict[int, list[Any]] = defaultdict(list)


class _ForgetfulDeflate(PerMessageDeflate):
    """A connection has no zlib object between two messages, unless the peer's context is needed."""

    def start_compress_message(self) -> None:
        """A message that we send begins."""
        idle = _idle_compressors[self._window_bits]
        self._compressor = idle.pop() if idle else zlib.compressobj(wbits=-self._window_bits)

    def end_compress_message(self) -> bytes:
        """The last bytes of a message that we send."""
        # Z_FULL_FLUSH ends the message as Z_SYNC_FLUSH does, and forgets it: whatever the next
        # one is, and of whomever, it cannot refer to this one.
        data: bytes = self._compressor.flush(zlib.Z_FULL_FLUSH)
        _idle_compressors[self._window_bits].append(self._compressor)
        self._compressor = None
        return data[:-4] or b"\0"  # an empty message (RFC 7692 section 7.2.3.6)

    def end_decompress_message(self) -> None:
        """A message that we receive is complete."""
        super().end_decompress_message()
        # Never shared: a hostile message could refer to what others have sent before it.
        if self.client_no_context_takeover if self._is_server else self.server_no_context_takeover:
            self._decompressor = None

    @property
    def _window_bits(self) -> int:
        """How far back in a message of ours its text may refer, as a power of two."""
        bits = self.server_max_window_bits if self._is_server else self.client_max_window_bits
        return int(bits)
