"""Whatever happens at the kerb, on the line and to the mains: what must always be so."""

import itertools
from random import Random
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ocppfw.charge_point import (
    Connector,
    ConnectorStatus,
    InvalidTransition,
    Registration,
    RegistrationEvent,
)
from ocppfw.charge_point.connector_status import TRANSITIONS
from ocppfw.versions import OcppVersion
from tests.charge_point.clocks import TestClock, build_model

ALLOWED = {(before, after) for (before, _), after in TRANSITIONS.items()}
NUMBERS = st.sampled_from([1, 2])
TAGS = st.sampled_from(["A", "b", "B"])


class Life(RuleBasedStateMachine):
    """A charge point of 1.6 with a socket and a fixed cable; the central system answers freely."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = TestClock()
        self.model = build_model(OcppVersion.V1_6, 2, self.clock, random=Random(5))
        self.model.connectors[2].is_socket = False
        self.registers = dict.fromkeys((1, 2), 0)
        self.statuses = {n: [ConnectorStatus.AVAILABLE] for n in (1, 2)}
        self.delivered: list[Any] = []
        self.numbers: list[int] = []
        self.ids = 0
        self.told = self.model._connector_changed
        for connector in self.model.connectors.values():
            connector._changed = self.status_changed

    def status_changed(self, connector: Connector) -> None:
        self.statuses[connector.number].append(connector.status)
        self.told(connector)

    def act(self, name: str, *arguments: Any) -> None:
        """Something that may be impossible now; then it changes nothing."""
        before = [each.status for each in self.model.connectors.values()], len(self.model.outbox)
        try:
            getattr(self.model, name)(*arguments)
        except InvalidTransition:
            after = [each.status for each in self.model.connectors.values()]
            assert (after, len(self.model.outbox)) == before

    # At the kerb.

    @rule(number=NUMBERS)
    def plug(self, number: int) -> None:
        self.act("plug", number)

    @rule(number=NUMBERS)
    def unplug(self, number: int) -> None:
        self.act("unplug", number)

    @rule(tag=TAGS, number=st.none() | NUMBERS)
    def tap(self, tag: str, number: int | None) -> None:
        self.act("tap", tag, number)

    @rule(tag=TAGS, number=st.none() | NUMBERS)
    def start(self, tag: str, number: int | None) -> None:
        self.act("start", tag, number)

    @rule(tag=TAGS, number=NUMBERS)
    def charge(self, tag: str, number: int) -> None:
        """Everything that stands in the way goes away first, so that energy flows often."""
        if self.model.connectors[number].error_code != "NoError":
            self.act("clear", number)
        self.model.change_availability(number, operative=True)
        self.act("start", tag, number)
        while (card := self.model.take_card()) is not None:
            self.model.allow(card)

    @rule(number=st.none() | NUMBERS)
    def stop(self, number: int | None) -> None:
        self.act("stop", number)

    @precondition(lambda self: any(each.ev for each in self.model.connectors.values()))
    @rule(number=NUMBERS, what=st.sampled_from(["suspend", "resume", "full"]))
    def vehicle(self, number: int, what: str) -> None:
        self.act("ev", number, what)

    @rule(
        number=NUMBERS,
        code=st.sampled_from(["GroundFailure", "ConnectorLockFailure", "EVCommunicationError"]),
    )
    def fault(self, number: int, code: str) -> None:
        self.act("fault", number, code)

    @rule(number=NUMBERS)
    def clear(self, number: int) -> None:
        self.act("clear", number)

    @rule(seconds=st.sampled_from([0, 1, 30, 60, 3600, -500]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.model.advance()
        self.model.measuring.advance()

    # Asked for.

    @rule(number=st.none() | NUMBERS, tag=TAGS)
    def remote_start(self, number: int | None, tag: str) -> None:
        connector = self.model.connector_to_start(number)
        if connector is not None:
            self.model.request(connector, tag, remote=True)

    @rule()
    def remote_stop(self) -> None:
        connector = self.model.running(self.ids)
        if connector is not None:
            self.model.stop_transaction(connector, "Remote")

    @rule(number=st.sampled_from([0, 1, 2]), operative=st.booleans())
    def availability(self, number: int, operative: bool) -> None:
        assert self.model.change_availability(number, operative) in ("Accepted", "Scheduled")

    @rule(number=NUMBERS, watts=st.sampled_from([None, 0, 4000]))
    def limit(self, number: int, watts: int | None) -> None:
        self.model.connectors[number].set_limit(watts)

    @rule(
        key=st.sampled_from(
            [
                "StopTransactionOnEVSideDisconnect",
                "UnlockConnectorOnEVSideDisconnect",
                "StopTransactionOnInvalidId",
            ]
        ),
        value=st.sampled_from(["true", "false"]),
    )
    def configure(self, key: str, value: str) -> None:
        self.model.configuration.change(key, value)

    @rule(allowed=st.booleans())
    def decide(self, allowed: bool) -> None:
        card = self.model.take_card()
        if card is not None:
            self.model.allow(card) if allowed else self.model.refuse(card)

    # The mains.

    @rule()
    def power_loss(self) -> None:
        self.model.power_loss()

    @precondition(lambda self: self.model.registration is Registration.UNREGISTERED)
    @rule()
    def boot(self) -> None:
        self.model.register(RegistrationEvent.BOOT)
        self.model.register(RegistrationEvent.ACCEPTED)

    # The line.

    @rule(status=st.sampled_from(["Accepted", "Accepted", "Blocked"]))
    def deliver(self, status: str) -> None:
        now = self.clock.seconds()
        entry = self.model.outbox.next(now)
        if entry is None:
            return
        self.model.outbox.sent(entry, now)
        payload = self.model.outbox.payload_of(entry)
        self.delivered.append((entry.role, entry.transaction, payload))
        self.numbers.append(entry.number)
        answer: dict[str, Any] = {}
        if entry.role == "start":
            self.ids += 1
            answer = {"transactionId": self.ids, "idTagInfo": {"status": status}}
        self.model.answered(entry, answer)

    @rule()
    def lose(self) -> None:
        now = self.clock.seconds()
        entry = self.model.outbox.next(now)
        if entry is not None:
            self.model.outbox.sent(entry, now)
            self.model.outbox.lost(entry)

    # What must always be so.

    @invariant()
    def registers_never_run_backwards(self) -> None:
        for number, connector in self.model.connectors.items():
            connector.update()
            assert connector.meter.register >= self.registers[number]
            self.registers[number] = connector.meter.register

    @invariant()
    def values_agree(self) -> None:
        for connector in self.model.connectors.values():
            meter = connector.meter
            flows = connector.status is ConnectorStatus.CHARGING
            assert (meter.power > 0) == flows
            assert abs(meter.voltage * meter.current * meter.phases - meter.power) < 1e-6

    @invariant()
    def statuses_follow_the_table(self) -> None:
        for seen in self.statuses.values():
            steps = set(itertools.pairwise(seen))
            assert {step for step in steps if step[0] is not step[1]} <= ALLOWED
            del seen[:-1]

    @invariant()
    def the_outbox_is_in_order(self) -> None:
        assert self.numbers == sorted(self.numbers)

    @invariant()
    def transactions_are_balanced(self) -> None:
        open_ones: dict[str, int] = {}
        waiting = [(each.role, each.transaction, each.payload) for each in self.model.outbox]
        for role, key, payload in [*self.delivered, *waiting]:
            if role == "start":
                assert key not in open_ones
                open_ones[key] = payload["meterStart"]
            elif role == "stop":
                assert payload["meterStop"] >= open_ones.pop(key)
            else:
                assert key in open_ones
        running = {each.present().key for each in self.model.in_use if each.present().running}
        assert running == set(open_ones)


Life.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=50,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestLife = Life.TestCase
