"""A wall clock that a test sets while a process runs, with libfaketime."""

from __future__ import annotations

from pathlib import Path

# Where the Debian package "faketime" and others have it.
_PLACES = ("usr/lib/*/faketime", "usr/lib/faketime", "usr/lib64/faketime", "usr/local/lib/faketime")


class WallClock:
    """The wall clock of child processes; their monotonic clock is the true one.

    Args:
        folder: for a file that tells the time.
        library: libfaketime.

    Attributes:
        environment: makes a child see this clock.
    """

    def __init__(self, folder: Path, library: Path) -> None:
        self._file = folder / "wall-clock"
        self.set(0)
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # What waits in a thread would not wait, but spin.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            "NO_FAKE_STAT": "1",
        }

    def set(self, hours: int) -> None:
        """Have the clock go wrong by some hours."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{hours:+d}h\n")
        new.replace(self._file)


def find_library() -> Path | None:
    """libfaketime; None where it is not installed."""
    found = (path for place in _PLACES for path in Path("/").glob(f"{place}/libfaketime.so.1"))
    return next(found, None)
