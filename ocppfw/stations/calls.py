"""The calls that we make: checked before they are sent, and their answers checked, too."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.python.failure import Failure

from ocppfw.catalogue import Form
from ocppfw.errors import CallTimedOut, PayloadInvalid, Violation
from ocppfw.hooks.calls import notify
from ocppfw.hooks.places import CallSite, blame, call_site
from ocppfw.interfaces import Peer
from ocppfw.rpc.channels import new_message_id
from ocppfw.rpc.errorcodes import code_for
from ocppfw.rpc.frames import Call, CallResultError, Send
from ocppfw.stations.odd_messages import OddMessages
from ocppfw.stations.offer import Offer
from ocppfw.versions import OcppVersion


class Calls:
    """Our calls to the peers of one station in one version, as one transport carries them.

    Args:
        offer: the operations of both sides, and who implements the hooks.
        odd: what becomes of answers that break their schema.

    Attributes:
        watched: True when plugins want to know of every call that is sent.
    """

    def __init__(self, offer: Offer, odd: OddMessages) -> None:
        self._offer = offer
        self._odd = odd
        self._station = offer.station
        self._forms = offer.called
        self.refresh()

    def refresh(self) -> None:
        """Look up the implementations of all hooks again, after plugins have changed."""
        find = self._offer.implementations
        self._call_sent = find("call_sent")
        self._result_received = find("result_received")
        self._call_failed = find("call_failed")
        self._call_expired = find("call_expired")
        self.watched = bool(self._call_sent)

    def start(
        self, peer: Peer, action: str, payload: Any, timeout: float, check: bool
    ) -> tuple[str, Deferred[Any]]:
        """Make a call; see ``Peer.start_call``."""
        form = self._forms.get(action)
        call = Call(new_message_id(), action, payload)
        problems = self._problems(form, payload, is_send=False) if check else None
        site = call_site()
        if problems:
            refused: Deferred[Any] = fail(PayloadInvalid(action, problems, payload))
            return call.message_id, refused.addErrback(blame, site)
        answered = peer.connection.send_call(call, timeout)
        if not check:
            answered.addErrback(_as_it_came, call)
        answered.addCallbacks(
            self._check_result,
            self._not_taken,
            callbackArgs=(peer, call, form if check else None),
            errbackArgs=(peer, call),
        )
        answered.addCallbacks(
            self._succeeded,
            self._ended_badly,
            callbackArgs=(peer, call),
            errbackArgs=(peer, call, site),
        )
        return call.message_id, answered

    def send(self, peer: Peer, action: str, payload: Any, check: bool) -> None:
        """Send something that gets no answer; see ``Peer.send``."""
        form = self._forms.get(action)
        problems = self._problems(form, payload, is_send=True) if check else None
        if problems:
            raise PayloadInvalid(action, problems, payload)
        try:
            peer.connection.send_unanswered(Send(new_message_id(), action, payload))
        except (TypeError, ValueError) as error:
            raise PayloadInvalid(action, [Violation.of_frame(error)], payload) from None

    def sent(self, peer: Peer, call: Call) -> None:
        """A call is on the wire."""
        notify(self._call_sent, self._station, peer, call)

    # Private.

    def _problems(self, form: Form | None, payload: Any, is_send: bool) -> list[Violation]:
        if form is None:
            whose = f"{self._offer.language} has no such action for a {self._station.role.other}"
            return [Violation.of_action(whose)]
        if (form.response is None) != is_send:
            how = "must be called, not sent" if is_send else "must be sent, not called"
            return [Violation.of_action(how)]
        return [] if form.request.is_valid(payload) else form.request.check(payload)

    def _check_result(self, payload: Any, peer: Peer, call: Call, form: Form | None) -> Any:
        """A result without ``null``; one that breaks its schema as ``validation`` has it.

        Raises:
            PayloadInvalid: it is not taken; the call then fails.
        """
        payload = {} if payload is None else payload
        if form is None or form.response is None or form.response.is_valid(payload):
            return payload
        try:
            return self._odd.take(peer, call, form.response, payload, _answer_to(call))
        except PayloadInvalid as error:
            if peer.version is OcppVersion.V2_1 and peer.connected:
                self._complain(peer, call, error.violations[0])
            raise

    def _not_taken(self, failure: Failure, peer: Peer, call: Call) -> Failure:
        """Say what is wrong with an answer that the transport has read and does not take."""
        error = failure.value
        if isinstance(error, PayloadInvalid) and _is_of_answer(error, call):
            self._odd.refuse(peer, _answer_to(call), error.violations)
        return failure

    @staticmethod
    def _complain(peer: Peer, call: Call, violation: Violation) -> None:
        """Tell a peer that its answer is not taken (2.1 part 4, 4.2.3)."""
        code = code_for(peer.version, violation.kind)
        complaint = CallResultError(call.message_id, code, str(violation))
        peer.connection.send_unanswered(complaint)

    def _succeeded(self, payload: Any, peer: Peer, call: Call) -> Any:
        notify(self._result_received, self._station, peer, call, payload)
        return payload

    def _ended_badly(
        self, failure: Failure, peer: Peer, call: Call, site: CallSite | None
    ) -> Failure:
        blame(failure, site)
        if failure.check(CallTimedOut):
            notify(self._call_expired, self._station, peer, call)
        else:
            notify(self._call_failed, self._station, peer, call, failure.value)
        return failure


def _answer_to(call: Call) -> str:
    return f"the answer to {call.action}"


def _as_it_came(failure: Failure, call: Call) -> Any:
    """What can be read of an answer that the transport does not take."""
    failure.trap(PayloadInvalid)
    error: Any = failure.value
    return error.payload if _is_of_answer(error, call) else failure


def _is_of_answer(error: PayloadInvalid, call: Call) -> bool:
    """True for an answer that could be read, False for what is wrong with the call itself."""
    return error.payload is not None and error.payload is not call.payload
