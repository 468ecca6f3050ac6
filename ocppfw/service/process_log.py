"""Where the log of a process goes: to a file, or to standard output."""

from __future__ import annotations

import atexit
import sys
from pathlib import Path
from typing import Any

from twisted.logger import FileLogObserver, ILogObserver
from twisted.python import threadable
from twisted.python.logfile import LogFile

from ocppfw.service.log import format_log_event
from ocppfw.service.repeats import Repeats
from ocppfw.service.standard_output import StandardOutput

_ROTATE_LENGTH = 10_000_000  # bytes
_ROTATED_FILES = 9  # beside the one being written


class ProcessLog:
    """The log of a process.

    Args:
        path: the file where it goes; None for standard output.

    Attributes:
        path: see above.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._file: _RotatedFile | None = None

    def open(self, reactor: Any) -> ILogObserver:
        """Open it; what logs to it from then on.

        Args:
            reactor: Twisted's reactor, which tells when a minute is over, and when all is.
        """
        if self.path is None:
            output: Any = StandardOutput(sys.stdout)
        else:
            output = self._file = _opened(self.path)
        repeats = Repeats(FileLogObserver(output, format_log_event))
        repeats.join_reactor(reactor)
        if self.path is None:
            # After a signal twistd ends without what atexit asks for.
            reactor.addSystemEventTrigger("after", "shutdown", output.end)
            atexit.register(output.end)
        return repeats

    def reopen(self) -> None:
        """Go on in a new file when somebody has renamed the old one.

        Raises:
            OSError: it cannot be opened; the log goes on in the old one.
        """
        if self._file is not None:
            self._file.reopen()


class _RotatedFile(LogFile):
    """A file of at most 10 MB; ten of them are kept."""

    synchronized = ["reopen"]

    def reopen(self) -> None:
        """Open a new file, and only then leave the old one."""
        old = self._file
        self._openFile()
        old.close()


threadable.synchronize(_RotatedFile)


def _opened(path: Path) -> _RotatedFile:
    folder = path.parent.resolve()
    return _RotatedFile(
        path.name, str(folder), rotateLength=_ROTATE_LENGTH, maxRotatedFiles=_ROTATED_FILES
    )
