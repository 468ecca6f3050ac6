"""The trace of frames: each in one line, without secrets.

cs: <<cp#0 [2,"V7NeDL1M","BootNotification",{"chargePointVendor":"DBT"}]
cs: >>cp#0 [3,"V7NeDL1M",{"status":"Accepted"}]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from ocppfw.catalogue import redact
from ocppfw.text import escape_controls


class FrameTrace:
    """Shows every frame in one line, as a rule without secrets.

    Args:
        show: takes the finished line.
        show_secrets: True shows secrets, too.
    """

    def __init__(self, show: Callable[[str], None], show_secrets: bool = False) -> None:
        self._show = show
        self._presentable = escape_controls if show_secrets else presentable

    def frame_received(self, peer: Any, text: str) -> None:
        """Show a frame that came from a peer."""
        self._show(f"{peer.station.label}: <<{peer.label} {self._presentable(text)}")

    def frame_sent(self, peer: Any, text: str) -> None:
        """Show a frame that goes to a peer."""
        self._show(f"{peer.station.label}: >>{peer.label} {self._presentable(text)}")


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
