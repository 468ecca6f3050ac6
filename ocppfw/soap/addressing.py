"""What WS-Addressing 1.0 says in the header of an envelope (OCPP-S sections 3.4 to 3.9)."""

from __future__ import annotations

from dataclasses import dataclass

from ocppfw.soap.names import ANONYMOUS


@dataclass(frozen=True, slots=True)
class Addressing:
    """What the addressing headers of a request say; None where one is missing.

    Attributes:
        action: such as ``/Heartbeat``; nothing depends on it.
        message_id: what the answer relates to.
        relates_to: only answers have it.
        from_address: URL where the sender listens, None also where it is anonymous.
        reply_to: whom the answer names as its receiver, perhaps the anonymous URI; it goes back
            in the same exchange all the same.
        to: URL of the receiver.
    """

    action: str | None = None
    message_id: str | None = None
    relates_to: str | None = None
    from_address: str | None = None
    reply_to: str | None = None
    to: str | None = None

    @property
    def destination(self) -> str:
        """The To of an answer (WS-Addressing 1.0 core, section 3.4)."""
        return self.reply_to or self.from_address or ANONYMOUS
