"""What the central system is to be told of statuses (1.6 section 4.9)."""

from __future__ import annotations

from dataclasses import dataclass

#: Changes of one connector that wait to be told; more are history, which need not be told.
MOST = 16


@dataclass(slots=True)
class StatusReport:
    """A status that a connector has taken.

    Attributes:
        number: of the connector; 0 for the whole charge point.
        status: in the words of the version.
        error_code: NoError for none.
        info: what else is to be said; empty for nothing.
        at: when, as the messages write it.
        not_before: when it may be told, in seconds of the clock.
        announced: whether the watchers know that it may be told.
    """

    number: int
    status: str
    error_code: str
    info: str
    at: str
    not_before: float
    announced: bool = False

    @property
    def said(self) -> tuple[str, str, str]:
        """What counts: told twice in a row it would be no news."""
        return self.status, self.error_code, self.info


class StatusReports:
    """The changes that the central system does not know of, in their order."""

    __slots__ = ("_known", "_waiting")

    def __init__(self) -> None:
        self._known: dict[int, tuple[str, str, str]] = {}
        self._waiting: list[StatusReport] = []

    def note(self, report: StatusReport) -> None:
        """A connector has taken a status, or has it still.

        What came before it and did not last as long as it should (MinimumStatusDuration) is not
        told at all.
        """
        earlier = [each for each in self._waiting if each.number == report.number]
        if earlier and earlier[-1].said == report.said:
            return
        for each in earlier:
            if not each.announced or (each is earlier[0] and len(earlier) >= MOST):
                self._waiting.remove(each)
        if self._last(report.number) != report.said:
            self._waiting.append(report)

    def _last(self, number: int) -> tuple[str, str, str] | None:
        said = [each.said for each in self._waiting if each.number == number]
        return said[-1] if said else self._known.get(number)

    def know(self, report: StatusReport) -> None:
        """The central system need not be told: it assumes so."""
        self._known[report.number] = report.said

    def take(self) -> StatusReport | None:
        """The next change that may be told, which the central system then knows."""
        for report in self._waiting:
            if report.announced:
                self._waiting.remove(report)
                self._known[report.number] = report.said
                return report
        return None

    def forget(self, number: int | None = None) -> None:
        """The central system does not know a status, or with None any."""
        if number is None:
            self._known.clear()
            self._waiting.clear()
        else:
            self._known.pop(number, None)

    def forget_history(self) -> None:
        """Only what is so now matters, by number: there was no connection (1.6 section 4.9)."""
        last = {each.number: each for each in self._waiting}
        self._waiting = [
            each for _, each in sorted(last.items()) if self._known.get(each.number) != each.said
        ]

    def next_moment(self) -> float | None:
        """When a change may be told that may not be told yet; None for never."""
        moments = (each.not_before for each in self._waiting if not each.announced)
        return min(moments, default=None)

    def announce(self, now: float) -> bool:
        """Let what is due be told; True if there is something new."""
        due = [each for each in self._waiting if not each.announced and each.not_before <= now]
        for each in due:
            each.announced = True
        return bool(due)
