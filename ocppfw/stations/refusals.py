"""The connections that a central system has refused: each is said, the last ones are kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from twisted.logger import Logger

from ocppfw.interfaces import Refusal
from ocppfw.text import brief

_KEPT = 1000
# Characters: nobody outside decides how much is kept, and how long a line of the log is.
_MOST_OF_PATH = 120
_MOST_OF_REASON = 400


class RefusalLog:
    """The connections that a central system has refused.

    Args:
        log: where each is said, in one line.
        now: tells the present moment.
    """

    def __init__(self, log: Logger, now: Callable[[], datetime]) -> None:
        self._log = log
        self._now = now
        self._last: deque[Refusal] = deque(maxlen=_KEPT)

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._last)

    def last(self, count: int) -> Iterator[Refusal]:
        """The last ones, the newest last."""
        return islice(self._last, max(0, len(self._last) - count), None)

    def add(
        self,
        address: str,
        status: int,
        reason: str,
        identity: str | None = None,
        path: str | None = None,
    ) -> None:
        """Log a connection that is refused, and keep it.

        Args:
            address: ``host:port`` of the other end.
            status: the HTTP status of the answer; 101 where the handshake was completed, and the
                connection is closed at once.
            reason: why; it may have words of the peer, but no secrets.
            identity: decoded identity of the charge point, a good one; None if not known.
            path: the path that was asked for, without the query; None if not known.
        """
        shown_path = None if path is None else brief(path, _MOST_OF_PATH)
        shown_reason = brief(reason, _MOST_OF_REASON)
        refusal = Refusal(self._now(), address, status, shown_reason, identity, shown_path)
        self._last.append(refusal)
        self._log.warn("Refused {refusal}", refusal=described(refusal), host=_host(refusal))


def described(refusal: Refusal) -> str:
    """Who was refused, and why, in one line."""
    if refusal.identity is not None:
        who = f"ChargePoint #{refusal.identity} from {_host(refusal)}"
    else:
        place = "" if refusal.path is None else f" to {refusal.path}"
        who = f"a connection from {_host(refusal)}{place}"
    answered = "" if refusal.status == 101 else f" with {refusal.status}"
    return f"{who}{answered}: {refusal.reason}"


def _host(refusal: Refusal) -> str:
    return refusal.address.rpartition(":")[0]
