"""The device model of 2.0.1 and 2.1: components with variables (part 2, use cases B05 to B08).

Of each variable there is the attribute Actual. A variable whose value nothing here would follow
is ReadOnly: a value that was accepted is followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ocppfw.charge_point.configuration import (
    MEASURANDS,
    Check,
    boolean,
    integer,
    listed,
    measurands,
)

#: A component or variable, or an item of GetVariables and the like, as on the wire.
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Component:
    """A component; names are case-insensitive, so they are compared in lower case.

    Attributes:
        name: such as ``OCPPCommCtrlr``.
        evse: the EVSE that it belongs to, else None.
        connector: the connector of that EVSE, else None.
        instance: which of several, else None.
    """

    name: str
    evse: int | None = None
    connector: int | None = None
    instance: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As on the wire."""
        found: dict[str, Any] = {"name": self.name}
        if self.evse is not None:
            found["evse"] = {"id": self.evse}
            if self.connector is not None:
                found["evse"]["connectorId"] = self.connector
        return found


@dataclass(slots=True)
class Variable:
    """A variable of a component.

    Attributes:
        component: whose it is.
        name: such as ``HeartbeatInterval``.
        value: the attribute Actual, or a function that tells it.
        check: gives a value in its usual form, or raises ValueError; None if it is ReadOnly.
        secret: True if it is WriteOnly.
        data_type: dataType of its characteristics.
        instance: which of several, else None.
        characteristics: further ones: unit, limits, list of values.
    """

    component: Component
    name: str
    value: str | Callable[[], str]
    check: Check | None = None
    secret: bool = False
    data_type: str = "string"
    instance: str | None = None
    characteristics: dict[str, Any] = field(default_factory=dict)

    @property
    def mutability(self) -> str:
        """ReadOnly, WriteOnly or ReadWrite."""
        if self.secret:
            return "WriteOnly"
        return "ReadOnly" if self.check is None else "ReadWrite"

    def read(self) -> str:
        """The value of the attribute Actual."""
        return self.value() if callable(self.value) else self.value

    def as_report(self) -> dict[str, Any]:
        """As an item of reportData of NotifyReport."""
        attribute = {"type": "Actual", "mutability": self.mutability}
        if not self.secret:
            attribute["value"] = self.read()
        variable = {"name": self.name}
        if self.instance is not None:
            variable["instance"] = self.instance
        return {
            "component": self.component.as_json(),
            "variable": variable,
            "variableAttribute": [attribute],
            "variableCharacteristics": {
                "dataType": self.data_type,
                "supportsMonitoring": False,
                **self.characteristics,
            },
        }


def _integer(component: str, name: str, value: int, low: int = 0) -> Variable:
    limits = {"unit": "s", "minLimit": low}
    check = integer(low)
    return Variable(Component(component), name, str(value), check, False, "integer", None, limits)


def _switch(component: str, name: str) -> Variable:
    return Variable(Component(component), name, "false", boolean, data_type="boolean")


def _constant(
    component: str, name: str, value: str, data_type: str = "string", instance: str | None = None
) -> Variable:
    return Variable(Component(component), name, value, data_type=data_type, instance=instance)


_HEARTBEAT = ("ocppcommctrlr", "heartbeatinterval")
_SAMPLE_INTERVAL = ("sampleddatactrlr", "txupdatedinterval")
_SAMPLED = ("sampleddatactrlr", "txupdatedmeasurands")
_AUTHORIZE = ("authctrlr", "authorizeremotestart")

#: Controllers of what is not simulated.
_DISABLED = (
    "AuthCacheCtrlr",
    "DisplayMessageCtrlr",
    "ISO15118Ctrlr",
    "LocalAuthListCtrlr",
    "MonitoringCtrlr",
    "ReservationCtrlr",
    "SmartChargingCtrlr",
)


def _controllers() -> list[Variable]:
    """The variables that every charge point has."""
    energy = "Energy.Active.Import.Register"
    choices = {"valuesList": ",".join(MEASURANDS)}
    return [
        _integer("OCPPCommCtrlr", "HeartbeatInterval", 300, low=1),
        _integer("OCPPCommCtrlr", "ResetRetries", 0),
        _constant("OCPPCommCtrlr", "MessageAttempts", "1", "integer", "TransactionEvent"),
        _constant("OCPPCommCtrlr", "MessageAttemptInterval", "0", "integer", "TransactionEvent"),
        _switch("AuthCtrlr", "AuthorizeRemoteStart"),
        _switch("AuthCtrlr", "LocalAuthorizeOffline"),
        _switch("AuthCtrlr", "LocalPreAuthorize"),
        _integer("TxCtrlr", "EVConnectionTimeOut", 60),
        _constant("TxCtrlr", "StopTxOnEVSideDisconnect", "true", "boolean"),
        _constant("TxCtrlr", "StopTxOnInvalidId", "true", "boolean"),
        _constant("TxCtrlr", "TxStartPoint", "PowerPathClosed", "MemberList"),
        _constant("TxCtrlr", "TxStopPoint", "PowerPathClosed", "MemberList"),
        _integer("SampledDataCtrlr", "TxUpdatedInterval", 60),
        Variable(
            Component("SampledDataCtrlr"), "TxUpdatedMeasurands", energy, measurands,
            data_type="MemberList", characteristics=choices,
        ),
        _constant("SampledDataCtrlr", "TxStartedMeasurands", energy, "MemberList"),
        _constant("SampledDataCtrlr", "TxEndedMeasurands", energy, "MemberList"),
        _constant("SampledDataCtrlr", "TxEndedInterval", "0", "integer"),
        _constant("AlignedDataCtrlr", "Interval", "0", "integer"),
        Variable(Component("SecurityCtrlr"), "BasicAuthPassword", "", secret=True),
        *(_constant(component, "Enabled", "false", "boolean") for component in _DISABLED),
    ]  # fmt: skip


