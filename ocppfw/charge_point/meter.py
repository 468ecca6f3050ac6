"""The energy meter of a connector."""

from __future__ import annotations

SECONDS_PER_HOUR = 3600


class Meter:
    """A register that grows while energy flows, and never shrinks.

    Args:
        power: what flows while it flows, in W.
    """

    def __init__(self, power: int) -> None:
        self._full_power = power
        self._watt_seconds = 0.0
        self._since: float | None = None

    @property
    def power(self) -> int:
        """What flows now, in W."""
        return 0 if self._since is None else self._full_power

    def switch_on(self, now: float) -> None:
        """Energy begins to flow."""
        self._settle(now)
        self._since = now

    def switch_off(self, now: float) -> None:
        """Energy flows no more."""
        self._settle(now)
        self._since = None

    def read(self, now: float) -> int:
        """The register in Wh."""
        self._settle(now)
        return int(self._watt_seconds / SECONDS_PER_HOUR)

    def _settle(self, now: float) -> None:
        """Bring the register to the present; a clock that was set back adds nothing."""
        if self._since is not None:
            self._watt_seconds += self._full_power * max(0.0, now - self._since)
            self._since = now
