"""Steps 3 to 6 of a message, once for every transport: find, check, ask the plugins, check.

A transport hands over a ``Call`` and gets back a ``CallResult`` or ``CallError``. In between,
unless a plugin refuses the call beforehand (``call_requested``):

3. the Operation of the connection's version is found: an unknown action, or one of the other
   direction, is NotImplemented; a known one that no plugin answers is NotSupported, and so is one
   that the template of a charge point leaves out;
4. the payload is checked; what becomes of one that breaks its schema says ``validation``;
5. the action's hook is called until an implementation answers;
6. the answer is checked; one that breaks its schema is our own fault, InternalError.

An answer whose making wrote to the station's store waits until that is on disk. Where that cannot
be, a central system leaves the call unanswered, since what is acknowledged must be durable; a
charge point goes on with what it has in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from ocppfw.catalogue import Form, PayloadSchema, hook_name
from ocppfw.errors import CallFailed, NoAnswer, PayloadInvalid, Violation
from ocppfw.hooks.calls import (
    HookTimedOut,
    await_hook,
    change,
    is_awaitable,
    log_failure,
    notify,
    require_nothing,
)
from ocppfw.hooks.manager import PluginManager
from ocppfw.hooks.registry import Implementation
from ocppfw.interfaces import Host, Peer
from ocppfw.rpc.errorcodes import Fault, code_for
from ocppfw.rpc.frames import (
    AfterAnswer,
    Answer,
    Call,
    CallError,
    CallResult,
    CallResultError,
    Send,
)
from ocppfw.stations.calls import Calls
from ocppfw.stations.odd_messages import OddMessages
from ocppfw.stations.offer import Offer
from ocppfw.versions import OcppVersion, Role, Transport

#: What an answer may be while it is being made: there already, or a Deferred that never fails.
Pending = Deferred[Answer | None] | Answer | None

_LOST = "{label}: the answer to {action} stays unsent, what it stands for is not stored: {error}"


class _Handler:
    """What is needed to answer one action, looked up when plugins change."""

    __slots__ = (
        "implementations",
        "is_quick",
        "refusal",
        "request",
        "request_is_valid",
        "response",
        "response_is_valid",
        "tells_interval",
    )

    def __init__(
        self,
        form: Form,
        implementations: tuple[Implementation, ...],
        tells_interval: bool,
        refusal: dict[str, Any] | None,
    ) -> None:
        self.implementations = implementations
        #: the answer of a station that does not offer the action; nobody is asked for another
        self.refusal = refusal
        self.request = form.request
        self.request_is_valid = form.request.is_valid
        self.response = form.response
        self.response_is_valid: Any = form.response.is_valid if form.response else None
        #: True for BootNotification, whose answer says how often the peer will be heard of
        self.tells_interval = tells_interval
        #: True where a valid answer needs nothing but to be sent
        self.is_quick = not tells_interval


class Exchange:
    """The messages of one station in one version, as one transport carries them.

    Args:
        station: whose messages they are.
        version: the version of the connections.
        transport: what the connections are; not every operation is in OCPP-S.
        plugins: who answers.
        odd: what becomes of messages that break their schema.

    Attributes:
        calls: our calls.
        watches_answers: True when plugins want to know of every answer.
        watches_calls: True when plugins want to know of every call of ours.
    """

    log = Logger()

    def __init__(
        self,
        station: Host,
        version: OcppVersion,
        transport: Transport,
        plugins: PluginManager,
        odd: OddMessages,
    ) -> None:
        self._station = station
        self._version = version
        self._odd = odd
        self._store = station.store
        self._offer = Offer(station, version, transport, plugins)
        self.calls = Calls(self._offer, odd)
        self._look_up()

    def refresh(self) -> None:
        """Look up the implementations of all hooks again, after plugins have changed."""
        self.calls.refresh()
        self._look_up()

    # From the transport.

    def answer(self, peer: Peer, call: Call) -> Pending:
        """The answer to a call, None if it stays without one; a Deferred never fails."""
        if self._call_received:
            notify(self._call_received, self._station, peer, call)
        written = self._store.written
        answer = self._answer(peer, call)
        if type(answer) is CallResult and self._store.written == written:
            return answer
        if isinstance(answer, Deferred):
            return answer.addCallback(self._stored, call, written)
        return self._stored(answer, call, written)

    def answered(
        self,
        peer: Peer,
        call: Call,
        answer: Answer | None,
        sent: bool,
        after: Sequence[AfterAnswer],
    ) -> None:
        """An answer is on the wire, or could not be sent, or there is none.

        Args:
            peer: who asked.
            call: the call.
            answer: what it was answered with; None for no answer.
            sent: False if it is not on the wire.
            after: what plugins want to be done now.
        """
        if sent and self._call_answered:
            notify(self._call_answered, self._station, peer, call, answer)
        for function, arguments in after:
            self._station.perform(function, *arguments, sent=sent)

    def call_sent(self, peer: Peer, call: Call) -> None:
        """A call of ours is on the wire."""
        self.calls.sent(peer, call)

    def take(self, peer: Peer, send: Send) -> None:
        """Handle a SEND: it is never answered, not even with an error (2.1 part 4, 4.2.4)."""
        if self._call_received:
            notify(self._call_received, self._station, peer, send)
        form = self._offer.answered.get(send.action)
        if form is None or form.response is not None:
            self._log_fault(peer, f"SEND of {send.action!r}, which is not sent, was ignored")
            return
        if not form.request.is_valid(send.payload):
            try:
                self._take_odd(peer, send, form.request, f"SEND of {send.action}")
            except PayloadInvalid:
                return
        implementations = self._handlers[send.action].implementations
        notify(implementations, self._station, peer, send, send.payload)

    def complaint_received(self, peer: Peer, complaint: CallResultError) -> None:
        """A peer found fault with an answer of ours (2.1 part 4, 4.2.3)."""
        text = f"answer {complaint.message_id!r} was not accepted: {complaint.code!r}"
        self._log_fault(peer, f"{text} {complaint.description!r}")

    # Private.

    def _look_up(self) -> None:
        find = self._offer.implementations
        role = self._station.role
        left_out = self._station.not_offered(self._version)
        self._handlers = {
            action: _Handler(
                form,
                () if action in left_out else find(hook_name(action, role)),
                role is Role.CS and action == "BootNotification",
                left_out.get(action),
            )
            for action, form in self._offer.answered.items()
        }
        self._call_requested = find("call_requested")
        self._call_received = find("call_received")
        self._call_answered = find("call_answered")
        self._change_answer = find("change_answer")
        self.watches_answers = bool(self._call_answered)
        self.watches_calls = self.calls.watched
        if self._change_answer:
            for handler in self._handlers.values():
                handler.is_quick = False

    def _answer(self, peer: Peer, call: Call) -> Pending:
        if call.payload is None:
            # OCPP-J 1.6 section 4.2.1: null may stand for the payload of an empty request.
            call.payload = {}
        for asked in self._call_requested:
            try:
                require_nothing(asked.function(self._station, peer, call))
            except (Exception, SystemExit):
                return self._failed(Failure(), call, asked)
        handler = self._handlers.get(call.action)
        if handler is None or handler.response_is_valid is None:
            return self._refuse(call, Fault.NOT_IMPLEMENTED, self._why_not_implemented(call.action))
        if not handler.implementations:
            return self._not_offered(call, handler)
        if not handler.request_is_valid(call.payload):
            try:
                self._take_odd(peer, call, handler.request, call.action)
            except PayloadInvalid as error:
                return self._refuse_odd(call, error.violations[0])
        return self._ask(handler.implementations, peer, call, handler)

    def _ask(
        self,
        implementations: Sequence[Implementation],
        peer: Peer,
        call: Call,
        handler: _Handler,
    ) -> Pending:
        """Ask one implementation after another, until one answers."""
        for implementation in implementations:
            try:
                result = implementation.function(self._station, peer, call, call.payload)
                if type(result) is dict and handler.is_quick and handler.response_is_valid(result):
                    return CallResult(call.message_id, result)
                # The type is asked first, because isinstance() of what it is not takes its time.
                if type(result) is not dict and is_awaitable(result):
                    settings = self._station.settings
                    result = await_hook(result, settings.hook_timeout, self._station.clock)
                if type(result) is not dict and isinstance(result, Deferred):
                    rest = implementations[implementations.index(implementation) + 1 :]
                    later = partial(self._settled, rest, peer, call, handler, implementation)
                    answered: Deferred[Any] = result.addCallback(later)
                    return answered.addErrback(self._failed, call, implementation)
                if result is not None:
                    return self._settled((), peer, call, handler, implementation, result)
            except (Exception, SystemExit):
                return self._failed(Failure(), call, implementation)
        return self._refuse(call, Fault.NOT_SUPPORTED, "no plugin answers this call")

    def _settled(
        self,
        rest: Sequence[Implementation],
        peer: Peer,
        call: Call,
        handler: _Handler,
        implementation: Implementation,
        result: Any,
    ) -> Pending:
        """What an implementation has returned in the end; None passes the call on to the rest."""
        if result is None:
            return self._ask(rest, peer, call, handler)
        if type(result) is not dict:
            raise TypeError(f"the answer must be a dict, not {type(result).__name__}")
        if self._change_answer:
            limit = self._station.settings.hook_timeout, self._station.clock
            arguments = self._station, peer, call
            result = change(self._change_answer, arguments, result, _changed, limit)
            if isinstance(result, Deferred):
                checked = result.addCallback(self._checked, peer, call, handler, implementation)
                return checked.addErrback(self._failed, call, implementation)
        return self._checked(result, peer, call, handler, implementation)

    def _checked(
        self,
        result: Any,
        peer: Peer,
        call: Call,
        handler: _Handler,
        implementation: Implementation,
    ) -> Answer:
        if handler.response_is_valid(result):
            if handler.tells_interval:
                # 1.2 and 1.5 call it otherwise (1.6 section 6.8).
                peer.heartbeat_interval = result.get("interval", result.get("heartbeatInterval"))
            return CallResult(call.message_id, result)
        assert handler.response is not None
        self.log.error(
            "{implementation} gave an invalid answer: {violations}",
            implementation=str(implementation),
            violations="; ".join(map(str, handler.response.check(result))),
        )
        return self._refuse_internally(call)

    def _stored(self, answer: Answer | None, call: Call, written: int) -> Pending:
        """Hold an answer whose making has written to the store until that is on disk."""
        if self._store.written == written:
            return answer

        def failed(failure: Failure) -> Answer | None:
            if self._station.role is Role.CP:
                return answer  # the store has said that it cannot write
            label, error = self._station.label, failure.value
            self.log.error(_LOST, label=label, action=call.action, error=error)
            return None

        return self._store.committed().addCallbacks(lambda _: answer, failed)

    def _failed(
        self, failure: Failure, call: Call, implementation: Implementation
    ) -> CallError | None:
        error = failure.value
        if isinstance(error, CallFailed):
            return CallError(call.message_id, error.code, error.description, error.details)
        if isinstance(error, NoAnswer):
            return None
        log_failure(failure, implementation)
        if call.violations and not failure.check(HookTimedOut):
            # What it was given may be why: the answer is that of ``validation`` strict.
            return self._refuse_odd(call, call.violations[0])
        return self._refuse_internally(call)

    def _take_odd(
        self, peer: Peer, message: Call | Send, schema: PayloadSchema, subject: str
    ) -> None:
        """Replace a payload that breaks its schema by what is handed over, or raise."""
        message.payload = self._odd.take(peer, message, schema, message.payload, subject)

    def _refuse_odd(self, call: Call, violation: Violation) -> CallError:
        return self._refuse(call, violation.kind, str(violation))

    def _refuse(self, call: Call, fault: Any, description: str) -> CallError:
        return CallError(call.message_id, code_for(self._version, fault), description)

    def _not_offered(self, call: Call, handler: _Handler) -> Answer:
        if handler.refusal is not None:
            return CallResult(call.message_id, dict(handler.refusal))
        not_offered = call.action in self._station.not_offered(self._version)
        why = "not offered here" if not_offered else "no plugin answers this action"
        return self._refuse(call, Fault.NOT_SUPPORTED, why)

    def _refuse_internally(self, call: Call) -> CallError:
        # What went wrong here is for our log, not for the peer.
        return self._refuse(call, Fault.INTERNAL, "an internal error occurred")

    def _why_not_implemented(self, action: str) -> str:
        if action in self._handlers:
            return "this action is sent as SEND, not called"
        if action in self._offer.called:
            return "this action is of the other direction"
        return f"unknown action in {self._offer.language}"

    def _log_fault(self, peer: Peer, text: str) -> None:
        self.log.warn(
            "{station}: {peer}: {text}", station=self._station.label, peer=peer, text=text
        )


def _changed(result: Any, answer: dict[str, Any]) -> dict[str, Any]:
    """What a changing hook makes of an answer.

    Raises:
        TypeError: the hook returned something else than None or a dict.
    """
    if result is None:
        return answer
    if type(result) is dict:
        return result
    raise TypeError(f"must return None or a dict, not {type(result).__name__}")
