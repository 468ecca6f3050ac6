"""A charge point with the shipped plugins, and a central system that answers as it is told."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock

from ocppfw import CallFailed, NotConnected
from ocppfw.catalogue import load_catalogue
from ocppfw.charge_point import charge_point_model
from ocppfw.hooks.files import Discovery
from ocppfw.hooks.manager import PluginManager
from ocppfw.rpc.frames import Call, CallError, CallResult
from ocppfw.settings import Settings
from ocppfw.stations.station import ChargePoint
from ocppfw.store import MemoryStores
from ocppfw.versions import OcppVersion, Role, Transport

SHIPPED = Path(__file__).parents[2] / "plugins"

NEVER = object()  # an answer that does not come
TOKEN = {"idToken": "ABC", "type": "ISO14443"}


class CentralSystemLink:
    """A connection to a central system: what an Exchange needs of one.

    Attributes:
        sent: (time, action, payload) of every call, in their order.
        closed: the code with which the charge point has closed it, else None.
    """

    idle = True
    transport = Transport.WEBSOCKET

    def __init__(self, clock: Clock, answers: dict[str, Any]) -> None:
        self.connected = True
        self.ended_busy = False
        self.peer: Any = None
        self.sent: list[tuple[float, str, Any]] = []
        self.closed: int | None = None
        self._clock = clock
        self._answers = answers
        self._open: list[Deferred[Any]] = []

    def send_call(self, call: Call, timeout: float) -> Deferred[Any]:
        """Note the call, and answer it."""
        if not self.connected:
            return fail(NotConnected("the connection is closed"))
        self.sent.append((self._clock.seconds(), call.action, call.payload))
        answer = self._answers.get(call.action, {})
        answer = answer(call.payload) if callable(answer) else answer
        if isinstance(answer, Exception):
            return fail(answer)
        if answer is NEVER:
            self._open.append(Deferred())
            return self._open[-1]
        return succeed(answer)

    def answer_late(self, payload: Any) -> None:
        """Answer the oldest call that has no answer yet."""
        self._open.pop(0).callback(payload)

    def close(self, code: int, reason: str) -> None:
        """Note that the charge point hangs up."""
        self.closed = code

    def lose(self) -> None:
        """End: what has no answer fails."""
        self.connected = False
        for pending in self._open:
            pending.errback(NotConnected("the connection was lost"))


class World:
    """One charge point, its time and its central system.

    Attributes:
        answers: what the central system answers, by action: a payload, an exception, NEVER, or
            a function of the request.
        link: the present connection.
    """

    def __init__(
        self, version: OcppVersion, clock: Clock, autostart: bool = True, **given: Any
    ) -> None:
        self.version = version
        self.clock = clock
        self.answers = _usual_answers(version)
        self.plugins = PluginManager(Discovery([("shipped", SHIPPED)]), {})
        self.plugins.load_initial({"cp_autostart"} if autostart else ())
        settings = Settings.build({"role": "cp", "url": "ws://x", **given})
        self.station = ChargePoint(
            "CP1", version, self.plugins, settings, MemoryStores(clock), clock, None
        )
        self.station.start()
        self.link: Any = None
        self._ids = itertools.count(1)

    @property
    def model(self) -> Any:
        """What the plugins share."""
        return charge_point_model(self.station)

    def connect(self) -> None:
        """Open a connection."""
        self.link = CentralSystemLink(self.clock, self.answers)
        self.station.connection_opened("CP1", self.version, self.link, "192.0.2.1:9000")
        self.wait(0)

    def disconnect(self) -> None:
        """Lose the connection."""
        self.link.lose()
        self.station.connection_lost(self.link.peer, "gone")

    def wait(self, seconds: float) -> None:
        """Let time pass, with everything that is due in it."""
        end = self.clock.seconds() + seconds
        while due := [t for t in self._times() if t <= end]:
            self.clock.advance(max(0, min(due) - self.clock.seconds()))
        self.clock.advance(end - self.clock.seconds())

    def _times(self) -> list[float]:
        return [call.getTime() for call in self.clock.getDelayedCalls()]

    def begin(self, action: str, payload: Any = None) -> Any:
        """The answer to a call of the central system, before anything else happens."""
        self.call = Call(f"cs-{next(self._ids)}", action, {} if payload is None else payload)
        return self.exchange.answer(self.link.peer, self.call)

    def send(self, answer: Any) -> None:
        """Have the answer to that call go out; then what follows from it happens."""
        self.exchange.answered(self.link.peer, self.call, answer, True, self.call.after or ())
        self.wait(0)

    @property
    def exchange(self) -> Any:
        """What answers the calls of the central system."""
        return self.station.answerer(self.version, Transport.WEBSOCKET)

    def ask(self, action: str, payload: Any = None) -> Any:
        """The payload of the answer to a call; then what follows from it happens."""
        sent = len(self.link.sent)
        answer = self.begin(action, payload)
        assert isinstance(answer, CallResult), answer
        self.wait(0)
        assert len(self.link.sent) == sent, "sent before the answer"
        self.send(answer)
        return answer.payload

    def refused(self, action: str, payload: Any = None) -> str:
        """The error code that a call is refused with."""
        answer = self.begin(action, payload)
        assert isinstance(answer, CallError), answer
        return answer.code

    def calls(self, *actions: str) -> list[Any]:
        """Action and payload of what was sent since this was last asked."""
        sent, self.link.sent = self.link.sent, []
        return [(a, payload) for _, a, payload in sent if not actions or a in actions]

    def actions(self) -> list[str]:
        """The actions sent since this was last asked."""
        return [action for action, _ in self.calls()]

    def statuses(self) -> list[tuple[int, str]]:
        """Number and status of the StatusNotifications sent since this was last asked."""
        keys = ("evseId", "connectorStatus") if self.version.is_2x else ("connectorId", "status")
        return [tuple(p[k] for k in keys) for _, p in self.calls("StatusNotification")]

    # What every version says in words of its own.

    def start(self, number: int | None = 1) -> str:
        """Ask for a charge; the status of the answer."""
        action, key, payload = (
            ("RequestStartTransaction", "evseId", {"idToken": TOKEN, "remoteStartId": 7})
            if self.version.is_2x
            else ("RemoteStartTransaction", "connectorId", {"idTag": "ABC"})
        )
        return self.ask(action, payload if number is None else {**payload, key: number})["status"]

    def stop(self, transaction_id: Any = None) -> str:
        """Ask for the end of a charge; the status of the answer."""
        action = "RequestStopTransaction" if self.version.is_2x else "RemoteStopTransaction"
        if transaction_id is None:
            transaction_id = self.model.connectors[1].transaction.id
        return self.ask(action, {"transactionId": transaction_id})["status"]

    def reset(self, kind: str) -> str:
        """Ask for a reset; the status of the answer."""
        return self.ask("Reset", {"type": kind})["status"]

    def configure(self, key: str, value: str) -> str:
        """Set a configuration key, or a variable that is named like ``Component.Variable``."""
        if not self.version.is_2x:
            return self.ask("ChangeConfiguration", {"key": key, "value": value})["status"]
        component, _, variable = key.partition(".")
        item = {"component": {"name": component}, "variable": {"name": variable}}
        answer = self.ask("SetVariables", {"setVariableData": [{**item, "attributeValue": value}]})
        return answer["setVariableResult"][0]["attributeStatus"]


def boot_answer(version: OcppVersion, status: str = "Accepted", interval: int = 300) -> Any:
    """An answer to BootNotification."""
    older = version in (OcppVersion.V1_2, OcppVersion.V1_5)
    name = "heartbeatInterval" if older else "interval"
    return {"status": status, "currentTime": "2026-11-22T14:54:54Z", name: interval}


def _usual_answers(version: OcppVersion) -> dict[str, Any]:
    """What a friendly central system answers."""
    accepted = {"idTagInfo": {"status": "Accepted"}}
    token_accepted = {"idTokenInfo": {"status": "Accepted"}}
    return {
        "BootNotification": boot_answer(version),
        "Heartbeat": {"currentTime": "2026-11-22T14:54:54Z"},
        "Authorize": token_accepted if version.is_2x else accepted,
        "StartTransaction": {"transactionId": 5, **accepted},
        "TransactionEvent": token_accepted,
    }


def operations(version: OcppVersion) -> Any:
    """What a charge point answers in a version, by action."""
    return load_catalogue(version).answered_by(Role.CP)


def refusal(text: str = "no") -> CallFailed:
    """A CALLERROR."""
    return CallFailed("InternalError", text)
