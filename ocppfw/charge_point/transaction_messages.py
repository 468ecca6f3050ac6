"""What a transaction says: StartTransaction and its kin in 1.x, TransactionEvent in 2.x."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, Protocol

from ocppfw.charge_point.connector import Connector
from ocppfw.charge_point.connector_status import ConnectorStatus
from ocppfw.charge_point.measurands import units
from ocppfw.charge_point.times import timestamp
from ocppfw.charge_point.transaction import Transaction
from ocppfw.versions import OcppVersion

#: An action and its payload.
Outgoing = tuple[str, dict[str, Any]]

_REGISTER = "Energy.Active.Import.Register"


class TransactionMessages(Protocol):
    """The messages of one version about the transaction of a connector."""

    def authorize(self, transaction: Transaction) -> Outgoing | None:
        """Ask whether the driver may charge; None where that is not to be asked."""

    def started(self, connector: Connector) -> Outgoing:
        """The transaction has begun."""

    def started_answered(self, transaction: Transaction, answer: dict[str, Any]) -> None:
        """Keep what the answer to ``started`` says about the transaction.

        Raises:
            Exception: it does not say what it must; see ``reading_answer``.
        """

    def is_accepted(self, answer: dict[str, Any]) -> bool:
        """Whether an answer lets the driver charge.

        Raises:
            Exception: it does not say so; see ``reading_answer``.
        """

    def charging(self, connector: Connector, now: float) -> Outgoing | None:
        """The energy flows; None where nothing but the status tells."""

    def sampled(self, connector: Connector, measurands: list[str], now: float) -> Outgoing:
        """The periodic meter values."""

    def measured(self, connector: Connector, measurands: list[str], now: float) -> Outgoing:
        """Meter values that were asked for."""

    def reported(self, connector: Connector, measurands: list[str], now: float) -> Outgoing | None:
        """The state of the transaction, which was asked for; None where no message tells it."""

    def stopped(self, connector: Connector) -> Outgoing:
        """The transaction has ended."""


def transaction_messages(
    version: OcppVersion, write: Callable[[float], str] = timestamp
) -> TransactionMessages:
    """The messages of a version.

    Args:
        version: the version.
        write: makes a timestamp of a moment; ``station.timestamp`` where moments are those of
            ``station.clock``.
    """
    return _Messages2x(write) if version.is_2x else _Messages1x(version, write)


def _values(connector: Connector, measurands: list[str]) -> dict[str, int]:
    connector.update()
    meter = connector.meter
    values = {_REGISTER: meter.register, "Power.Active.Import": meter.power}
    return {name: values[name] for name in measurands if name in values}


def _transaction(connector: Connector) -> Transaction:
    assert connector.transaction is not None, "there is no transaction on this connector"
    return connector.transaction


class _Messages1x:
    def __init__(self, version: OcppVersion, write: Callable[[float], str]) -> None:
        self._version = version
        self._write = write

    def authorize(self, transaction: Transaction) -> Outgoing | None:
        return "Authorize", {"idTag": transaction.token}

    def started(self, connector: Connector) -> Outgoing:
        transaction = _transaction(connector)
        return "StartTransaction", {
            "connectorId": connector.number,
            "idTag": transaction.token,
            "timestamp": self._write(transaction.started_at),
            "meterStart": transaction.meter_start,
        }

    def started_answered(self, transaction: Transaction, answer: dict[str, Any]) -> None:
        if type(answer["transactionId"]) is not int:
            raise TypeError("no message of ours could name the transaction")
        transaction.id = answer["transactionId"]

    def is_accepted(self, answer: dict[str, Any]) -> bool:
        return bool(answer["idTagInfo"]["status"] == "Accepted")

    def charging(self, connector: Connector, now: float) -> Outgoing | None:
        return None

    def sampled(self, connector: Connector, measurands: list[str], now: float) -> Outgoing:
        return self._meter_values(connector, measurands, now, "Sample.Periodic")

    def measured(self, connector: Connector, measurands: list[str], now: float) -> Outgoing:
        return self._meter_values(connector, measurands, now, "Trigger")

    def reported(self, connector: Connector, measurands: list[str], now: float) -> Outgoing | None:
        return None

    def stopped(self, connector: Connector) -> Outgoing:
        transaction = _transaction(connector)
        assert transaction.stop is not None
        payload = {
            "transactionId": transaction.id,
            "timestamp": self._write(transaction.stop.at),
            "meterStop": transaction.stop.meter,
        }
        if self._version is OcppVersion.V1_6:
            payload["reason"] = transaction.stop.reason
        return "StopTransaction", payload

    def _meter_values(
        self, connector: Connector, measurands: list[str], now: float, context: str
    ) -> Outgoing:
        payload: dict[str, Any] = {"connectorId": connector.number}
        if self._version is OcppVersion.V1_2:
            register = _values(connector, [_REGISTER])[_REGISTER]
            value = {"timestamp": self._write(now), "value": register}
            return "MeterValues", payload | {"values": [value]}
        transaction = connector.transaction
        if transaction is not None and transaction.running:
            payload["transactionId"] = transaction.id
        sampled = [
            {"value": str(value), "context": context, "measurand": name, "unit": unit}
            for name, value in _values(connector, measurands).items()
            if (unit := units(self._version)[name])
        ]
        outer, inner = (
            ("meterValue", "sampledValue")
            if self._version is OcppVersion.V1_6
            else ("values", "values")
        )
        payload[outer] = [{"timestamp": self._write(now), inner: sampled}]
        return "MeterValues", payload


#: triggerReason of the last event, by stoppedReason.
_TRIGGERS = {
    "DeAuthorized": "Deauthorized",
    "ImmediateReset": "ResetCommand",
    "Remote": "RemoteStop",
}
#: Tokens that the central system is not asked about (2.0.1 C02 and C05.FR.01).
_NEVER_AUTHORIZED = ("Central", "NoAuthorization")


class _Messages2x:
    def __init__(self, write: Callable[[float], str]) -> None:
        self._write = write

    def authorize(self, transaction: Transaction) -> Outgoing | None:
        if transaction.token["type"] in _NEVER_AUTHORIZED:
            return None
        return "Authorize", {"idToken": deepcopy(transaction.token)}

    def started(self, connector: Connector) -> Outgoing:
        transaction = _transaction(connector)
        at = self._write(transaction.started_at)
        return _event(
            connector,
            ("Started", "RemoteStart"),
            at,
            _meter_value({_REGISTER: transaction.meter_start}, at, "Transaction.Begin"),
            info={"chargingState": "EVConnected", "remoteStartId": transaction.remote_start_id},
            more={
                "evse": {"id": connector.number, "connectorId": 1},
                "idToken": deepcopy(transaction.token),
            },
        )

    def started_answered(self, transaction: Transaction, answer: dict[str, Any]) -> None:
        """The answer says nothing about the transaction: its id is our own."""

    def is_accepted(self, answer: dict[str, Any]) -> bool:
        return bool(answer.get("idTokenInfo", {}).get("status", "Accepted") == "Accepted")

    def charging(self, connector: Connector, now: float) -> Outgoing | None:
        return _event(connector, ("Updated", "ChargingStateChanged"), self._write(now), None)

    def sampled(self, connector: Connector, measurands: list[str], now: float) -> Outgoing:
        at = self._write(now)
        value = _meter_value(_values(connector, measurands), at, "Sample.Periodic")
        return _event(connector, ("Updated", "MeterValuePeriodic"), at, value)

    def measured(self, connector: Connector, measurands: list[str], now: float) -> Outgoing:
        values = _values(connector, measurands)
        value = _meter_value(values, self._write(now), "Trigger")
        return "MeterValues", {"evseId": connector.number, "meterValue": [value]}

    def reported(self, connector: Connector, measurands: list[str], now: float) -> Outgoing | None:
        at = self._write(now)
        value = _meter_value(_values(connector, measurands), at, "Trigger")
        return _event(connector, ("Updated", "Trigger"), at, value)

    def stopped(self, connector: Connector) -> Outgoing:
        stop = _transaction(connector).stop
        assert stop is not None
        at = self._write(stop.at)
        return _event(
            connector,
            ("Ended", _TRIGGERS[stop.reason]),
            at,
            _meter_value({_REGISTER: stop.meter}, at, "Transaction.End"),
            info={"stoppedReason": stop.reason},
        )


def _event(
    connector: Connector,
    kind: tuple[str, str],
    at: str,
    value: dict[str, Any] | None,
    info: dict[str, Any] | None = None,
    more: dict[str, Any] | None = None,
) -> Outgoing:
    """A TransactionEvent.

    Args:
        connector: where.
        kind: eventType and triggerReason.
        at: when it happened.
        value: the meter value, None for none.
        info: what transactionInfo says besides the id; None for the charging state.
        more: further fields.
    """
    transaction = _transaction(connector)
    charging = connector.status is ConnectorStatus.CHARGING
    known = info or {"chargingState": "Charging" if charging else "EVConnected"}
    payload = {
        "eventType": kind[0],
        "triggerReason": kind[1],
        "timestamp": at,
        "seqNo": transaction.take_seq_no(),
        "transactionInfo": {"transactionId": transaction.id, **_without_none(known)},
        **(more or {}),
    }
    if value is not None and value["sampledValue"]:
        payload["meterValue"] = [value]
    return "TransactionEvent", payload


def _meter_value(values: dict[str, int], at: str, context: str) -> dict[str, Any]:
    sampled = [
        {
            "value": value,
            "context": context,
            "measurand": name,
            "unitOfMeasure": {"unit": units(OcppVersion.V2_0_1)[name]},
        }
        for name, value in values.items()
    ]
    return {"timestamp": at, "sampledValue": sampled}


def _without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
