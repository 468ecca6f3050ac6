"""The trace of frames, and how anything from a peer is made fit to be shown.

cs: <<cp#0 [2,"V7NeDL1M","BootNotification",{"chargePointVendor":"DBT"}]
cs: >>cp#0 [3,"V7NeDL1M",{"status":"Accepted"}]
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import orjson

from ocppfw.catalogue import may_hold_secrets, redact

_REMEMBERED_CALLS = 1000  # calls with secrets whose answers may still come


def escape_controls(text: str) -> str:
    """The text with control and other invisible characters written out.

    A peer can then neither forge a log line nor turn the text around.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


class FrameTrace:
    """Shows every frame in one line, as a rule without secrets.

    Args:
        show: takes the finished line.
        show_secrets: True shows secrets, too.
    """

    def __init__(self, show: Callable[[str], None], show_secrets: bool = False) -> None:
        self._show = show
        self._show_secrets = show_secrets
        # (peer, message id) -> action, of calls that may hold secrets
        self._secret_calls: OrderedDict[tuple[int, str], str] = OrderedDict()

    def frame_received(self, peer: Any, text: str) -> None:
        """Show a frame that came from a peer."""
        self._show(f"{peer.station.label}: <<{peer.label} {self._presentable(peer, text)}")

    def frame_sent(self, peer: Any, text: str) -> None:
        """Show a frame that goes to a peer."""
        self._show(f"{peer.station.label}: >>{peer.label} {self._presentable(peer, text)}")

    def _presentable(self, peer: Any, text: str) -> str:
        return escape_controls(text if self._show_secrets else self._without_secrets(peer, text))

    def _without_secrets(self, peer: Any, text: str) -> str:
        try:
            frame = orjson.loads(text)
            kind, message_id, *rest = frame
        except (ValueError, TypeError):
            return text
        if kind in (2, 6) and len(rest) == 2 and may_hold_secrets(rest[0]):
            self._remember(peer, message_id, rest[0])
            return _replace(text, frame, redact(rest[0], rest[1]))
        action = self._secret_calls.pop((id(peer), message_id), None) if kind == 3 else None
        return _replace(text, frame, redact(action, rest[0])) if action and rest else text

    def _remember(self, peer: Any, message_id: str, action: str) -> None:
        self._secret_calls[id(peer), message_id] = action
        if len(self._secret_calls) > _REMEMBERED_CALLS:
            self._secret_calls.popitem(last=False)


def _replace(text: str, frame: list[Any], payload: Any) -> str:
    """The frame with another payload in its last place; the text itself if it is the same."""
    return text if payload is frame[-1] else orjson.dumps([*frame[:-1], payload]).decode()
