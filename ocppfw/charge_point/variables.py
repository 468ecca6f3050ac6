"""What a variable of 2.x is: a specification that all charge points of a process share.

Nothing here changes once it is made. What a charge point has set is in its ``DeviceModel``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Protocol

from ocppfw.charge_point.value_checks import Check

#: A component or variable, or an item of GetVariables and the like, as on the wire.
Json = Mapping[str, Any]

AttributeType = Literal["Actual", "Target", "MinSet", "MaxSet"]
Mutability = Literal["ReadOnly", "WriteOnly", "ReadWrite"]


class Source(Protocol):
    """The charge point that computed values tell of; a ``ChargePointModel`` is one."""

    identity: str
    ping_interval: float

    def availability_state(self, number: int) -> str:
        """The AvailabilityState of an EVSE, or with 0 of the charging station."""


ComponentKey = tuple[str, int | None, int | None, str | None]


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

    @property
    def key(self) -> ComponentKey:
        """What it is found by."""
        return self.name.lower(), self.evse, self.connector, self.instance

    def as_json(self) -> dict[str, Any]:
        """As on the wire."""
        found: dict[str, Any] = {"name": self.name}
        if self.evse is not None:
            found["evse"] = {"id": self.evse}
            if self.connector is not None:
                found["evse"]["connectorId"] = self.connector
        if self.instance is not None:
            found["instance"] = self.instance
        return found


#: Tells the value of a variable of a component.
Reader = Callable[[Source, Component], str]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One of the up to four values of a variable.

    Attributes:
        value: at the start, or a function that tells it.
        mutability: ReadOnly, WriteOnly or ReadWrite.
    """

    value: str | Reader
    mutability: Mutability = "ReadOnly"


def unchangeable(value: str) -> str:
    """The check of a variable whose value nothing here would follow."""
    raise ValueError("cannot be set")


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A variable of a component.

    Attributes:
        component: whose it is.
        name: such as ``HeartbeatInterval``.
        attributes: those that it has, by type.
        check: gives a value in its usual form, or raises ValueError.
        data_type: dataType of its characteristics.
        instance: which of several, else None.
        characteristics: further ones: unit, limits, list of values.
    """

    component: Component
    name: str
    attributes: Mapping[AttributeType, Attribute]
    check: Check = unchangeable
    data_type: str = "string"
    instance: str | None = None
    characteristics: Json = field(default_factory=dict)

    def __post_init__(self) -> None:
        # It is shared: what one charge point did to these, all would have.
        for name in ("attributes", "characteristics"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def settable(self) -> bool:
        """True when an attribute is not ReadOnly."""
        return any(each.mutability != "ReadOnly" for each in self.attributes.values())

    def as_json(self) -> dict[str, Any]:
        """As on the wire, without its component."""
        instance = {} if self.instance is None else {"instance": self.instance}
        return {"name": self.name, **instance}

    def matches(self, item: Json) -> bool:
        """Whether an item of GetReport names it; what the item leaves out is any (B08.FR.11)."""
        wanted, found = _wanted_component(item["component"]), self.component.key
        if any(w is not None and w != f for w, f in zip(wanted, found, strict=True)):
            return False
        asked = item.get("variable")
        if asked is None:
            return True
        instance = asked.get("instance", self.instance)
        return bool(asked["name"].lower() == self.name.lower() and instance == self.instance)


class Layout:
    """The variables of all charge points that are built alike.

    Args:
        variables: in the order of reports.

    Attributes:
        variables: the same.
    """

    __slots__ = ("_found", "variables")

    def __init__(self, variables: Iterable[Variable]) -> None:
        self.variables = tuple(variables)
        self._found: dict[ComponentKey, dict[tuple[str, str | None], Variable]] = {}
        for each in self.variables:
            siblings = self._found.setdefault(each.component.key, {})
            siblings[each.name.lower(), each.instance] = each

    def find(self, item: Json) -> Variable | str:
        """The variable that an item names, or UnknownComponent or UnknownVariable."""
        siblings = self._found.get(_wanted_component(item["component"]))
        if siblings is None:
            return "UnknownComponent"
        wanted = item["variable"]
        return siblings.get((wanted["name"].lower(), wanted.get("instance")), "UnknownVariable")

    def sibling(self, component: Component, name: str) -> Variable | None:
        """The variable of a component that has a name and no instance, else None."""
        return self._found[component.key].get((name.lower(), None))


def _wanted_component(component: Json) -> ComponentKey:
    evse = component.get("evse", {})
    name = component["name"].lower()
    return name, evse.get("id"), evse.get("connectorId"), component.get("instance")
