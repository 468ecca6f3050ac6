"""What changes from one version to the next, read off the JSON form of their messages."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ocppfw.catalogue import Field, Operation, load_catalogue
from ocppfw.versions import OcppVersion

_V = OcppVersion

# Fields that are the same under another name: newer version, message or type, then old path ->
# new name.
_RENAMED: dict[tuple[OcppVersion, str], dict[str, str]] = {
    (_V.V1_5, "MeterValue"): {"value": "values"},
    (_V.V1_6, "BootNotification.conf"): {"heartbeatInterval": "interval"},
    (_V.V1_6, "MeterValues.req"): {"values": "meterValue", "values.values": "sampledValue"},
    (_V.V1_6, "SendLocalList.req"): {"localAuthorisationList": "localAuthorizationList"},
    (_V.V2_0_1, "Authorize.req"): {"idTag": "idToken"},
    (_V.V2_0_1, "Authorize.conf"): {
        "idTagInfo": "idTokenInfo",
        "idTagInfo.expiryDate": "cacheExpiryDateTime",
        "idTagInfo.parentIdTag": "groupIdToken",
    },
    (_V.V2_0_1, "ChangeAvailability.req"): {"type": "operationalStatus"},
    (_V.V2_0_1, "ClearChargingProfile.req"): {"id": "chargingProfileId"},
    (_V.V2_0_1, "GetCompositeSchedule.req"): {"connectorId": "evseId"},
    (_V.V2_0_1, "GetLocalListVersion.conf"): {"listVersion": "versionNumber"},
    (_V.V2_0_1, "MeterValues.req"): {"connectorId": "evseId"},
    (_V.V2_0_1, "ReserveNow.req"): {
        "connectorId": "evseId",
        "expiryDate": "expiryDateTime",
        "idTag": "idToken",
        "parentIdTag": "groupIdToken",
        "reservationId": "id",
    },
    (_V.V2_0_1, "SendLocalList.req"): {
        "listVersion": "versionNumber",
        "localAuthorizationList.idTag": "idToken",
        "localAuthorizationList.idTagInfo": "idTokenInfo",
        "localAuthorizationList.idTagInfo.expiryDate": "cacheExpiryDateTime",
        "localAuthorizationList.idTagInfo.parentIdTag": "groupIdToken",
    },
    (_V.V2_0_1, "SetChargingProfile.req"): {
        "connectorId": "evseId",
        "csChargingProfiles": "chargingProfile",
        "csChargingProfiles.chargingProfileId": "id",
    },
    (_V.V2_0_1, "StatusNotification.req"): {"status": "connectorStatus"},
}
# Operations of 1.6 whose work another operation of 2.0.1 does.
_REPLACED = {
    "ChangeConfiguration": "SetVariables",
    "DiagnosticsStatusNotification": "LogStatusNotification",
    "ExtendedTriggerMessage": "TriggerMessage",
    "GetConfiguration": "GetVariables",
    "GetDiagnostics": "GetLog",
    "RemoteStartTransaction": "RequestStartTransaction",
    "RemoteStopTransaction": "RequestStopTransaction",
    "SignedFirmwareStatusNotification": "FirmwareStatusNotification",
    "SignedUpdateFirmware": "UpdateFirmware",
    "StartTransaction": "TransactionEvent",
    "StopTransaction": "TransactionEvent",
}
# Every object of 2.x may have it (2.0.1 part 4, chapter 9); it tells nothing about a message.
_EVERYWHERE = "customData"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one field.

    Attributes:
        message: ``req`` or ``conf``; empty for a field of a named type.
        path: the field, with ``[]`` behind lists, such as ``meterValue[].sampledValue[].phase``;
            of a removed one its old path, else its new one.
        kind: added, removed, renamed, required, optional, type, list, length, range, values, or
            members when the field's type has changed.
        text: what has changed, for a reader.
        type_name: of the field where ``kind`` is members, else None.
    """

    message: str
    path: str
    kind: str
    text: str
    type_name: str | None = None


_Types = dict[str, tuple[Change, ...]]


@dataclass(frozen=True, slots=True)
class Step:
    """From one version to the next.

    Attributes:
        old: the older version.
        new: the newer version.
        added: actions that are new.
        removed: actions that are gone, with the action that has taken over, or an empty text.
        changed: the changes of every action that has some.
        unchanged: actions that are the same.
        types: the changes of every named object type that has some.
    """

    old: OcppVersion
    new: OcppVersion
    added: tuple[str, ...]
    removed: Mapping[str, str]
    changed: Mapping[str, tuple[Change, ...]]
    unchanged: tuple[str, ...]
    types: Mapping[str, tuple[Change, ...]]

    @property
    def anchor(self) -> str:
        """Id of the section, ``1.5-1.6``."""
        return f"{self.old}-{self.new}"


def steps() -> list[Step]:
    """The differences between all consecutive versions."""
    return [_step(old, new) for old, new in itertools.pairwise(OcppVersion)]


def matrix(all_steps: Iterable[Step]) -> dict[str, dict[OcppVersion, str]]:
    """Every action, with what each version that has it did to it.

    Returns:
        ``first`` for the oldest version, else ``new``, ``changed`` or ``unchanged``, by action
        in alphabetical order and by version.
    """
    cells: dict[str, dict[OcppVersion, str]] = {}
    for action in load_catalogue(_V.V1_2).operations:
        cells.setdefault(action, {})[_V.V1_2] = "first"
    for step in all_steps:
        states = {"new": step.added, "changed": step.changed, "unchanged": step.unchanged}
        for state, actions in states.items():
            for action in actions:
                cells.setdefault(action, {})[step.new] = state
    return {action: cells[action] for action in sorted(cells)}


