"""Messages about transactions that are typed: they happen at the charge point, and are owed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twisted.internet.defer import Deferred, TimeoutError

from ocppfw.charge_point import ChargePointModel, Connector, charge_point_model
from ocppfw.charge_point.outbox_entry import Entry, EntryState
from ocppfw.console.errors import CommandFailed
from ocppfw.stations.charge_point import ChargePoint

ACTIONS = ("StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent")

#: Who charges where nobody has shown a card (2.x).
_NOBODY = {"idToken": "", "type": "NoAuthorization"}

_UNSETTLED = (EntryState.WAITING, EntryState.SENT)


class TypedTransactions:
    """What somebody types about the transactions of one charge point.

    Args:
        station: the charge point.
        action: what is told.
    """

    def __init__(self, station: ChargePoint, action: str) -> None:
        self._station = station
        self._action = action
        self._model: ChargePointModel = charge_point_model(station)

    # What was not typed.

    def fill(self, payload: dict[str, Any], typed: Iterable[str]) -> dict[str, Any]:
        """The payload, with what the charge point knows in place of what was not typed.

        Args:
            payload: typed values, and usual ones.
            typed: the fields that were typed.
        """
        self._model.advance()
        look = {
            "StartTransaction": self._known_at_start,
            "StopTransaction": self._known_at_stop,
            "MeterValues": self._known_values,
            "TransactionEvent": self._known_of_event,
        }[self._action]
        typed = set(typed)
        known = look(payload, typed)
        if known and "transactionData" not in typed:
            payload.pop("transactionData", None)  # those of the example are of no meter here
        return payload | {name: value for name, value in known.items() if name not in typed}

    def _known_at_start(self, payload: dict[str, Any], typed: set[str]) -> dict[str, Any]:
        model = self._model
        connector = model.connectors.get(payload["connectorId"])
        if "connectorId" not in typed and model.connector_to_start(payload["connectorId"]) is None:
            connector = model.connector_to_start(None) or connector
        if connector is None:
            return {}
        return {"connectorId": connector.number, "meterStart": connector.meter.register}

    def _known_at_stop(self, payload: dict[str, Any], typed: set[str]) -> dict[str, Any]:
        connector = self._running(payload)
        if connector is None and "transactionId" not in typed:
            connector = next(iter(self._model.in_use), None)
        if connector is None or not connector.present().running:
            return {}
        transaction = connector.present()
        known = {"idTag": transaction.token, "meterStop": connector.meter.register}
        return known if transaction.id is None else {"transactionId": transaction.id, **known}

    def _known_values(self, payload: dict[str, Any], typed: set[str]) -> dict[str, Any]:
        number = payload.get("connectorId", payload.get("evseId", 0))
        for connector in self._model.chosen(number):
            found = self._model.measuring.found(connector, "Sample.Periodic")
            if found is not None:
                return self._model.messages.measured(connector, found)[1]
        return {}

    def _known_of_event(self, payload: dict[str, Any], typed: set[str]) -> dict[str, Any]:
        connector = self._running(payload)
        return {} if connector is None else {"seqNo": connector.present().seq_no}

    # What happens.

    def happen(self, payload: dict[str, Any]) -> Entry | None:
        """Have it happen; the message in the outbox, None where it is about no transaction here.

        Raises:
            CommandFailed: the connector is not free.
        """
        message = self._action, payload
        kind = payload.get("eventType")
        if self._action == "StartTransaction":
            return self._start(payload["connectorId"], payload["idTag"], payload)
        connector = self._running(payload)
        if kind == "Started" and connector is None:
            return self._start(
                payload.get("evse", {}).get("id", 1), payload.get("idToken"), payload
            )
        if connector is None:
            return None
        if self._action == "StopTransaction" or kind == "Ended":
            reason = payload.get("reason", "Local")
            token = payload.get("idTag", payload.get("idToken"))
            return self._model.stop_transaction(connector, reason, token, message=message)
        return self._model.update_told(connector, message)

    def _start(self, number: int, token: Any, payload: dict[str, Any]) -> Entry:
        connector = self._model.connector_to_start(number)
        if connector is None:
            text = f"connector {number} is not free here ('send' sends the message all the same)"
            raise CommandFailed(text)
        if not connector.plugged:
            self._model.plug(connector.number)
        key = payload.get("transactionInfo", {}).get("transactionId")
        return self._model.begin_told(connector, token, (self._action, payload), key)

    def _running(self, payload: dict[str, Any]) -> Connector | None:
        info = payload.get("transactionInfo", payload)
        return self._model.running(info.get("transactionId"))

    # What becomes of it.

    async def delivered(self, entry: Entry) -> None:
        """Wait until a message has arrived.

        Raises:
            CommandFailed: it was refused, or has not been answered.
        """
        name = f"prompt {entry.number}"
        settled: Deferred[None] = Deferred()

        def look() -> None:
            if not settled.called and (entry.state not in _UNSETTLED or entry.attempts):
                settled.callback(None)

        self._model.watch(name, look)
        look()
        patience = self._station.settings.call_timeout + 1
        try:
            await settled.addTimeout(patience, self._station.clock)
        except TimeoutError:
            text = f"no answer to {self._action} within {patience:g} s; it is sent again"
            raise CommandFailed(text) from None
        finally:
            self._model.unwatch(name)
        if entry.state in (EntryState.DROPPED, EntryState.WAITING):
            raise CommandFailed(f"{self._action} was refused; see the log, and 'queue'")
