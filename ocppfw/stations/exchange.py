"""Steps 3 to 6 of a message, once for every transport: find, check, ask the plugins, check.

A transport hands over a ``Call`` and gets back a ``CallResult`` or ``CallError``. In between,
unless a plugin refuses the call beforehand (``call_requested``):

3. the Operation of the connection's version is found: an unknown action, or one of the other
   direction, is NotImplemented; a known one that no plugin answers is NotSupported;
4. the payload is checked; a plugin never sees one that breaks its schema;
5. the action's hook is called until an implementation answers;
6. the answer is checked; one that breaks its schema is our own fault, InternalError.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.logger import Logger
from twisted.python.failure import Failure

from ocppfw.catalogue import Form, hook_name, load_catalogue
from ocppfw.errors import CallFailed, CallTimedOut, NoAnswer, PayloadInvalid
from ocppfw.hooks.calls import (
    HookTimedOut,
    await_hook,
    is_awaitable,
    log_failure,
    notify,
    require_nothing,
)
from ocppfw.hooks.manager import Implementation, PluginManager
from ocppfw.rpc.channels import new_message_id
from ocppfw.rpc.errorcodes import Fault, code_for
from ocppfw.rpc.frames import Call, CallError, CallResult, CallResultError, Send
from ocppfw.versions import OcppVersion, Role, Transport

Answer = CallResult | CallError | None


class _Handler:
    """What is needed to answer one action, looked up when plugins change."""

    __slots__ = (
        "implementations",
        "request",
        "request_is_valid",
        "response",
        "response_is_valid",
    )

    def __init__(self, form: Form, implementations: tuple[Implementation, ...]) -> None:
        self.implementations = implementations
        self.request = form.request
        self.request_is_valid = form.request.is_valid
        self.response = form.response
        self.response_is_valid: Any = form.response.is_valid if form.response else None


class Exchange:
    """The messages of one station in one version, as one transport carries them.

    Args:
        station: whose messages they are.
        version: the version of the connections.
        transport: what the connections are; not every operation is in OCPP-S.
        plugins: who answers.
    """

    log = Logger()

    def __init__(
        self, station: Any, version: OcppVersion, transport: Transport, plugins: PluginManager
    ) -> None:
        self._station = station
        self._version = version
        self._transport = transport
        self._plugins = plugins
        self._answered = self._forms(station.role)
        self._called = self._forms(station.role.other)
        self.refresh()

    def refresh(self) -> None:
        """Look up the implementations of all hooks again, after plugins have changed."""
        find = self._implementations
        self._handlers = {
            action: _Handler(form, find(hook_name(action, self._station.role)))
            for action, form in self._answered.items()
        }
        self._call_requested = find("call_requested")
        self._call_received = find("call_received")
        self._call_answered = find("call_answered")
        self._result_received = find("result_received")
        self._call_failed = find("call_failed")
        self._call_expired = find("call_expired")

    # From the transport: what comes in.

    def answer(self, peer: Any, call: Call) -> Deferred[Answer] | Answer:
        """The answer to a call, None if it stays without one; a Deferred never fails."""
        if self._call_received:
            notify(self._call_received, self._station, peer, call)
        answer = self._answer(peer, call)
        if not self._call_answered:
            return answer
        if isinstance(answer, Deferred):
            return answer.addCallback(self._answered_now, peer, call)
        return self._answered_now(answer, peer, call)

    def take(self, peer: Any, send: Send) -> None:
        """Handle a SEND: it is never answered, not even with an error (2.1 part 4, 4.2.4)."""
        if self._call_received:
            notify(self._call_received, self._station, peer, send)
        form = self._answered.get(send.action)
        if form is None or form.response is not None:
            self._log_fault(peer, f"SEND of {send.action!r}, which is not sent, was ignored")
        elif violations := form.request.check(send.payload):
            self._log_fault(peer, f"SEND of {send.action} was ignored: {violations[0]}")
        else:
            implementations = self._handlers[send.action].implementations
            notify(implementations, self._station, peer, send, send.payload)

    def complaint_received(self, peer: Any, complaint: CallResultError) -> None:
        """A peer found fault with an answer of ours (2.1 part 4, 4.2.3)."""
        text = f"answer {complaint.message_id!r} was not accepted: {complaint.code!r}"
        self._log_fault(peer, f"{text} {complaint.description!r}")

    # From the peer object: what goes out.

    def call(
        self, peer: Any, action: str, payload: Any, timeout: float, check: bool
    ) -> Deferred[Any]:
        """Make a call; see ``Peer.call``."""
        form = self._called.get(action)
        problems = self._problems(form, payload, is_send=False) if check else None
        if problems:
            return fail(PayloadInvalid(action, problems, payload))
        call = Call(new_message_id(), action, payload)
        answered = peer.connection.send_call(call, timeout)
        answered.addCallback(self._check_result, peer, call, form)
        return answered.addCallbacks(
            self._call_succeeded,
            self._call_ended_badly,
            callbackArgs=(peer, call),
            errbackArgs=(peer, call),
        )

    def send(self, peer: Any, action: str, payload: Any, check: bool) -> None:
        """Send something that gets no answer; see ``Peer.send``."""
        form = self._called.get(action)
        problems = self._problems(form, payload, is_send=True) if check else None
        if problems:
            raise PayloadInvalid(action, problems, payload)
        try:
            peer.connection.send_unanswered(Send(new_message_id(), action, payload))
        except TypeError as error:
            raise PayloadInvalid(action, [error], payload) from None

    # Private: what comes in.

    def _answer(self, peer: Any, call: Call) -> Deferred[Answer] | Answer:
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
            return self._refuse(call, Fault.NOT_SUPPORTED, "no plugin answers this action")
        if not handler.request_is_valid(call.payload):
            violation = handler.request.check(call.payload)[0]
            return self._refuse(call, violation.kind, str(violation))
        return self._ask_plugins(peer, call, handler)

    def _ask_plugins(self, peer: Any, call: Call, handler: _Handler) -> Deferred[Answer] | Answer:
        for implementation in handler.implementations:
            try:
                result = implementation.function(self._station, peer, call, call.payload)
                if type(result) is dict and handler.response_is_valid(result):
                    return CallResult(call.message_id, result)
                if result is not None:
                    return self._finish(result, call, handler, implementation)
            except (Exception, SystemExit):
                return self._failed(Failure(), call, implementation)
        return self._refuse(call, Fault.NOT_SUPPORTED, "no plugin answers this call")

    def _finish(
        self, result: Any, call: Call, handler: _Handler, implementation: Implementation
    ) -> Deferred[Answer] | Answer:
        if not is_awaitable(result):
            return self._checked(result, call, handler, implementation)
        settings = self._station.settings
        answer = await_hook(result, settings.hook_timeout, self._station.clock)
        answer.addCallback(self._checked, call, handler, implementation)
        return answer.addErrback(self._failed, call, implementation)

    def _checked(
        self, result: Any, call: Call, handler: _Handler, implementation: Implementation
    ) -> Answer:
        if type(result) is not dict:
            raise TypeError(f"the answer must be a dict, not {type(result).__name__}")
        if handler.response_is_valid(result):
            return CallResult(call.message_id, result)
        assert handler.response is not None
        self.log.error(
            "{implementation} gave an invalid answer: {violations}",
            implementation=str(implementation),
            violations="; ".join(map(str, handler.response.check(result))),
        )
        return self._refuse_internally(call)

    def _failed(self, failure: Failure, call: Call, implementation: Implementation) -> Answer:
        error = failure.value
        if isinstance(error, CallFailed):
            return CallError(call.message_id, error.code, error.description, error.details)
        if isinstance(error, NoAnswer):
            return None
        if isinstance(error, HookTimedOut):
            text = "{implementation} {error}"
            self.log.error(text, implementation=str(implementation), error=error)
        else:
            log_failure(failure, implementation)
        return self._refuse_internally(call)

    def _answered_now(self, answer: Answer, peer: Any, call: Call) -> Answer:
        if answer is not None:
            notify(self._call_answered, self._station, peer, call, answer)
        return answer

    def _refuse(self, call: Call, fault: Any, description: str) -> CallError:
        return CallError(call.message_id, code_for(self._version, fault), description)

    def _refuse_internally(self, call: Call) -> CallError:
        # What went wrong here is for our log, not for the peer.
        return self._refuse(call, Fault.INTERNAL, "an internal error occurred")

    def _why_not_implemented(self, action: str) -> str:
        if action in self._handlers:
            return "this action is sent as SEND, not called"
        if action in self._called:
            return "this action is of the other direction"
        return f"unknown action in {self._language}"

    # Private: what goes out.

    def _problems(self, form: Form | None, payload: Any, is_send: bool) -> list[Any]:
        if form is None:
            return [f"{self._language} has no such action for a {self._station.role.other}"]
        if (form.response is None) != is_send:
            return ["must be called, not sent" if is_send else "must be sent, not called"]
        return [] if form.request.is_valid(payload) else form.request.check(payload)

    def _check_result(self, payload: Any, peer: Any, call: Call, form: Form | None) -> Any:
        """A result without ``null``; one that breaks its schema fails the call."""
        payload = {} if payload is None else payload
        if form is None or form.response is None or form.response.is_valid(payload):
            return payload
        violations = form.response.check(payload)
        if self._version is OcppVersion.V2_1 and peer.connected:
            code = code_for(self._version, violations[0].kind)
            complaint = CallResultError(call.message_id, code, str(violations[0]))
            peer.connection.send_unanswered(complaint)
        raise PayloadInvalid(call.action, violations, payload)

    def _call_succeeded(self, payload: Any, peer: Any, call: Call) -> Any:
        notify(self._result_received, self._station, peer, call, payload)
        return payload

    def _call_ended_badly(self, failure: Failure, peer: Any, call: Call) -> Failure:
        if failure.check(CallTimedOut):
            notify(self._call_expired, self._station, peer, call)
        else:
            notify(self._call_failed, self._station, peer, call, failure.value)
        return failure

    # Private: both.

    def _forms(self, role: Role) -> dict[str, Form]:
        """What a role answers, in the form of this transport."""
        operations = load_catalogue(self._version).answered_by(role).values()
        forms = {operation.action: operation.form(self._transport) for operation in operations}
        return {action: form for action, form in forms.items() if form is not None}

    @property
    def _language(self) -> str:
        over = " over SOAP" if self._transport is Transport.SOAP else ""
        return f"OCPP {self._version}{over}"

    def _implementations(self, hook: str) -> tuple[Implementation, ...]:
        return self._plugins.implementations(hook, self._station.role, self._version)

    def _log_fault(self, peer: Any, text: str) -> None:
        self.log.warn(
            "{station}: {peer}: {text}", station=self._station.label, peer=peer, text=text
        )