def _step(old: OcppVersion, new: OcppVersion) -> Step:
    before, after = load_catalogue(old).operations, load_catalogue(new).operations
    common = [action for action in after if action in before]
    types: _Types = {}
    changes = {action: tuple(_changes(before[action], after[action], types)) for action in common}
    return Step(
        old,
        new,
        added=tuple(action for action in after if action not in before),
        removed={action: _REPLACED.get(action, "") for action in before if action not in after},
        changed={action: found for action, found in changes.items() if found},
        unchanged=tuple(action for action, found in changes.items() if not found),
        types={name: types[name] for name in sorted(types) if types[name]},
    )


def _changes(old: Operation, new: Operation, types: _Types) -> Iterator[Change]:
    pairs = (("req", old.request, new.request), ("conf", old.response, new.response))
    for message, before, after in pairs:
        if before is not None and after is not None:
            comparison = _Comparison(message, f"{new.action}.{message}", new.version, types)
            yield from comparison.members(before.fields, after.fields, "", "")


class _Comparison:
    """Compares the two forms of one message or type.

    Args:
        message: ``req``, ``conf`` or nothing.
        name: of the message or type.
        version: the newer version.
        types: the changes of the types that have been compared; it grows.
    """

    def __init__(self, message: str, name: str, version: OcppVersion, types: _Types) -> None:
        self._message = message
        self._renamed = _RENAMED.get((version, name), {})
        self._version = version
        self._types = types

    def members(
        self, old: Iterable[Field], new: Iterable[Field], place: str, above: str
    ) -> Iterator[Change]:
        """The changes between the members of two objects.

        Args:
            old: members before.
            new: members after.
            place: old path of the object with a dot behind it, empty for the message.
            above: its new path, as shown.
        """
        missing = {field.name: field for field in new}
        for field in old:
            twin = missing.pop(self._renamed.get(place + field.name, field.name), None)
            if twin is None:
                yield self._change(above, field, "removed", "removed")
            else:
                yield from self._field(field, twin, f"{place}{field.name}.", above)
        for field in missing.values():
            if field.name != _EVERYWHERE:
                need = "required" if field.required else "optional"
                yield self._change(above, field, "added", f"added, {need}")

    def _field(self, old: Field, new: Field, place: str, above: str) -> Iterator[Change]:
        if old.name != new.name:
            yield self._change(above, new, "renamed", f"was called {old.name}")
        for kind, text in _differences(old, new):
            yield self._change(above, new, kind, text)
        if not old.type == new.type == "object":
            return
        if new.type_name is None or new.type_name != old.type_name:
            yield from self.members(old.fields, new.fields, place, f"{above}{_shown(new)}.")
        elif self._of_type(new.type_name, old, new):
            change = self._change(above, new, "members", f"{new.type_name} has changed")
            yield replace(change, type_name=new.type_name)

    def _of_type(self, name: str, old: Field, new: Field) -> tuple[Change, ...]:
        """The changes of a named type, which many messages may share."""
        if name not in self._types:
            comparison = _Comparison("", name, self._version, self._types)
            self._types[name] = tuple(comparison.members(old.fields, new.fields, "", ""))
        return self._types[name]

    def _change(self, above: str, field: Field, kind: str, text: str) -> Change:
        return Change(self._message, above + _shown(field), kind, text)


def _shown(field: Field) -> str:
    return f"{field.name}[]" if field.is_list else field.name


def _differences(old: Field, new: Field) -> Iterator[tuple[str, str]]:
    if old.required != new.required:
        yield ("required", "now required") if new.required else ("optional", "now optional")
    if old.is_list != new.is_list:
        yield "list", "now a list" if new.is_list else "no longer a list"
    if old.type != new.type:
        yield "type", f"type {old.type} → {new.type}"
    if old.max_length != new.max_length and new.type != "object":
        yield "length", f"length {_limit(old.max_length)} → {_limit(new.max_length)}"
    if (old.min_items or 0, old.max_items) != (new.min_items or 0, new.max_items):
        yield (
            "length",
            f"items {_range(old.min_items, old.max_items)} → "
            + _range(new.min_items, new.max_items),
        )
    if (old.minimum, old.maximum) != (new.minimum, new.maximum):
        yield (
            "range",
            f"range {_range(old.minimum, old.maximum)} → " + _range(new.minimum, new.maximum),
        )
    yield from _differences_of_values(old.enum, new.enum)


def _differences_of_values(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if old and not new:
        yield "values", f"no longer an enumeration; it had {', '.join(old)}"
    elif new and not old:
        yield "values", f"now an enumeration: {', '.join(new)}"
    else:
        gained = [value for value in new if value not in old]
        lost = [value for value in old if value not in new]
        if gained:
            yield "values", f"new values {', '.join(gained)}"
        if lost:
            yield "values", f"without {', '.join(lost)}"


def _limit(value: float | None) -> str:
    return "no limit" if value is None else f"{value:g}"


def _range(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "no limit"
    return f"{'' if low is None else f'{low:g} '}…{'' if high is None else f' {high:g}'}"
