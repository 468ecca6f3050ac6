"""A charge point as a conformance case sees it: what happens there, what it tells and answers.

The words are those of the cases: ``SN 1 Charging`` is a StatusNotification, ``Auth TAG`` an
Authorize, ``Start 1 TAG`` a StartTransaction, ``Stop 5 Local`` a StopTransaction, ``MV 1 5`` a
MeterValues of a transaction. ``expect`` takes them as 1.6 has them; where the version of the case
has other words, or none, that is what has to come.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from ocppfw import CallFailed
from ocppfw.charge_point import charge_point_model, timestamp
from ocppfw.charge_point.configuration_keys import ASSUMED
from ocppfw.hooks.files import SHIPPED
from ocppfw.hooks.manager import PluginManager
from ocppfw.rpc.frames import Call
from ocppfw.versions import OcppVersion, Role
from tests.cases.standing_checks import check_standing
from tests.memory.pair import Pair
from tests.memory.script import Script
from tests.memory.soap_pair import SoapPair
from tests.memory.stations import IDENTITY, build_charge_point, find_plugins
from tests.plugins.charge_points import boot_answer

K1, K2, K3 = "CARD1", "CARD2", "STRANGER"

_SHORT = {"BootNotification": "Boot", "Heartbeat": "HB", "DataTransfer": "DT"}
_IN_USE = {"Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing"}


@dataclass(frozen=True, slots=True)
class Link:
    """A version over a transport."""

    version: OcppVersion
    soap: bool

    def __str__(self) -> str:
        return f"{self.version}-{'soap' if self.soap else 'json'}"


@dataclass(frozen=True, slots=True)
class Heard:
    """A call of the charge point.

    Attributes:
        time: when it came, in seconds of the clock.
        call: what it says.
    """

    time: float
    call: Call

    def __str__(self) -> str:
        action, payload = self.call.action, self.call.payload
        fields: dict[str, tuple[Any, ...]] = {
            "StatusNotification": ("SN", payload.get("connectorId"), payload.get("status")),
            "Authorize": ("Auth", payload.get("idTag")),
            "StartTransaction": ("Start", payload.get("connectorId"), payload.get("idTag")),
            "StopTransaction": ("Stop", payload.get("transactionId"), payload.get("reason")),
            "MeterValues": ("MV", payload.get("connectorId"), payload.get("transactionId")),
        }
        words = fields.get(action, (_SHORT.get(action, action),))
        return " ".join(str(word) for word in words if word is not None)


class CentralSystem(Script):
    """Writes down when what was called.

    Attributes:
        heard: all calls of the charge point.
    """

    heard: list[Heard]

    def answer(self, peer: Any, call: Call) -> Any:
        """The answer to a call."""
        self.heard.append(Heard(self.clock.seconds(), call))
        return super().answer(peer, call)


class ChargePointCase:
    """A charge point with two connectors, at whose kerb nobody is by himself.

    Args:
        link: the version that it speaks, and over what.
        clock: the time of everybody.
        given: settings of the charge point.

    Attributes:
        version: the version that it speaks.
        answers: what the central system answers, as those of a ``Script``; at first it accepts.
        transaction: the transactionId that it has given last.
        pair: both, and what is between them.
        gaps: how many calls had come when the link was lost, or the power.
    """

    def __init__(self, link: Link, clock: Clock, **given: Any) -> None:
        self.link, self.version, self.clock = link, link.version, clock
        self.station = build_charge_point(link.version, shipped(), clock, **given)
        self.answers = self._friendly_answers()
        self.central = CentralSystem(Role.CS, clock, self.answers, {"calls-in-flight": 100})
        self.central.heard = []
        build = SoapPair if link.soap else Pair
        self.pair: Any = build(self.central, self.station, IDENTITY, link.version, clock)
        self._ids = count(5)
        self.transaction: Any = None
        self.gaps: list[int] = []
        self._late: Deferred[Any] = Deferred()
        self._read = 0
        self._statuses: dict[str, str] = {}
        self.station.start()

    def _friendly_answers(self) -> dict[str, Any]:
        nothing: dict[str, Any] = {}
        return {
            "BootNotification": self.booted(interval=1_000_000),
            "Heartbeat": lambda _: {"currentTime": self.station.timestamp()},
            "Authorize": id_tag_info(),
            "StartTransaction": self.begun(),
            "StopTransaction": nothing,
            "StatusNotification": nothing,
            "MeterValues": nothing,
            "FirmwareStatusNotification": nothing,
            "DiagnosticsStatusNotification": nothing,
        }

    def booted(self, status: str = "Accepted", interval: int = 300) -> Any:
        """An answer to BootNotification; the clocks agree."""
        told = boot_answer(self.version, status, interval)
        return lambda _: {**told, "currentTime": self.station.timestamp()}

    def set_central_clock(self, ahead: float, interval: int = 300) -> None:
        """Have the central system's clock be so many seconds ahead of the time of everybody."""

        def now(_: Any) -> dict[str, str]:
            return {"currentTime": timestamp(self.clock.seconds() + ahead)}

        told = boot_answer(self.version, "Accepted", interval)
        self.answers["BootNotification"] = lambda request: told | now(request)
        self.answers["Heartbeat"] = now

    def begun(self, status: str = "Accepted", **more: str) -> Any:
        """An answer to StartTransaction, with an id that is new each time."""

        def answer(request: Any) -> Any:
            self.transaction = next(self._ids)
            return {"transactionId": self.transaction, **id_tag_info(status, **more)}

        return answer

    @property
    def model(self) -> Any:
        """The charge point, as those at its kerb see it."""
        return charge_point_model(self.station)

    def end(self) -> None:
        """What holds in every case; then stop the charge point."""
        check_standing(self.version, self.central.heard, self.gaps)
        self.station.stop()
        self.pair.wait(0)

    # The states that a case begins in.

    def boot(self) -> None:
        """State B: booted and accepted, with all connectors Available."""
        self.connect()
        self.heard()

    def charge(self, tag: str = K1, number: int = 1) -> Any:
        """State X: a transaction is running; its id."""
        self.plug(number)
        self.tap(tag, number)
        self.heard()
        assert self.model.connectors[number].transaction.running
        return self.transaction

    def configure(self, **values: Any) -> None:
        """Set configuration keys; where the version has no such key, it must act like that."""
        for name, value in values.items():
            written = str(value).lower() if isinstance(value, bool) else str(value)
            if self.model.configuration.read([name])[0]:
                request = {"key": name, "value": written}
                assert self.ask("ChangeConfiguration", request) == "Accepted", (name, value)
            else:
                assert ASSUMED[name] == written, (name, value)

    def later(self) -> Any:
        """An answer that comes with ``accept`` only."""
        return lambda _: self._late

    def accept(self) -> None:
        """Give the answer that was to come later: the card is accepted."""
        late, self._late = self._late, Deferred()
        late.callback(id_tag_info())
        self.wait(0)

    # At the kerb.

    def plug(self, number: int = 1) -> None:
        """P+: the cable goes in."""
        self.model.plug(number)
        self.wait(0)

    def unplug(self, number: int = 1) -> None:
        """P-: the cable goes out at the vehicle, and at the station where that lets go."""
        self.model.unplug(number)
        self.wait(0)

    def tap(self, tag: str = K1, number: int | None = 1) -> None:
        """K1, K2, K3: somebody shows a card."""
        self.model.tap(tag, number)
        self.wait(0)

    def fault(self, error_code: str, number: int = 1) -> None:
        """F, or L with ConnectorLockFailure: something breaks."""
        self.model.fault(number, error_code)
        self.wait(0)

    def clear(self, number: int = 1) -> None:
        """It is repaired."""
        self.model.clear(number)
        self.wait(0)

    def power_off(self) -> None:
        """W off: the charge point is dark, and the link is gone."""
        self.model.power_loss()
        self.disconnect()

    # The link, and the time.

    def connect(self) -> None:
        """The link is there, or there again; then happens what is due."""
        self.pair.connect()
        self.wait(2)

    def disconnect(self) -> None:
        """The link is lost (state H), until ``connect``."""
        self.pair.disconnect()
        if self.station.peer is not None and self.link.soap:
            self.station.peer.close(1006, "gone")
        self.gaps.append(len(self.central.heard))
        self.wait(0)

    @property
    def connected(self) -> bool:
        """Whether the charge point holds the link."""
        return self.station.peer is not None

    def reconnect(self) -> None:
        """The charge point has ended the link, and makes it anew."""
        assert not self.connected
        self.gaps.append(len(self.central.heard))
        self.connect()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.pair.wait(seconds)

    # What the central system asks.

    def ask(self, action: str, request: Any = None) -> Any:
        """The status that a request is answered with; the whole answer where it has none.

        The answer comes before what follows from it.
        """
        answer = self._answer_to(action, request)
        assert not isinstance(answer, Exception), (action, request, answer)
        return answer.get("status", answer)

    def refused(self, action: str, request: Any = None) -> str:
        """The code of the error that a request is answered with."""
        answer = self._answer_to(action, request)
        assert isinstance(answer, CallFailed), (action, request, answer)
        return answer.code

    def left_unanswered(self, action: str, request: Any = None) -> bool:
        """Whether nothing is answered to a request, or over SOAP nothing but a fault."""
        found: list[Any] = []
        self.central.call(action, request).addBoth(found.append)
        self.wait(0)
        return all(self.link.soap and isinstance(each, Failure) for each in found)

    def _answer_to(self, action: str, request: Any) -> Any:
        found: list[Any] = []
        heard = len(self.central.heard)

        def keep(answer: Any) -> None:
            assert len(self.central.heard) == heard, f"{self.central.heard[-1]} before the answer"
            found.append(getattr(answer, "value", answer))

        self.central.call(action, request).addBoth(keep)
        self.wait(0)
        assert found, f"{action} was not answered"
        return found[0]

    def remote_start(self, tag: str = K1, number: int | None = 1) -> Any:
        """RStart; the status of the answer."""
        where = {} if number is None else {"connectorId": number}
        return self.ask("RemoteStartTransaction", {"idTag": tag, **where})

    def remote_stop(self, transaction: Any) -> Any:
        """RStop; the status of the answer."""
        return self.ask("RemoteStopTransaction", {"transactionId": transaction})

    def change_availability(self, number: int, kind: str) -> Any:
        """CA; the status of the answer."""
        return self.ask("ChangeAvailability", {"connectorId": number, "type": kind})

    def keys(self, *names: str) -> dict[str, str]:
        """GC of some keys; those that are known."""
        answer = self.ask("GetConfiguration", {"key": list(names)} if names else {})
        return {each["key"]: each.get("value") for each in answer.get("configurationKey", [])}

    # What the charge point tells.

    def heard(self) -> list[Heard]:
        """The calls since this was last asked."""
        new, self._read = self.central.heard[self._read :], len(self.central.heard)
        for each in new:
            self._note_status(str(each))
        return new

    def forget(self) -> None:
        """What came so far was preparation; the statuses that it has told are still known."""
        self.heard()
        check_standing(self.version, self.central.heard, self.gaps)
        self.central.heard.clear()
        self.gaps.clear()
        self._read = 0

    def payloads(self, action: str) -> list[Any]:
        """What all calls of an action have said, from the first one on."""
        return [each.call.payload for each in self.central.heard if each.call.action == action]

    def expect(self, *steps: str) -> list[Heard]:
        """Exactly this has been called since ``heard`` or ``expect``; the calls.

        The order of statuses against other messages is free (To).
        """
        before = dict(self._statuses)
        calls = self.heard()
        said = [str(each) for each in calls]
        assert self._by_kind(said, dict(before)) == self._by_kind(steps, before), f"heard: {said}"
        return calls

    def _by_kind(self, steps: Iterable[str], known: dict[str, str]) -> tuple[list[str], list[str]]:
        """The statuses among some steps, and the rest, as the version of the case has them."""
        said = [step for written in steps if (step := self._in_version(written, known))]
        statuses = [step for step in said if step.startswith("SN ")]
        return statuses, [step for step in said if not step.startswith("SN ")]

    def _in_version(self, step: str, known: dict[str, str]) -> str | None:
        """What stands for a step in the version of the case; None where nothing does."""
        kind, *words = step.split()
        if self.version is OcppVersion.V1_6:
            return step
        if kind == "Boot":
            known.clear()
        if kind == "SN":
            number, status = words
            status = "Occupied" if status in _IN_USE else status
            if known.get(number) == status:
                return None
            known[number] = status
            return f"SN {number} {status}"
        leaves_out = kind == "Stop" or (kind == "MV" and self.version is OcppVersion.V1_2)
        return f"{kind} {words[0]}" if leaves_out else step

    def _note_status(self, step: str) -> None:
        kind, *words = step.split()
        if kind == "SN":
            self._statuses[words[0]] = words[1]


@cache
def shipped() -> PluginManager:
    """The shipped plugins, of all charge points, which keep what they know; nobody plugs in."""
    plugins = find_plugins(SHIPPED)
    plugins.load_initial({"cp_autostart"})
    [module] = [each.module for each in plugins.loaded if each.name == "cp_transactions"]
    module.SETTINGS.update("cp_transactions", {"plugs_in": False})
    return plugins


def id_tag_info(status: str = "Accepted", **more: str) -> Any:
    """What an answer says of a card."""
    return {"idTagInfo": {"status": status, **more}}
