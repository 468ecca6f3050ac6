"""The trace of frames, and how anything from a peer is made fit to be shown.

cs: <<cp#0 [2,"V7NeDL1M","BootNotification",{"chargePointVendor":"DBT"}]
cs: >>cp#0 [3,"V7NeDL1M",{"status":"Accepted"}]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from ocppfw.catalogue import redact


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
    """Shows every frame in one line, without secrets.

    Args:
        show: takes the finished line.
    """

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show

    def frame_received(self, peer: Any, text: str) -> None:
        """Show a frame that came from a peer."""
        self._show(f"{peer.station.label}: <<{peer.label} {presentable(text)}")

    def frame_sent(self, peer: Any, text: str) -> None:
        """Show a frame that goes to a peer."""
        self._show(f"{peer.station.label}: >>{peer.label} {presentable(text)}")


def presentable(text: str) -> str:
    """A frame as it may be shown: in one line, without secrets; otherwise as it is."""
    return escape_controls(_without_secrets(text))


def _without_secrets(text: str) -> str:
    try:
        frame = orjson.loads(text)
    except ValueError:
        return text
    if not isinstance(frame, list):
        return text
    # A call says whether it may hold secrets; a result is looked through whatever it answers.
    is_call = len(frame) > 2 and frame[0] in (2, 6) and isinstance(frame[2], str)
    action = frame[2] if is_call else None
    shown = [redact(action, element) for element in frame]
    unchanged = all(new is old for new, old in zip(shown, frame, strict=True))
    return text if unchanged else orjson.dumps(shown).decode()
