"""The trace of frames and envelopes: each in one line, without secrets.

cs: <<cp#0 [2,"V7NeDL1M","BootNotification",{"chargePointVendor":"DBT"}]
cs: >>cp#0 [3,"V7NeDL1M",{"status":"Accepted"}]
cs: <<cp#boxid /BootNotification {"chargePointVendor":"DBT"}
cs: >>cp#boxid /BootNotification {"status":"Accepted"}
cs: !!cp#boxid BootNotification is odd: iccid: must be a string (repaired)

The last kind of line stands below a message that breaks its schema and is taken all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import orjson

from ocppfw.catalogue import mentions_secret, redact
from ocppfw.interfaces import Envelope, Peer
from ocppfw.rpc.frames import Call, CallError, CallResult
from ocppfw.text import escape_controls
from ocppfw.versions import Role

_LONGEST_OF_STRANGERS = 2000
_BETWEEN_TAGS = re.compile(r">[ \t]*\r?\n\s*<")  # only there for the eye; a line has no room


class Trace:
    """Shows every frame and envelope in one line, as a rule without secrets.

    Args:
        show: takes the finished line.
        show_secrets: True shows secrets, too.

    Attributes:
        shows: False shows nothing for now.
        xml_of: roles whose envelopes are shown as XML rather than by action and payload.
    """

    def __init__(self, show: Callable[[str], None], show_secrets: bool = False) -> None:
        self._show = show
        self._show_secrets = show_secrets
        self.shows = True
        self.xml_of: set[Role] = set()

    @property
    def active(self) -> bool:
        """False when nothing would come of a frame or envelope."""
        return self.shows

    def frame_received(self, peer: Peer, text: str) -> None:
        """Show a frame that came from a peer."""
        if self.shows:
            self._show(f"{peer.station.label}: <<{peer.label} {self._frame(text)}")

    def frame_sent(self, peer: Peer, text: str) -> None:
        """Show a frame that goes to a peer."""
        if self.shows:
            self._show(f"{peer.station.label}: >>{peer.label} {self._frame(text)}")

    def envelope_received(self, peer: Peer, envelope: Envelope) -> None:
        """Show an envelope that came from a peer."""
        if self.shows:
            self._show(f"{peer.station.label}: <<{peer.label} {self._envelope(peer, envelope)}")

    def envelope_sent(self, peer: Peer, envelope: Envelope) -> None:
        """Show an envelope that goes to a peer."""
        if self.shows:
            self._show(f"{peer.station.label}: >>{peer.label} {self._envelope(peer, envelope)}")

    def mark(self, peer: Peer, text: str) -> None:
        """Show what is odd about the message above."""
        if self.shows:
            self._show(f"{peer.station.label}: !!{peer.label} {text}")

    # Private.

    def _frame(self, text: str) -> str:
        return escape_controls(text) if self._show_secrets else presentable(text)

    def _envelope(self, peer: Peer, envelope: Envelope) -> str:
        if envelope.message is None or peer.station.role in self.xml_of:
            xml = escape_controls(_BETWEEN_TAGS.sub("><", self._xml(envelope.text)).strip())
            return xml if peer.connected else _shortened(xml)
        content = self._content(envelope.action, envelope.message)
        action = f"/{envelope.action} " if envelope.action else ""
        return escape_controls(f"{action}{content}")

    def _xml(self, text: str) -> str:
        from ocppfw.soap import redacted  # loads lxml and spyne, which SOAP alone needs

        return text if self._show_secrets else redacted(text)

    def _content(self, action: str, message: Call | CallResult | CallError) -> str:
        if isinstance(message, CallError):
            return f"Fault {message.code}: {message.description}"
        payload = message.payload
        shown = payload if self._show_secrets else redact(action, payload)
        return orjson.dumps(shown).decode()


def _shortened(text: str) -> str:
    """What anybody may send to us without being let in, short enough for a log."""
    if len(text) <= _LONGEST_OF_STRANGERS:
        return text
    return f"{text[:_LONGEST_OF_STRANGERS]}... ({len(text)} characters)"


def presentable(text: str) -> str:
    """A frame as it may be shown: in one line, without secrets; otherwise as it is."""
    return escape_controls(_without_secrets(text))


def _without_secrets(text: str) -> str:
    try:
        frame = orjson.loads(text)
    except ValueError:
        return f"*** (not JSON, {len(text)} characters)" if mentions_secret(text) else text
    # Whatever it is a frame of: a result does not say so, and a call may say it wrongly.
    shown = redact(None, frame)
    return text if shown is frame else orjson.dumps(shown).decode()
