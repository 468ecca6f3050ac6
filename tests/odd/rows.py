"""What a row of the tables of odd payloads is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TYPE = "TypeConstraintViolation"
MISSING = "OccurenceConstraintViolation"
UNKNOWN = "FormationViolation"
UNKNOWN_2 = "ProtocolError"
VALUE = "PropertyConstraintViolation"

TEXT = "must be a string"
WHOLE = "must be an integer"
DATE = "must be a date and time"
NO_FIELD = "is not a known field"

TIME = "2026-01-01T12:00:00Z"


@dataclass(frozen=True)
class Odd:
    """One odd message.

    Attributes:
        what: what is odd about it.
        role: our side, which gets it.
        action: the action of the call.
        came: the payload of the call, or of the answer.
        code: with what strict refuses a call; empty for the answer to a call of ours.
        said: how what strict says begins.
        got: what the plugin, or who has called, gets with report.
        version: of the connection.
    """

    what: str
    role: str
    action: str
    came: Any
    code: str
    said: str
    got: Any
    version: str = "1.6"

    @property
    def is_answer(self) -> bool:
        """True for the answer to a call of ours."""
        return not self.code

    def __str__(self) -> str:
        kind = "answer" if self.is_answer else "call"
        return f"{self.role}-{self.version}-{kind}-{self.action}: {self.what}"


def without(payload: dict[str, Any], *names: str) -> dict[str, Any]:
    """A payload without some members."""
    return {name: value for name, value in payload.items() if name not in names}


def changed(
    role: str, action: str, usual: dict[str, Any], rows: list[tuple[Any, ...]]
) -> list[Odd]:
    """Messages of one action, each with some other members than usual.

    Args:
        role: our side.
        action: the action.
        usual: a payload that obeys its schema.
        rows: what is odd; the members that come; code; what is said; the members that are handed
            over. None for the last: those that come.
    """
    return [
        Odd(what, role, action, usual | odd, code, said, usual | (odd if got is None else got))
        for what, odd, code, said, got in rows
    ]
