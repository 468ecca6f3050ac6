"""For coverage.py: what a process has run counts although a signal ends it.

A process that a test kills, or that twistd ends by the signal that stopped it, does not come to
the end at which coverage.py saves. Every process that is measured loads this as a plugin.
"""

from __future__ import annotations

import os
import signal
from typing import Any

from coverage import Coverage
from coverage.plugin_support import Plugins

#: how a test kills a process that may be measured; where it is not, this ends it, too
SAVE_AND_DIE = signal.SIGUSR1


def coverage_init(registry: Plugins, options: dict[str, Any]) -> None:
    """Called by coverage.py when it begins to measure a process."""
    kill = os.kill

    def save_and_kill(process: int, number: int) -> None:
        measured = Coverage.current()
        if process == os.getpid() and measured is not None:
            measured.save()
        kill(process, number)

    os.kill = save_and_kill
    signal.signal(SAVE_AND_DIE, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
