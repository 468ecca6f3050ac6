"""A charge point with the shipped plugins, and a central system that answers as it is told."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from ocppfw import CallFailed
from ocppfw.catalogue import load_catalogue
from ocppfw.charge_point import charge_point_model, timestamp
from ocppfw.hooks.files import SHIPPED
from ocppfw.versions import OcppVersion, Role
from tests.deferreds import outcomes
from tests.memory.pair import Pair
from tests.memory.script import NEVER, Script
from tests.memory.stations import IDENTITY, build_charge_point, find_plugins

TOKEN = {"idToken": "ABC", "type": "ISO14443"}

#: Plugins that make things happen which else happen seldom; loaded when a test wants them.
BEHAVIOURS = Path(__file__).parent / "behaviours"


class ChargePointPair(Pair):
    """A charge point with the shipped plugins, and a central system that answers as it is told.

    Attributes:
        script: the central system. It accepts what is asked, and does not wait with its own calls
            until the last one is answered.
        answers: what it answers.
        plugins: those of the charge point.
        station: the charge point.
    """

    def __init__(
        self, version: OcppVersion, clock: Clock, autostart: bool = True, **given: Any
    ) -> None:
        self.plugins = find_plugins(SHIPPED, BEHAVIOURS)
        self.plugins.load_initial({"cp_autostart"} if autostart else ())
        self.station = build_charge_point(version, self.plugins, clock, **given)
        self.answers = _usual_answers(version, clock)
        self.script = Script(Role.CS, clock, self.answers, {"calls-in-flight": 100})
        super().__init__(self.script, self.station, IDENTITY, version, clock)
        self.station.start()

    @property
    def model(self) -> Any:
        """What the plugins share."""
        return charge_point_model(self.station)

    @property
    def closed(self) -> int | None:
        """The code with which the charge point has closed the connection, None before it."""
        return self.cp.pipe.close_code

    def end(self) -> None:
        """Stop the charge point, while it is connected; then the calls under way end, too."""
        self.station.stop()
        for end in (self.cs, self.cp):
            end.connection.lose()

    # What the central system asks.

    def ask(self, action: str, payload: Any = None) -> Any:
        """The payload of the answer to a call, which goes out before what follows from it."""
        sent = len(self.cp.pipe.sent)
        (answer,) = self._asked(action, payload)
        assert not isinstance(answer, Exception), (action, payload, answer)
        assert self.cp.pipe.sent[sent].message[0] == 3, "sent before the answer"
        return answer

    def refused(self, action: str, payload: Any = None) -> str:
        """The error code that a call is refused with."""
        (error,) = self._asked(action, payload)
        assert isinstance(error, CallFailed), error
        return error.code

    def left_unanswered(self, action: str, payload: Any = None) -> bool:
        """True if a call gets no answer."""
        return not self._asked(action, payload)

    def _asked(self, action: str, payload: Any) -> list[Any]:
        found = outcomes(self.script.call(action, payload))
        self.wait(0)
        return found

    def release_answers(self) -> None:
        """Let the answers go that the behaviour ``hold_answers`` has held back."""
        [behaviour] = [each.module for each in self.plugins.loaded if each.name == "hold_answers"]
        behaviour.release()

    # What the charge point asks.

    def calls(self, *actions: str) -> list[Any]:
        """Action and payload of the calls over this connection since this was last asked."""
        calls = [tuple(frame[2:]) for frame in self.cp.pipe.frames() if frame[0] == 2]
        return [call for call in calls if not actions or call[0] in actions]

    def actions(self) -> list[str]:
        """The actions of these calls."""
        return [action for action, _ in self.calls()]

    def statuses(self) -> list[tuple[int, str]]:
        """Number and status of the StatusNotifications among these calls."""
        keys = ("evseId", "connectorStatus") if self.version.is_2x else ("connectorId", "status")
        return [tuple(p[k] for k in keys) for _, p in self.calls("StatusNotification")]

    # What every version says in words of its own.

    def start(self, number: int | None = 1) -> str:
        """Ask for a charge; the status of the answer."""
        return self.ask(*start_request(self.version, number))["status"]

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


def start_request(version: OcppVersion, number: int | None = 1) -> tuple[str, dict[str, Any]]:
    """Action and payload of a request to charge; at any connector for None."""
    if version.is_2x:
        evse = {} if number is None else {"evseId": number}
        return "RequestStartTransaction", {"idToken": TOKEN, "remoteStartId": 7, **evse}
    connector = {} if number is None else {"connectorId": number}
    return "RemoteStartTransaction", {"idTag": "ABC", **connector}


def boot_answer(version: OcppVersion, status: str = "Accepted", interval: int = 300) -> Any:
    """An answer to BootNotification."""
    older = version in (OcppVersion.V1_2, OcppVersion.V1_5)
    name = "heartbeatInterval" if older else "interval"
    return {"status": status, "currentTime": "2026-11-22T14:54:54Z", name: interval}


def _usual_answers(version: OcppVersion, clock: Clock) -> dict[str, Any]:
    """What a friendly central system answers: mostly nothing but that it has heard."""
    accepted = {"idTagInfo": {"status": "Accepted"}}
    token_accepted = {"idTokenInfo": {"status": "Accepted"}}
    answers = {
        "BootNotification": boot_answer(version),
        "Heartbeat": lambda _: {"currentTime": timestamp(clock.seconds())},
        "Authorize": token_accepted if version.is_2x else accepted,
        "StartTransaction": {"transactionId": 5, **accepted},
        "TransactionEvent": token_accepted,
    }
    return defaultdict(dict, answers)


def refusal(text: str = "no") -> CallFailed:
    """A CALLERROR."""
    return CallFailed("InternalError", text)


#: How a call can fail: what it is answered with, the seconds until it has failed, and what is said
#: of a call of some action.
FAILURES = [
    pytest.param(refusal(), 0, "InternalError: no", id="refused"),
    pytest.param(NEVER, 30, "no answer to {} within 30 s", id="unanswered"),
]


def operations(version: OcppVersion) -> Any:
    """What a charge point answers in a version, by action."""
    return load_catalogue(version).answered_by(Role.CP)
