"""The five message types of OCPP-J: text to message and back.

=== =============== ================================================= ============
 2  CALL            ``[2, id, action, payload]``                       all versions
 3  CALLRESULT      ``[3, id, payload]``                               all versions
 4  CALLERROR       ``[4, id, code, description, details]``            all versions
 5  CALLRESULTERROR ``[5, id, code, description, details]``            2.1
 6  SEND            ``[6, id, action, payload]``                       2.1
=== =============== ================================================= ============

(OCPP-J 1.6 section 4.2; 2.0.1 and 2.1 part 4, section 4.2.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from ocppfw.errors import Violation
from ocppfw.rpc.errorcodes import Fault, code_for
from ocppfw.versions import OcppVersion

MAX_MESSAGE_ID_LENGTH = 36  # OCPP-J 1.6 section 4.1.4
_MAX_ECHOED_ID_LENGTH = 255  # longer ids are not sent back in an error
_CALL_HEAD = re.compile(r'\s*\[\s*2\s*,\s*"([^"\\]*)"\s*,\s*"[^"\\]*"\s*,')
_ANSWER_HEAD = re.compile(r'\s*\[\s*[34]\s*,\s*"([^"\\]*)"\s*[],]')
_UNREADABLE_ID = "-1"  # 2.0.1 part 4, section 4.2.3
_MAX_DESCRIPTION_LENGTH = 255  # 2.0.1 part 4, section 4.2.3
_BEYOND_LIMITS = (
    "payload: nested too deeply, a number out of range, or a string that is not Unicode"
)

#: What is to be done after an answer: a function and its arguments.
AfterAnswer = tuple[Callable[..., Any], tuple[Any, ...]]


#: What ``Call.after`` is once the call has been answered.
ANSWERED: Final = ()


class _Judged:
    """A message of which it may be known what was wrong with it."""

    __slots__ = ("_violations",)  # set where there are some, so that a good message costs nothing

    @property
    def violations(self) -> Sequence[Violation]:
        """What was wrong with what the peer sent, the fault that decides first; else empty.

        Of a call of the peer's, or a SEND, that is the payload as it came; of a call of ours, the
        answer. There is something only where ``validation`` is report.
        """
        return getattr(self, "_violations", ())

    @violations.setter
    def violations(self, violations: Sequence[Violation]) -> None:
        self._violations = violations


@dataclass(slots=True)
class Call(_Judged):
    """A request.

    Attributes:
        message_id: what the answer refers to.
        action: what is asked.
        payload: its data; None where the frame says ``null``. As it came until it has been
            checked; then as it is handed over.
        after: what is to be done after the answer; None for nothing, ANSWERED afterwards.
    """

    message_id: str
    action: str
    payload: Any
    after: Sequence[AfterAnswer] | None = field(default=None, init=False, repr=False, compare=False)

    def after_answer(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Have a function called once the answer to this call is on the wire.

        It is called exactly once, as ``function(*arguments, sent=True)``; with ``sent=False``
        where the answer could not be sent, or there is none. It may be a coroutine function.

        Raises:
            RuntimeError: the call has been answered already.
        """
        if self.after is ANSWERED:
            raise RuntimeError(f"{self.action} has been answered already")
        self.after = [*(self.after or ()), (function, arguments)]


@dataclass(slots=True)
class CallResult:
    """The answer to a Call."""

    message_id: str
    payload: Any


@dataclass(slots=True)
class CallError:
    """The refusal of a Call."""

    message_id: str
    code: str
    description: str = ""
    details: Any = field(default_factory=dict)


@dataclass(slots=True)
class CallResultError:
    """The complaint about a CallResult (2.1 part 4, section 4.2.3); never answered."""

    message_id: str
    code: str
    description: str = ""
    details: Any = field(default_factory=dict)


@dataclass(slots=True)
class Send(_Judged):
    """A message that gets no answer, not even an error (2.1 part 4, section 4.2.4)."""

    message_id: str
    action: str
    payload: Any


@dataclass(slots=True)
class BadFrame:
    """A frame that is not a message.

    Attributes:
        reason: what is wrong, without the text of the frame.
        answer: what the peer gets for it, None where it gets nothing.
        answers: id of the call that it seems to answer, None where it seems to be no answer.
    """

    reason: str
    answer: CallError | None = None
    answers: str | None = None


Answer = CallResult | CallError
Message = Call | Answer | CallResultError | Send


def parse(data: bytes | str, version: OcppVersion) -> Message | BadFrame:
    """Read one frame.

    Args:
        data: the text of the frame, as UTF-8 bytes or as str.
        version: the version negotiated for the connection.

    Returns:
        The message, or a BadFrame; nothing is raised, whatever the peer sent.
    """
    try:
        frame = orjson.loads(data)
    except ValueError:
        return _not_read(data, version)
    if type(frame) is not list or not frame:
        return _unreadable("not a JSON array with a message type", version)
    try:
        parser = _PARSERS[version].get(frame[0])
    except TypeError:  # an array or an object where the number should be
        parser = None
    if parser is None:
        # OCPP-J 1.6 section 4.1.3: a message of an unknown type is ignored.
        return BadFrame("unknown message type")
    return parser(frame, version)


