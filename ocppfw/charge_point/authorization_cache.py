"""What the central system has said of idTags, and how long it is remembered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ocppfw.charge_point.times import seconds_of
from ocppfw.versions import OcppVersion

ACCEPTED = "Accepted"

DEFAULT_LIMIT = 100


@dataclass(frozen=True, slots=True)
class IdTagInfo:
    """What is known of an idTag.

    Attributes:
        status: Accepted, Blocked, Expired, Invalid or ConcurrentTx.
        expires: when it expires, in seconds since 1970; None for never.
        parent: its parentIdTag, None for none.
    """

    status: str
    expires: float | None = None
    parent: str | None = None

    @staticmethod
    def of(answer: Any) -> IdTagInfo:
        """The idTagInfo of an answer.

        Raises:
            Exception: it lacks what it must have; see ``reading_answer``.
        """
        expiry, parent = answer.get("expiryDate"), answer.get("parentIdTag")
        if not isinstance(answer["status"], str) or not isinstance(parent, str | None):
            raise TypeError("no status or parentIdTag")
        return IdTagInfo(answer["status"], None if expiry is None else seconds_of(expiry), parent)

    @property
    def accepted(self) -> bool:
        """Whether it may charge."""
        return self.status == ACCEPTED

    def at(self, now: float) -> IdTagInfo:
        """The same at a moment: it may have expired by then (1.6 section 3.5.1)."""
        expired = self.accepted and self.expires is not None and self.expires <= now
        return replace(self, status="Expired") if expired else self


class AuthorizationCache:
    """The idTags that were presented last (1.6 section 3.5.1).

    In 1.2 this is the white list, in 1.5 the local authorisation list, as far as it is a cache.

    Args:
        version: the version that the charge point speaks.
        limit: how many idTags it holds, from 1 on.
    """

    __slots__ = ("_entries", "_version", "limit")

    def __init__(self, version: OcppVersion, limit: int = DEFAULT_LIMIT) -> None:
        self._version = version
        self.limit = limit
        # By the idTag in small letters, those that were last updated at the end.
        self._entries: dict[str, IdTagInfo] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, tag: str, now: float) -> IdTagInfo | None:
        """What is known of an idTag at a moment of the wall clock; None if nothing is."""
        info = self._entries.get(tag.lower())
        return info and info.at(now)

    def learn(self, tag: str, info: IdTagInfo, now: float) -> None:
        """The central system has said something of an idTag.

        Args:
            tag: the idTag.
            info: what an answer to Authorize, StartTransaction or StopTransaction said of it.
            now: the moment, in seconds since 1970.
        """
        self._entries.pop(tag.lower(), None)
        kept = self._kept(info)
        if kept is None:
            return
        while len(self._entries) >= self.limit:
            self._drop_one(now)
        self._entries[tag.lower()] = kept

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()

    def to_json(self) -> list[list[Any]]:
        """The entries, oldest first, as JSON can say them."""
        return [
            [tag, info.status, info.expires, info.parent] for tag, info in self._entries.items()
        ]

    def from_json(self, entries: Iterable[list[Any]]) -> None:
        """Take over what ``to_json`` gave; of more entries than it holds the latest ones.

        Raises:
            Exception: it is not what ``to_json`` gives.
        """
        self._entries = dict(_entry(*each) for each in [*entries][-self.limit :])

    def _kept(self, info: IdTagInfo) -> IdTagInfo | None:
        """What is kept of an answer; None where the idTag is to be forgotten."""
        if self._version is OcppVersion.V1_6:
            return info
        if info.status == "ConcurrentTx":  # valid, if not now: 1.2 section 4.7, 1.5 section 4.8
            return replace(info, status=ACCEPTED)
        forgotten = self._version is OcppVersion.V1_2 and not info.accepted  # 1.2 section 4.7
        return None if forgotten else info

    def _drop_one(self, now: float) -> None:
        """What is not valid goes first, then what is oldest (1.6 section 3.5.1)."""
        entries = self._entries.items()
        invalid = (tag for tag, info in entries if not info.at(now).accepted)
        del self._entries[next(invalid, next(iter(self._entries)))]


def _entry(tag: str, status: str, expires: float | None, parent: str | None) -> Any:
    """An entry that was kept as JSON.

    Raises:
        TypeError: it is something else.
    """
    texts = (tag, status) if parent is None else (tag, status, parent)
    if not all(isinstance(each, str) for each in texts):
        raise TypeError(f"{texts} must be texts")
    return tag, IdTagInfo(status, None if expires is None else float(expires), parent)
