"""What of a charge point survives a restart, and what it does about it then.

A restart is a loss of power: transactions that ran have ended with it (reason PowerLoss, 1.6
section 7.36), registers go on where they were, and what was owed to the central system is owed
still. Registration does not survive: after a restart comes a BootNotification (1.6 section 4.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from ocppfw.charge_point.authorization import Authorizer
from ocppfw.charge_point.configuration import ConfigurationKeys
from ocppfw.charge_point.connector import Connector
from ocppfw.charge_point.device_model import DeviceModel
from ocppfw.charge_point.machine import InvalidTransition
from ocppfw.charge_point.measuring import Measuring
from ocppfw.charge_point.outbox import Outbox
from ocppfw.versions import OcppVersion

_OUTBOX = "outbox/"  # how the keys begin that belong to the outbox
_LAST_SEEN = "last seen"  # the key of the time of the last change


class Store(Protocol):
    """What is needed of ``ocppfw.store.Store``."""

    def committed(self) -> Any:
        """A Deferred that fires when everything is on disk, and fails where that cannot be."""

    def put(self, namespace: str, key: str, value: Any) -> None:
        """Set the value of a key."""

    def delete(self, namespace: str, key: str) -> None:
        """Forget a key."""

    def scan(self, namespace: str) -> Iterator[tuple[str, Any]]:
        """Keys with their values, in the order of the keys."""

    def atomic(self) -> AbstractContextManager[None]:
        """A block of changes of which all are kept, or none."""


class Kept(Protocol):
    """What is needed of a ``ChargePointModel``."""

    version: OcppVersion
    connectors: dict[int, Connector]
    configuration: ConfigurationKeys | DeviceModel
    authorizer: Authorizer
    measuring: Measuring
    outbox: Outbox
    operative: dict[int, bool]

    def timestamp(self) -> str:
        """The present moment, as the messages write it."""

    def stop_transaction(self, connector: Connector, reason: str, *, at: str | None) -> Any:
        """End the transaction of a connector."""

    def change_availability(self, number: int, operative: bool) -> str:
        """Make a connector Operative or Inoperative."""


class Keeper:
    """Keeps a charge point in a store, change by change.

    Args:
        model: the charge point.
        store: where it is kept; what one version has kept, another does not see.
    """

    def __init__(self, model: Kept, store: Store) -> None:
        self._model = model
        self._store = store
        self._namespace = f"charge_point/{model.version}"
        self._kept: dict[str, Any] = {}

    @property
    def is_failing(self) -> bool:
        """True while what was written last cannot be saved: the disk is full, say."""
        failures: list[Any] = []
        self._store.committed().addErrback(failures.append)
        return bool(failures)

    def save(self) -> None:
        """Write what has changed, all of it or nothing."""
        rows = self._rows()
        changes = {key: row for key, row in rows.items() if self._kept.get(key) != row}
        self._kept.update(changes)
        owed = self._model.outbox.take_changes()
        changes.update({f"{_OUTBOX}{key}": row for key, row in owed.items()})
        if not changes:
            return
        changes[_LAST_SEEN] = self._model.timestamp()
        with self._store.atomic():
            for key, row in changes.items():
                if row is None:
                    self._store.delete(self._namespace, key)
                else:
                    self._store.put(self._namespace, key, row)

    def load(self) -> list[str]:
        """Go on from what was kept, and end the transactions that ran.

        Returns:
            What could not be understood, a line for each; it is left out.
        """
        kept = dict(self._store.scan(self._namespace))
        owed = [(k.removeprefix(_OUTBOX), kept.pop(k)) for k in list(kept) if k.startswith(_OUTBOX)]
        last_seen = kept.pop(_LAST_SEEN, None)
        faults = list(self._restore(kept))
        faults += [f"{_OUTBOX}{fault}" for fault in self._model.outbox.load(owed)]
        at = last_seen if isinstance(last_seen, str) else None
        for connector in self._model.connectors.values():
            faults += self._settle(connector, at)
        self.save()
        return faults

    # Private.

    def _rows(self) -> dict[str, Any]:
        """What must survive, but for the outbox: by key."""
        model = self._model
        return {
            "configuration": model.configuration.to_json(),
            "cards": model.authorizer.cache.to_json(),
            "availability": [model.operative[number] for number in sorted(model.operative)],
            "measured": model.measuring.to_json(),
            **{_key_of(number): each.to_json() for number, each in model.connectors.items()},
        }

    def _readers(self) -> dict[str, Callable[[Any], Any]]:
        """Who reads which row again, in the order in which that must be done."""
        model = self._model
        return {
            "configuration": self._read_configuration,
            "cards": model.authorizer.cache.from_json,
            "availability": self._read_availability,
            "measured": model.measuring.from_json,
            **{_key_of(number): each.from_json for number, each in model.connectors.items()},
        }

    def _restore(self, kept: dict[str, Any]) -> Iterator[str]:
        readers = self._readers()
        for key in sorted(kept.keys() - readers.keys()):
            yield f"{key}: this charge point has none"
        for key in filter(kept.__contains__, readers):
            try:
                readers[key](kept[key])
            except Exception as error:  # somebody may have written anything there
                yield f"{key}: cannot be understood ({type(error).__name__}: {error})"

    def _settle(self, connector: Connector, at: str | None) -> list[str]:
        """End the transaction that ran; say what does not fit together."""
        try:
            if connector.transaction is not None:
                self._model.stop_transaction(connector, "PowerLoss", at=at)
            connector.update()
        except InvalidTransition as error:
            connector.forget()
            return [f"{_key_of(connector.number)}: contradicts itself ({error})"]
        return []

    def _read_configuration(self, kept: Any) -> None:
        wrong = self._model.configuration.from_json(kept)
        if wrong:
            raise ValueError(f"of another charge point: {', '.join(wrong)}")

    def _read_availability(self, kept: Any) -> None:
        for number, operative in enumerate(kept):
            if operative is False:
                self._model.change_availability(number, operative)


def _key_of(connector: int) -> str:
    return f"connector/{connector}"
