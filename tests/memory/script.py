"""A side that is told what to answer and what to ask."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any, Final

from twisted.internet.defer import Deferred

from ocppfw.errors import CallFailed
from ocppfw.interfaces import Connection
from ocppfw.rpc.frames import Answer, Call, CallError, CallResult, CallResultError, Send
from ocppfw.settings import Settings
from ocppfw.versions import OcppVersion, Role, Transport

#: An answer that does not come.
NEVER: Final = object()

_NOT_TOLD = CallFailed("NotSupported", "the script does not answer this action")


class NoTaps:
    """Nobody sees and nobody changes the frames of a script."""

    active = False
    watch_idle = False


class Script:
    """A side of a connection that answers and asks as it is told, right or wrong.

    Args:
        role: which side it plays.
        clock: its time.
        answers: by action, what calls are answered with: a payload; a CallFailed, to refuse;
            NEVER; a Deferred of one of these; or a function of the request's payload that returns
            one of these. Actions that have no answer are refused with NotSupported.
        settings: the limits of its connections, as for a station.

    Attributes:
        answers: as given; may be changed at any time.
        calls: the calls that have arrived.
        unanswerable: the messages that have arrived and get no answer (2.1).
        connection: the present connection, or the last one.
    """

    watches_answers = False
    watches_calls = False
    taps: Any = NoTaps()
    connection: Connection

    def __init__(
        self,
        role: Role,
        clock: Any,
        answers: dict[str, Any],
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.role = role
        self.clock = clock
        self.answers = answers
        self.settings = Settings.build({"role": role}, settings or {})
        self.calls: list[Call] = []
        self.unanswerable: list[Send | CallResultError] = []
        self._unanswered: dict[str, Deferred[Any]] = {}
        self._ids = count(1)

    # From the test.

    def call(self, action: str, payload: Any = None) -> Deferred[Any]:
        """Call the other side; a Deferred of the answer's payload, as of ``Peer.call``."""
        call = Call(f"script-{next(self._ids)}", action, {} if payload is None else payload)
        return self.connection.send_call(call, self.settings.call_timeout)

    def answer_late(self, told: Any, message_id: str | None = None) -> None:
        """Answer a call that was to be answered NEVER.

        Args:
            told: the answer, as in ``answers``.
            message_id: which call; None for the oldest.
        """
        oldest = next(iter(self._unanswered))
        self._unanswered.pop(oldest if message_id is None else message_id).callback(told)

    # From the connection.

    def answerer(self, version: OcppVersion, transport: Transport) -> Script:
        """The script itself."""
        return self

    def connection_opened(
        self, identity: str, version: OcppVersion, connection: Connection, address: str
    ) -> Any:
        """Speak over this connection from now on."""
        peer: Any = f"cp#{identity}" if self.role is Role.CS else "cs"
        connection.peer = peer
        self.connection = connection
        self._unanswered.clear()
        return peer

    def connection_lost(self, peer: Any, reason: str) -> None:
        """Another one may follow."""

    def answer(self, peer: Any, call: Call) -> Deferred[Answer | None] | Answer:
        """The answer to a call."""
        self.calls.append(call)
        try:
            told = self.answers[call.action]
        except KeyError:
            told = _NOT_TOLD
        return self._answer_with(told, call)

    def answered(
        self, peer: Any, call: Call, answer: Answer | None, sent: bool, after: Any
    ) -> None:
        """Nothing follows from an answer."""

    def call_sent(self, peer: Any, call: Call) -> None:
        """Nobody wants to know."""

    def take(self, peer: Any, send: Send) -> None:
        """Keep a SEND."""
        self.unanswerable.append(send)

    def complaint_received(self, peer: Any, complaint: CallResultError) -> None:
        """Keep a complaint."""
        self.unanswerable.append(complaint)

    # Private.

    def _answer_with(self, told: Any, call: Call) -> Any:
        if callable(told):
            return self._answer_with(told(call.payload), call)
        if told is NEVER:
            told = self._unanswered[call.message_id] = Deferred()
        if isinstance(told, Deferred):
            return told.addCallback(self._answer_with, call)
        if isinstance(told, CallFailed):
            return CallError(call.message_id, told.code, told.description, told.details)
        return CallResult(call.message_id, told)
