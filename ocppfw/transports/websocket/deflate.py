"""permessage-deflate (RFC 7692): what is negotiated, and what is kept between messages.

No context is taken over from one message to the next in what we send, nor, where the peer agrees,
in what it sends, so that a silent connection needs no memory for it. Autobahn makes new zlib
objects when such a message begins, but keeps the last ones until then, up to 170 KiB for a
connection. Here they go when the message ends.
"""

from __future__ import annotations

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
    """Have a connection's compression free what the next message will not use."""
    deflate.__class__ = _ForgetfulDeflate


class _ForgetfulDeflate(PerMessageDeflate):
    """Where no context is taken over, the zlib objects of a message go when it ends."""

    def end_compress_message(self) -> bytes:
        """The last bytes of a message that we send."""
        data: bytes = super().end_compress_message()
        if self.server_no_context_takeover if self._is_server else self.client_no_context_takeover:
            self._compressor = None
        return data

    def end_decompress_message(self) -> None:
        """A message that we receive is complete."""
        super().end_decompress_message()
        if self.client_no_context_takeover if self._is_server else self.server_no_context_takeover:
            self._decompressor = None
