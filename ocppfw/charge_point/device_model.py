"""The device model of a charge point of 2.x: the values of its variables (2.0.1 B05 to B08).

Which variables there are is said in ``standard_variables``; a charge point only keeps what was
set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ocppfw.charge_point.configuration_keys import ASSUMED
from ocppfw.charge_point.policies import Policies
from ocppfw.charge_point.standard_variables import (
    EQUIVALENTS,
    HEARTBEAT_INTERVAL,
)
from ocppfw.charge_point.variables import AttributeType, Component, Json, Layout, Source, Variable


class DeviceModel(Policies):
    """The values of the variables of a charge point of 2.x.

    Args:
        layout: the variables that it has.
        source: the charge point that computed values tell of.
        changed: called after every change.
    """

    def __init__(self, layout: Layout, source: Source, changed: Callable[[], None]) -> None:
        self._layout = layout
        self._source = source
        self._changed = changed
        #: What was set; everything else is as the layout says.
        self._values: dict[tuple[Variable, AttributeType], str] = {}

    @property
    def variables(self) -> Sequence[Variable]:
        """All variables, in the order of reports."""
        return self._layout.variables

    def find(self, item: Json) -> Variable | str:
        """The variable that an item names, or UnknownComponent or UnknownVariable."""
        return self._layout.find(item)

    def value(self, variable: Variable, attribute: AttributeType = "Actual") -> str:
        """The value of an attribute, also of a WriteOnly one.

        Raises:
            KeyError: the variable does not have that attribute.
        """
        start = variable.attributes[attribute].value
        found = self._values.get((variable, attribute), start)
        return found(self._source, variable.component) if callable(found) else found

    def set_value(
        self, variable: Variable, value: str, attribute: AttributeType = "Actual"
    ) -> None:
        """Set the value of an attribute, without regard to its mutability and check."""
        self._values[variable, attribute] = value
        self._changed()

    def read(self, item: Json) -> tuple[str, str]:
        """The status to answer to an item of GetVariables, and the value (B06)."""
        addressed = self._addressed(item)
        if isinstance(addressed, str):
            return addressed, ""
        variable, attribute = addressed
        if variable.attributes[attribute].mutability == "WriteOnly":
            return "Rejected", ""
        return "Accepted", self.value(variable, attribute)

    def write(self, item: Json) -> str:
        """Set a value; the status to answer to an item of SetVariables (B05)."""
        addressed = self._addressed(item)
        if isinstance(addressed, str):
            return addressed
        variable, attribute = addressed
        if variable.attributes[attribute].mutability == "ReadOnly":
            return "Rejected"
        try:
            value = variable.check(item["attributeValue"])
        except ValueError:
            return "Rejected"
        self.set_value(variable, value, attribute)
        return "Accepted"

    def _addressed(self, item: Json) -> tuple[Variable, AttributeType] | str:
        variable = self.find(item)
        if isinstance(variable, str):
            return variable
        attribute = item.get("attributeType", "Actual")
        known = attribute in variable.attributes
        return (variable, attribute) if known else "NotSupportedAttributeType"

    # Reports.

    def base_report(self, base: str) -> Sequence[Variable]:
        """What GetBaseReport asks for (B07): all, what can be set, or what the state is."""
        if base == "FullInventory":
            return self.variables
        if base == "ConfigurationInventory":
            return [each for each in self.variables if each.settable]
        return [each for each in self.variables if each.name == "AvailabilityState"]

    def report(self, criteria: Iterable[str], wanted: Iterable[Json]) -> Sequence[Variable]:
        """What GetReport asks for (B08): variables that are named, of components that qualify."""
        criteria, wanted = list(criteria), list(wanted)
        return [
            each
            for each in self.variables
            if (not criteria or any(self._meets(each.component, word) for word in criteria))
            and (not wanted or any(each.matches(item) for item in wanted))
        ]

    def _meets(self, component: Component, criterion: str) -> bool:
        """A component without the variable is active, available, enabled, and has no problem."""
        variable = self._layout.sibling(component, criterion)
        return criterion != "Problem" if variable is None else self.value(variable) == "true"

    def as_report(self, variable: Variable) -> dict[str, Any]:
        """A variable as an item of reportData of NotifyReport."""
        return {
            "component": variable.component.as_json(),
            "variable": variable.as_json(),
            "variableAttribute": [self._as_report(variable, each) for each in variable.attributes],
            "variableCharacteristics": {
                "dataType": variable.data_type,
                "supportsMonitoring": False,
                **variable.characteristics,
            },
        }

    def _as_report(self, variable: Variable, attribute: AttributeType) -> dict[str, Any]:
        mutability = variable.attributes[attribute].mutability
        found = {"type": attribute, "mutability": mutability}
        if mutability == "WriteOnly":  # B07.FR.03, B08.FR.03
            return found
        return {**found, "value": self.value(variable, attribute)}

    # What survives a restart.

    def to_json(self) -> list[dict[str, Any]]:
        """What was set, in the words of SetVariables."""
        return [
            {
                "component": variable.component.as_json(),
                "variable": variable.as_json(),
                "attributeType": attribute,
                "attributeValue": value,
            }
            for (variable, attribute), value in self._values.items()
        ]

    def from_json(self, items: Iterable[Json]) -> list[str]:
        """Take over what ``to_json`` gave.

        Returns:
            The names of variables that cannot have that value, and keep the one that they have.
        """
        wrong = [item for item in items if self.write(item) != "Accepted"]
        return [f"{each['component']['name']}.{each['variable']['name']}" for each in wrong]

    # What behaviours ask for.

    def followed(self, name: str) -> str:
        """The value of the variable that stands for a configuration key of 1.6."""
        variable = EQUIVALENTS.get(name)
        return ASSUMED[name] if variable is None else self.value(variable)

    @property
    def heartbeat_interval(self) -> int:
        """Seconds between heartbeats."""
        return int(self.value(HEARTBEAT_INTERVAL))

    @heartbeat_interval.setter
    def heartbeat_interval(self, seconds: int) -> None:
        self.set_value(HEARTBEAT_INTERVAL, str(int(seconds)))
