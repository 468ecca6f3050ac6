"""The trace of frames: each in one line, without secrets.

cs: <<cp#0 [2,"V7NeDL1M","BootNotification",{"chargePointVendor":"DBT"}]
cs: >>cp#0 [3,"V7NeDL1M",{"status":"Accepted"}]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from ocppfw.catalogue import mentions_secret, redact
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
        return f"*** (not JSON, {len(text)} characters)" if mentions_secret(text) else text
    # Whatever it is a frame of: a result does not say so, and a call may say it wrongly.
    shown = redact(None, frame)
    return text if shown is frame else orjson.dumps(shown).decode()
