"""Every exception of ocppfw, and what can be wrong with a payload.

::

    OcppfwError
    ├── CallFailed              a call is refused: CALLERROR, SOAP fault
    ├── CallTimedOut            no answer to our call in time
    ├── NotConnected            no connection, or it was lost before the answer came
    ├── QueueFull               too many calls are waiting already
    ├── PayloadInvalid          a payload of ours, or an answer to us, breaks its schema
    ├── ArgumentInvalid         what was typed, or asked for, cannot be used
    ├── NoAnswer                a plugin wants a call to stay without an answer
    ├── ConnectionRefused       a plugin refuses a connection
    ├── ConnectFailed           a charge point could not reach its central system
    ├── StationNotFound         it is not clear which station is meant
    ├── CatalogueError          a WSDL or JSON Schema file cannot be read
    ├── EnvelopeRefused         a SOAP request cannot be handled (in ocppfw.soap, as the next two)
    ├── NotAnEnvelope           a SOAP answer is neither the response nor a fault
    ├── BodyInvalid, NotXml     what is wrong with an envelope
    ├── PluginError             a plugin cannot be loaded
    ├── StorageError            what is to be kept cannot be written or read
    └── SettingsError           a setting is unknown or has a value that it may not have
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ocppfw.text import escape_controls


class OcppfwError(Exception):
    """Root of all exceptions that ocppfw raises on purpose."""


class CallFailed(OcppfwError):
    """A call is refused.

    Raised by a hook, it becomes the answer to the peer. Raised by ``peer.call``, it is
    the peer's answer to us.

    Attributes:
        code: error code as on the wire, such as ``NotSupported`` (OCPP-J 1.6 section 4.2.3).
        description: what is wrong, for a human; may be empty.
        details: JSON object with more, usually empty.
    """

    def __init__(
        self, code: str, description: str = "", details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(code, description, details)
        self.code = code
        self.description = description
        self.details = {} if details is None else details

    def __str__(self) -> str:
        # Both may be the peer's own words.
        return escape_controls(
            f"{self.code}: {self.description}" if self.description else self.code
        )


class CallTimedOut(OcppfwError):
    """The peer did not answer our call in time.

    Attributes:
        action: the call's action.
        seconds: how long we waited.
    """

    def __init__(self, action: str, seconds: float) -> None:
        super().__init__(action, seconds)
        self.action = action
        self.seconds = seconds

    def __str__(self) -> str:
        return f"no answer to {self.action} within {self.seconds:g} s"


class NotConnected(OcppfwError):
    """There is no connection to the peer, or it was lost before the peer answered."""


class QueueFull(OcppfwError):
    """Too many calls already wait for their turn on this connection.

    Attributes:
        limit: how many calls may wait.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit

    def __str__(self) -> str:
        return f"{self.limit} calls are waiting already"


class ViolationKind(enum.StrEnum):
    """Kinds of fault, the one that decides first; each has its own error code per version."""

    TYPE = "type"
    OCCURRENCE = "occurrence"
    UNKNOWN_FIELD = "unknown_field"
    ENUM = "enum"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Violation:
    """One fault of a payload.

    Attributes:
        kind: what sort of fault it is.
        path: where, such as ``meterValue[0].sampledValue[1].unit``; empty for the whole payload,
            ``action`` where the payload does not matter, because there is no such action.
        message: what is expected there, such as ``must be an integer``.
    """

    kind: ViolationKind
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path or 'payload'}: {self.message}"

    @classmethod
    def of_action(cls, message: str) -> Violation:
        """The fault of a message whose action is not one of those that there are."""
        return cls(ViolationKind.ENUM, "action", message)

    @classmethod
    def of_frame(cls, reason: object) -> Violation:
        """The fault of a payload whose frame cannot be made, or cannot be read."""
        return cls(ViolationKind.TYPE, "", str(reason))


class PayloadInvalid(OcppfwError):
    """A payload breaks its schema.

    Attributes:
        action: the action it belongs to.
        violations: what is wrong, the most important first; never empty.
        payload: what breaks the schema, ours or the answer, as it came; None of an answer over SOAP
            that could not be read.
    """

    def __init__(self, action: str, violations: Sequence[Violation], payload: Any) -> None:
        super().__init__(action, violations, payload)
        self.action = action
        self.violations = violations
        self.payload = payload

    def __str__(self) -> str:
        return f"{self.action}: " + "; ".join(map(str, self.violations))


class ArgumentInvalid(OcppfwError):
    """What was typed, or asked for in another way, cannot be used; the text says why."""


class NoAnswer(OcppfwError):
    """Raised by a hook so that a call gets no answer at all.

    A charge point that was Rejected answers nothing (OCPP 1.6 section 4.2).
    """


class ConnectionRefused(OcppfwError):
    """Raised by the hook ``connection_requested`` to refuse a connection.

    Attributes:
        status: HTTP status of the refusal: 404 for an unknown identity (OCPP-J 1.6
            section 3.2), 401 when credentials are wanted, 403 for the rest.
        reason: one line for the log; the peer sees only the status.
    """

    def __init__(self, status: int = 404, reason: str = "") -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason

    def __str__(self) -> str:
        return self.reason or f"refused with HTTP status {self.status}"


class ConnectFailed(OcppfwError):
    """A charge point could not connect; the text says why and what to look at."""


class StationNotFound(OcppfwError):
    """There is no such station of ours, or no such peer; or several, and none was named.

    Attributes:
        reason: what is wrong.
        candidates: the identities or ports of which one must be named; empty where there is no
            choice.
    """

    def __init__(self, reason: str, candidates: Sequence[str] = ()) -> None:
        super().__init__(reason, candidates)
        self.reason = reason
        self.candidates = candidates

    def __str__(self) -> str:
        return f"{self.reason}: {', '.join(self.candidates)}" if self.candidates else self.reason


class CatalogueError(OcppfwError):
    """A definition file cannot be read; the text names file, line and reason."""


class PluginError(OcppfwError):
    """A plugin cannot be loaded or unloaded; the text names file, hook and fault."""


class StorageError(OcppfwError):
    """What is to be kept cannot be written, or what was kept cannot be read; the text says why."""


class SettingsError(OcppfwError):
    """A setting is unknown, or its value is not one that it may have."""
