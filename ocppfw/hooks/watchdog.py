"""A thread that names the hook that keeps the reactor from running."""

from __future__ import annotations

import sys
import threading
import time
from types import FrameType
from typing import Any

from twisted.application.service import Service
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from ocppfw.hooks.calls import ADVICE
from ocppfw.hooks.manager import PluginManager

PATIENCE = 1.0  # seconds that the reactor may stand still
_BEAT = 0.25  # seconds between two looks


class WatchdogService(Service):
    """Logs hooks that block the reactor for over a second, with file and hook.

    The reactor notes the time four times a second; a thread looks at the note, and when that
    is too old, at what the reactor's thread is doing. Calls of hooks cost nothing more.

    Args:
        plugins: whose hooks are watched.
        reactor: Twisted's reactor.
    """

    log = Logger()

    def __init__(self, plugins: PluginManager, reactor: Any) -> None:
        self._plugins = plugins
        self._beating = LoopingCall(self._beat)
        self._beating.clock = reactor
        self._stopping = threading.Event()
        self._seen = time.monotonic()
        self._reported = False

    def startService(self) -> None:
        """Begin to watch."""
        super().startService()
        self._reactor_thread = threading.get_ident()
        self._beating.start(_BEAT)
        self._stopping.clear()
        threading.Thread(target=self._watch, name="ocppfw watchdog", daemon=True).start()

    def stopService(self) -> None:
        """Watch no more."""
        super().stopService()
        self._stopping.set()
        self._beating.stop()

    def _beat(self) -> None:
        self._seen = time.monotonic()
        self._reported = False

    def _watch(self) -> None:
        while not self._stopping.wait(_BEAT):
            if not self._reported and time.monotonic() - self._seen > PATIENCE:
                self._report()

    def _report(self) -> None:
        self._reported = True
        frame: FrameType | None = sys._current_frames().get(self._reactor_thread)
        hook = None
        while frame is not None:
            if self._plugins.owner(frame) is not None:
                hook = frame  # the outermost one is the hook itself
            frame = frame.f_back
        if hook is not None:
            text = "{hook} in {file} (line {line}) has blocked the reactor for over {seconds:g} s"
            self.log.warn(
                f"{text}; {{advice}}",
                hook=hook.f_code.co_name,
                file=hook.f_code.co_filename,
                line=hook.f_lineno,
                seconds=PATIENCE,
                advice=ADVICE,
            )
