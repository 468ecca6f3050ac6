"""Timers that do not mind when somebody sets the wall clock.

Twisted counts on the wall clock: set back an hour, no timer fires until the hour is over, and
set forward, all fire at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def make_steady(reactor: Any, monotonic: Callable[[], float] = time.monotonic) -> None:
    """Have a reactor count evenly from now on, whatever happens to the wall clock.

    Its ``seconds()`` go on from what they are: timers that are set already fire at their time.

    Args:
        reactor: Twisted's reactor. One whose ``seconds`` were replaced already stays as it is.
        monotonic: a clock that nobody can set, in seconds.
    """
    if "seconds" in vars(reactor):
        return
    offset = reactor.seconds() - monotonic()
    reactor.seconds = lambda: offset + monotonic()
