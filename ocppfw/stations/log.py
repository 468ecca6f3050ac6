"""What plugins say about a station."""

from __future__ import annotations

from typing import Any

from twisted.logger import Logger, LogLevel


class StationLog(Logger):
    """A logger whose lines begin with the label of a station: ``cp#CP1: Rebooting.``

    With values, the text is a format as for any logger of Twisted. Without, it is shown as it
    is, braces included, so that it may hold the words of a peer.

    Args:
        label: the station's label.
    """

    def __init__(self, label: str) -> None:
        super().__init__("ocppfw.stations")
        self._label = label

    def emit(self, level: LogLevel, format: str | None = None, **values: Any) -> None:
        """Log an event; ``info``, ``warn``, ``error`` and ``failure`` come here."""
        text = format or ""
        if not values.keys() - {"log_failure"}:
            text = text.replace("{", "{{").replace("}", "}}")
        super().emit(level, f"{{station_label}}: {text}", station_label=self._label, **values)
