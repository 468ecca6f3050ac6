"""What a transaction says: StartTransaction and its kin in 1.x, TransactionEvent in 2.x."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Protocol

from ocppfw.charge_point.connector import Connector
from ocppfw.charge_point.connector_status import ConnectorStatus
from ocppfw.charge_point.measurands import REGISTER
from ocppfw.charge_point.meter_values import (
    MeterValue,
    meter_value,
    meter_values,
    transaction_data,
)
from ocppfw.charge_point.transaction import Transaction
from ocppfw.versions import OcppVersion

#: An action and its payload.
Outgoing = tuple[str, dict[str, Any]]


class TransactionMessages(Protocol):
    """The messages of one version about the transaction of a connector."""

    def authorize(self, token: Any) -> Outgoing | None:
        """Ask about an idTag (2.x: an IdToken object); None where that is not to be asked."""

    def started(self, connector: Connector) -> Outgoing:
        """The transaction has begun."""

    def started_answered(self, transaction: Transaction, answer: dict[str, Any]) -> None:
        """Keep what the answer to ``started`` says about the transaction."""

    def is_accepted(self, answer: dict[str, Any]) -> bool:
        """Whether an answer lets the driver charge.

        Raises:
            Exception: it does not say so; see ``reading_answer``.
        """

    def parent(self, answer: dict[str, Any]) -> str | None:
        """The parentIdTag (2.x: groupIdToken) that an answer tells, None for none.

        Raises:
            Exception: the answer lacks what it must have; see ``reading_answer``.
        """

    def token(self, tag: str) -> Any:
        """The idTag (2.x: the IdToken object) of a card."""

    def charging(self, connector: Connector, at: str) -> Outgoing | None:
        """The charging state has changed; None where nothing but the status tells."""

    def sampled(self, connector: Connector, found: MeterValue) -> Outgoing:
        """The periodic meter values; without the id in 1.x, which the outbox adds."""

    def measured(self, connector: Connector, found: MeterValue) -> Outgoing:
        """Meter values that were asked for."""

    def reported(self, connector: Connector, found: MeterValue | None, at: str) -> Outgoing | None:
        """The state of the transaction, which was asked for; None where no message tells it."""

    def stopped(self, connector: Connector, data: list[MeterValue]) -> Outgoing:
        """The transaction has ended.

        Args:
            connector: where.
            data: what ``Measuring.end`` has given.
        """


def transaction_messages(version: OcppVersion) -> TransactionMessages:
    """The messages of a version; moments are given as they are to be written."""
    return _Messages2x() if version.is_2x else _Messages1x(version)


def _transaction(connector: Connector) -> Transaction:
    assert connector.transaction is not None, "there is no transaction on this connector"
    return connector.transaction


class _Messages1x:
    def __init__(self, version: OcppVersion) -> None:
        self._version = version

    def authorize(self, token: Any) -> Outgoing | None:
        return "Authorize", {"idTag": token}

    def parent(self, answer: dict[str, Any]) -> str | None:
        found = answer["idTagInfo"].get("parentIdTag")
        return found if isinstance(found, str) else None

    def token(self, tag: str) -> Any:
        return tag

    def started(self, connector: Connector) -> Outgoing:
        transaction = _transaction(connector)
        return "StartTransaction", {
            "connectorId": connector.number,
            "idTag": transaction.token,
            "timestamp": transaction.started_at,
            "meterStart": transaction.meter_start,
        }

    def started_answered(self, transaction: Transaction, answer: dict[str, Any]) -> None:
        transaction.id = answer["transactionId"]
        transaction.parent = transaction.parent or self.parent(answer)

    def is_accepted(self, answer: dict[str, Any]) -> bool:
        return bool(answer["idTagInfo"]["status"] == "Accepted")

    def charging(self, connector: Connector, at: str) -> Outgoing | None:
        return None

    def sampled(self, connector: Connector, found: MeterValue) -> Outgoing:
        return meter_values(self._version, connector.number, found)

    def measured(self, connector: Connector, found: MeterValue) -> Outgoing:
        transaction = connector.transaction
        running = transaction is not None and transaction.running
        number = connector.present().id if running else None
        return meter_values(self._version, connector.number, found, number)

    def reported(self, connector: Connector, found: MeterValue | None, at: str) -> Outgoing | None:
        return None

    def stopped(self, connector: Connector, data: list[MeterValue]) -> Outgoing:
        stop = _transaction(connector).stop
        assert stop is not None
        payload: dict[str, Any] = {"timestamp": stop.at, "meterStop": stop.meter}
        if stop.token is not None:
            payload["idTag"] = stop.token
        if self._version is OcppVersion.V1_6:
            payload["reason"] = stop.reason
        if data:
            payload["transactionData"] = transaction_data(self._version, data)
        return "StopTransaction", payload


#: triggerReason of the last event, by stoppedReason.
_TRIGGERS = {
    "DeAuthorized": "Deauthorized",
    "EVDisconnected": "EVDeparted",
    "ImmediateReset": "ResetCommand",
    "Local": "StopAuthorized",
    "PowerLoss": "AbnormalCondition",
    "Remote": "RemoteStop",
}
#: chargingState while a transaction runs, where it is not EVConnected.
_CHARGING_STATES = {
    ConnectorStatus.CHARGING: "Charging",
    ConnectorStatus.SUSPENDED_EV: "SuspendedEV",
    ConnectorStatus.SUSPENDED_EVSE: "SuspendedEVSE",
}
#: Tokens that the central system is not asked about (2.0.1 C02 and C05.FR.01).
_NEVER_AUTHORIZED = ("Central", "NoAuthorization")


class _Messages2x:
    def authorize(self, token: Any) -> Outgoing | None:
        if token["type"] in _NEVER_AUTHORIZED:
            return None
        return "Authorize", {"idToken": deepcopy(token)}

    def parent(self, answer: dict[str, Any]) -> str | None:
        found = answer.get("idTokenInfo", {}).get("groupIdToken", {}).get("idToken")
        return found if isinstance(found, str) else None

    def token(self, tag: str) -> Any:
        return {"idToken": tag, "type": "ISO14443"}

    def started(self, connector: Connector) -> Outgoing:
        transaction = _transaction(connector)
        at = transaction.started_at
        return _event(
            connector,
            ("Started", "RemoteStart" if transaction.remote else "Authorized"),
            at,
            _register(transaction.meter_start, at, "Transaction.Begin"),
            info={"chargingState": "EVConnected", "remoteStartId": transaction.remote_start_id},
            more={
                "evse": {"id": connector.number, "connectorId": 1},
                "idToken": deepcopy(transaction.token),
            },
        )

    def started_answered(self, transaction: Transaction, answer: dict[str, Any]) -> None:
        transaction.parent = transaction.parent or self.parent(answer)

    def is_accepted(self, answer: dict[str, Any]) -> bool:
        return bool(answer.get("idTokenInfo", {}).get("status", "Accepted") == "Accepted")

    def charging(self, connector: Connector, at: str) -> Outgoing | None:
        return _event(connector, ("Updated", "ChargingStateChanged"), at, None)

    def sampled(self, connector: Connector, found: MeterValue) -> Outgoing:
        return _event(connector, ("Updated", "MeterValuePeriodic"), found["timestamp"], found)

    def measured(self, connector: Connector, found: MeterValue) -> Outgoing:
        return "MeterValues", {"evseId": connector.number, "meterValue": [found]}

    def reported(self, connector: Connector, found: MeterValue | None, at: str) -> Outgoing | None:
        return _event(connector, ("Updated", "Trigger"), at, found)

    def stopped(self, connector: Connector, data: list[MeterValue]) -> Outgoing:
        stop = _transaction(connector).stop
        assert stop is not None
        return _event(
            connector,
            ("Ended", _TRIGGERS[stop.reason]),
            stop.at,
            _register(stop.meter, stop.at, "Transaction.End"),
            info={"stoppedReason": stop.reason},
            more={} if stop.token is None else {"idToken": deepcopy(stop.token)},
        )


def _event(
    connector: Connector,
    kind: tuple[str, str],
    at: str,
    value: MeterValue | None,
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
    known = info or {"chargingState": _CHARGING_STATES.get(connector.status, "EVConnected")}
    payload = {
        "eventType": kind[0],
        "triggerReason": kind[1],
        "timestamp": at,
        "seqNo": transaction.take_seq_no(),
        "transactionInfo": {"transactionId": transaction.id, **_without_none(known)},
        **(more or {}),
    }
    if value is not None:
        payload["meterValue"] = [value]
    return "TransactionEvent", payload


def _register(value: int, at: str, context: str) -> MeterValue | None:
    return meter_value(OcppVersion.V2_0_1, [(REGISTER, None, value)], context, at)


def _without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