class DeviceModel:
    """The variables of a charge point of 2.x.

    Args:
        further: variables besides those that every charge point has.
        changed: called after every change.
    """

    def __init__(self, further: Iterable[Variable], changed: Callable[[], None]) -> None:
        self.variables = [*_controllers(), *further]
        self._components = {_component_key(v.component): v.component for v in self.variables}
        self._found = {
            (_component_key(v.component), v.name.lower(), v.instance): v for v in self.variables
        }
        self._changed = changed

    def find(self, item: Json) -> Variable | str:
        """The variable that an item names, or UnknownComponent or UnknownVariable."""
        component = _wanted_component(item["component"])
        if component not in self._components:
            return "UnknownComponent"
        wanted = item["variable"]
        key = component, wanted["name"].lower(), wanted.get("instance")
        return self._found.get(key, "UnknownVariable")

    def read(self, item: Json) -> tuple[str, str]:
        """The status to answer to an item of GetVariables, and the value (B06)."""
        variable = self._addressed(item)
        if isinstance(variable, str):
            return variable, ""
        return ("Rejected", "") if variable.secret else ("Accepted", variable.read())

    def write(self, item: Json) -> str:
        """Set a value; the status to answer to an item of SetVariables (B05)."""
        variable = self._addressed(item)
        if isinstance(variable, str):
            return variable
        if variable.check is None:
            return "Rejected"
        try:
            variable.value = variable.check(item["attributeValue"])
        except ValueError:
            return "Rejected"
        self._changed()
        return "Accepted"

    def _addressed(self, item: Json) -> Variable | str:
        variable = self.find(item)
        if isinstance(variable, Variable) and item.get("attributeType", "Actual") != "Actual":
            return "NotSupportedAttributeType"
        return variable

    # Reports.

    def base_report(self, base: str) -> list[Variable]:
        """What GetBaseReport asks for (B07): all, what can be set, or what the state is."""
        if base == "FullInventory":
            return self.variables
        if base == "ConfigurationInventory":
            return [each for each in self.variables if each.mutability != "ReadOnly"]
        return [each for each in self.variables if each.name == "AvailabilityState"]

    def report(self, criteria: Iterable[str], wanted: Iterable[Json]) -> list[Variable]:
        """What GetReport asks for (B08): variables that are named, of components that qualify."""
        criteria, wanted = list(criteria), list(wanted)
        return [
            each
            for each in self.variables
            if (not criteria or any(self._meets(each.component, word) for word in criteria))
            and (not wanted or any(_matches(each, item) for item in wanted))
        ]

    def _meets(self, component: Component, criterion: str) -> bool:
        """A component without the variable is active, available, enabled, and has no problem."""
        variable = self._found.get((_component_key(component), criterion.lower(), None))
        return criterion != "Problem" if variable is None else variable.read() == "true"

    # What behaviours ask for, in every version.

    @property
    def heartbeat_interval(self) -> int:
        """Seconds between heartbeats."""
        return int(self._controller(*_HEARTBEAT).read())

    @heartbeat_interval.setter
    def heartbeat_interval(self, seconds: int) -> None:
        self._controller(*_HEARTBEAT).value = str(int(seconds))
        self._changed()

    @property
    def sample_interval(self) -> int:
        """Seconds between the meter values of a transaction, 0 for none."""
        return int(self._controller(*_SAMPLE_INTERVAL).read())

    @property
    def sampled_measurands(self) -> list[str]:
        """What these meter values hold."""
        return listed(self._controller(*_SAMPLED).read())

    @property
    def authorizes_remote_starts(self) -> bool:
        """True when a remote start asks the central system for authorisation first."""
        return self._controller(*_AUTHORIZE).read() == "true"

    def _controller(self, component: str, variable: str) -> Variable:
        return self._found[(component, None, None, None), variable, None]


ComponentKey = tuple[str, int | None, int | None, str | None]


def _component_key(component: Component) -> ComponentKey:
    return component.name.lower(), component.evse, component.connector, component.instance


def _wanted_component(component: Json) -> ComponentKey:
    evse = component.get("evse", {})
    name = component["name"].lower()
    return name, evse.get("id"), evse.get("connectorId"), component.get("instance")


def _matches(variable: Variable, item: Json) -> bool:
    """Whether an item of GetReport names a variable; what it leaves out is any (B08.FR.11)."""
    wanted, found = _wanted_component(item["component"]), _component_key(variable.component)
    if any(w is not None and w != f for w, f in zip(wanted, found, strict=True)):
        return False
    asked = item.get("variable")
    if asked is None:
        return True
    instance = asked.get("instance", variable.instance)
    return bool(asked["name"].lower() == variable.name.lower() and instance == variable.instance)
