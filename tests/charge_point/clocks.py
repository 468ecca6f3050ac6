"""A clock for the model of a charge point, and models that are made with it."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

from ocppfw.charge_point import ChargePointModel, Connector, Template, Transaction, TransactionEvent
from ocppfw.versions import OcppVersion

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()


class TestClock:
    """Stands still until it is told otherwise.

    Attributes:
        moment: what ``seconds`` tells.
        offset: how far the time of day is before that.
    """

    __test__ = False

    def __init__(self, moment: float = 1000.0) -> None:
        self.moment = moment
        self.offset = NOON - moment

    def seconds(self) -> float:
        return self.moment

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.moment + self.offset, UTC)

    def advance(self, seconds: float) -> None:
        self.moment += seconds


def build_model(
    version: OcppVersion = OcppVersion.V1_6,
    connectors: int = 2,
    clock: Any = None,
    identity: str = "CP1",
    ping_interval: float = 300,
    random: Random | None = None,
) -> ChargePointModel:
    """The model of a charge point."""
    template = Template().with_connectors(connectors)
    return ChargePointModel(
        version, identity, template, ping_interval, clock or TestClock(), random or Random(1)
    )


def prepare(connector: Connector, token: Any = "ABC") -> Transaction:
    """Somebody wants to charge."""
    connector.transaction = Transaction(token, f"key of {connector.number}")
    connector.update()
    return connector.transaction


def begin(connector: Connector) -> Transaction:
    """And may."""
    transaction = connector.present()
    transaction.happens(TransactionEvent.ALLOW)
    connector.begin("2026-11-22T12:00:00Z")
    connector.update()
    return transaction


def end(connector: Connector, holds: bool = False) -> Transaction:
    """The transaction ends, and is gone."""
    transaction = connector.present()
    connector.end("Remote", "2026-11-22T13:00:00Z", None, holds)
    connector.transaction = None
    connector.update()
    return transaction