def serialize(message: Message) -> bytes:
    """The text of a message's frame as UTF-8.

    Raises:
        TypeError: the payload holds something that JSON cannot say.
    """
    kind = type(message)
    if kind is CallResult:
        return orjson.dumps((3, message.message_id, message.payload))  # type: ignore[union-attr]
    if kind is Call or kind is Send:
        number = 2 if kind is Call else 6
        return orjson.dumps((number, message.message_id, message.action, message.payload))  # type: ignore[union-attr]
    number = 4 if kind is CallError else 5
    description = message.description[:_MAX_DESCRIPTION_LENGTH]  # type: ignore[union-attr]
    return orjson.dumps((number, message.message_id, message.code, description, message.details))  # type: ignore[union-attr]


def is_message_id(value: Any) -> bool:
    """True for what may identify a message: a string of 1 to 36 characters."""
    return type(value) is str and 0 < len(value) <= MAX_MESSAGE_ID_LENGTH


def refusal(version: OcppVersion, message_id: Any, fault: Fault, description: str) -> BadFrame:
    """A CALL that cannot be handled, with the answer that its sender gets.

    The answer carries the received id if that is a string of 1 to 255 characters. Otherwise
    2.x says ``"-1"`` (part 4, section 4.2.3) and 1.x, which has no such rule, says nothing.
    """
    if type(message_id) is str and 0 < len(message_id) <= _MAX_ECHOED_ID_LENGTH:
        echoed = message_id
    elif version.is_2x:
        echoed = _UNREADABLE_ID
    else:
        return BadFrame(description)
    return BadFrame(description, CallError(echoed, code_for(version, fault), description))


def _unreadable(reason: str, version: OcppVersion) -> BadFrame:
    return refusal(version, None, Fault.FRAME, reason)


def _not_read(data: bytes | str, version: OcppVersion) -> BadFrame:
    """What becomes of a frame that the parser does not take.

    Payloads may be nested up to 1,024 levels, numbers must fit a double, strings be Unicode.
    """
    try:
        text = data if isinstance(data, str) else data.decode()
    except UnicodeDecodeError:
        return _unreadable("not JSON", version)
    reason = _BEYOND_LIMITS if _is_json(text) else "not JSON"
    if answered := _ANSWER_HEAD.match(text):
        return BadFrame(reason, answers=answered[1])
    head = _CALL_HEAD.match(text) if reason is _BEYOND_LIMITS else None
    return refusal(version, head[1] if head else None, Fault.FRAME, reason)


def _is_json(text: str) -> bool:
    try:
        # Numbers may be too long for Python, too.
        json.loads(text, parse_constant=_not_json, parse_int=len, parse_float=len)
    except RecursionError:
        return True  # nested deeply, but the beginning can be read
    except ValueError:
        return False
    return True


def _not_json(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _parse_call(frame: list[Any], version: OcppVersion) -> Message | BadFrame:
    if len(frame) != 4:
        message_id = frame[1] if len(frame) > 1 else None
        return refusal(version, message_id, Fault.FRAME, "a CALL is an array of 4 elements")
    _, message_id, action, payload = frame
    if not is_message_id(message_id):
        reason = f"message id: must be a string of 1 to {MAX_MESSAGE_ID_LENGTH} characters"
        return refusal(version, message_id, Fault.MESSAGE_ID, reason)
    if type(action) is not str:
        return refusal(version, message_id, Fault.FRAME, "action: must be a string")
    return Call(message_id, action, payload)


def _parse_send(frame: list[Any], version: OcppVersion) -> Message | BadFrame:
    if len(frame) != 4 or not is_message_id(frame[1]) or type(frame[2]) is not str:
        return BadFrame("a SEND is an array of type, id, action and payload")
    return Send(frame[1], frame[2], frame[3])


def _parse_result(frame: list[Any], version: OcppVersion) -> Message | BadFrame:
    if len(frame) != 3 or type(frame[1]) is not str:
        reason = "a CALLRESULT is an array of type, id and payload"
        return BadFrame(reason, answers=_id_in(frame))
    return CallResult(frame[1], frame[2])


def _error_parser(kind: type[CallError] | type[CallResultError]) -> _Parser:
    def parse_error(frame: list[Any], version: OcppVersion) -> Message | BadFrame:
        # Peers leave out an empty description or empty details (seen in simulators): accepted.
        rest = frame[2:]
        if not 1 <= len(rest) <= 3 or type(frame[1]) is not str or type(rest[0]) is not str:
            reason = "an error is an array of type, id, code, description and details"
            return BadFrame(reason, answers=_id_in(frame) if kind is CallError else None)
        description = rest[1] if len(rest) > 1 and type(rest[1]) is str else ""
        return kind(frame[1], rest[0], description, rest[2] if len(rest) > 2 else {})

    return parse_error


def _id_in(frame: list[Any]) -> str | None:
    return frame[1] if len(frame) > 1 and type(frame[1]) is str else None


_Parser = Callable[[list[Any], OcppVersion], "Message | BadFrame"]
_PARSERS_1_X: dict[Any, _Parser] = {2: _parse_call, 3: _parse_result, 4: _error_parser(CallError)}
_PARSERS: dict[OcppVersion, dict[Any, _Parser]] = {
    OcppVersion.V1_2: _PARSERS_1_X,
    OcppVersion.V1_5: _PARSERS_1_X,
    OcppVersion.V1_6: _PARSERS_1_X,
    OcppVersion.V2_0_1: _PARSERS_1_X,
    OcppVersion.V2_1: _PARSERS_1_X | {5: _error_parser(CallResultError), 6: _parse_send},
}
