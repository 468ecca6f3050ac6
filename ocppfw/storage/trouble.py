"""What happens while stores cannot be saved: it is said once, and tried again."""

from __future__ import annotations

from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

FIRST_RETRY = 1.0  # seconds to the next attempt after a failed one; then doubled
LONGEST_RETRY = 30.0

log = Logger()


class Retried(Protocol):
    """What is tried again."""

    def retry(self) -> None:
        """Try again."""


class Trouble:
    """The stores that could not be saved.

    Args:
        name: how the database is called in logs.
        clock: counts the time to the next attempt.
    """

    def __init__(self, name: str, clock: IReactorTime) -> None:
        self._name = name
        self._clock = clock
        self._unsaved: dict[Retried, None] = {}
        self._said: set[str] = set()
        self._since = 0.0
        self._delay = FIRST_RETRY
        self._next: IDelayedCall | None = None
        self._stopped = False

    def begins(self, store: Retried, reason: str) -> None:
        """An attempt to save a store has failed."""
        if not self._unsaved:
            self._since = self._clock.seconds()
        self._unsaved[store] = None
        if reason not in self._said:
            self._said.add(reason)
            text = "{reason}. Stations go on with what is in memory; saving it is tried again."
            log.error(text, reason=reason)
        if self._next is None and not self._stopped:
            self._next = self._clock.callLater(self._delay, self._try_again)
            self._delay = min(2 * self._delay, LONGEST_RETRY)

    def ends(self, store: Retried) -> None:
        """A store has been saved."""
        if store in self._unsaved:
            del self._unsaved[store]
            if not self._unsaved:
                self._is_over()

    def stop(self) -> None:
        """Try once more, now, and then no more."""
        self._stopped = True
        self._cancel()
        self._try_again()

    # Private.

    def _is_over(self) -> None:
        self._cancel()
        self._said.clear()
        self._delay = FIRST_RETRY
        seconds = self._clock.seconds() - self._since
        text = "store {name}: it can be written to again after {seconds:.0f} s; all is saved."
        log.info(text, name=self._name, seconds=seconds)

    def _try_again(self) -> None:
        self._next = None
        for store in list(self._unsaved):
            store.retry()

    def _cancel(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
