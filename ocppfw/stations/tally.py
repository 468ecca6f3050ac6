"""How often which identity has sent which kind of odd message."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable
from typing import NamedTuple

from ocppfw.errors import Violation, ViolationKind

# A peer may invent as many names of fields, and as many identities, as it likes.
_MOST_KINDS = 50  # of one identity
_MOST_KINDS_OF_ALL = 100_000  # then the identity that has been good for longest is forgotten
_MOST_NAMED = 10  # in a summary

_INDEX = re.compile(r"\[\d+\]")


class Kind(NamedTuple):
    """What is said only once of an identity.

    Attributes:
        subject: the message, such as ``BootNotification`` or ``the answer to Reset``.
        path: where it is wrong, without list indexes.
        fault: what is wrong.
        done: what was done about it, such as ``repaired``.
    """

    subject: str
    path: str
    fault: ViolationKind
    done: str

    @classmethod
    def of(cls, subject: str, violation: Violation, done: str) -> Kind:
        """The kind of a violation."""
        return cls(subject, _INDEX.sub("[]", violation.path), violation.kind, done)

    def __str__(self) -> str:
        return f"{self.subject}: {self.path or 'payload'} {self.done}"


class Tally:
    """How often which identity has sent which kind of odd message, within limits."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._kinds = 0

    def count(self, identity: str, kinds: Collection[Kind]) -> list[Kind]:
        """Count one message; which of its kinds are new and are to be said.

        Args:
            identity: of who sent it, or of our charge point that got it.
            kinds: what was wrong with it.
        """
        record = self._records.setdefault(identity, _Record())
        self._records.move_to_end(identity)
        new = record.count(kinds)
        self._kinds += len(new)
        while self._kinds > _MOST_KINDS_OF_ALL:
            _, oldest = self._records.popitem(last=False)
            self._kinds -= len(oldest.kinds)
        return new

    def summary_of(self, identity: str) -> str:
        """How often which kind, the most frequent first; empty where there was none."""
        record = self._records.get(identity)
        return "" if record is None else record.summary()

    def news_of(self, identity: str) -> str:
        """The summary, if something was counted since the last time and not said."""
        record = self._records.get(identity)
        if record is None or record.is_told:
            return ""
        record.is_told = True
        return record.summary()


class _Record:
    """What is known of one identity.

    Attributes:
        kinds: in how many messages each kind was.
        further: in how many other ones, of which there are too many.
        is_told: True when there is nothing that was counted and not said.
    """

    __slots__ = ("further", "is_told", "kinds")

    def __init__(self) -> None:
        self.kinds: Counter[Kind] = Counter()
        self.further = 0
        self.is_told = True

    def count(self, kinds: Iterable[Kind]) -> list[Kind]:
        new = []
        for kind in kinds:
            if kind in self.kinds:
                self.kinds[kind] += 1
                self.is_told = False
            elif len(self.kinds) < _MOST_KINDS:
                self.kinds[kind] = 1
                new.append(kind)
            else:
                self.further += 1
                self.is_told = False
        return new

    def summary(self) -> str:
        shown = self.kinds.most_common(_MOST_NAMED)
        further = self.further + self.kinds.total() - sum(count for _, count in shown)
        parts = [f"{kind} ({count})" for kind, count in shown]
        return ", ".join([*parts, f"others ({further})"] if further else parts)
