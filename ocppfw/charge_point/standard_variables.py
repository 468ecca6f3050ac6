"""The variables that our charge points of 2.x have (2.0.1 part 2, referenced components).

A variable whose value nothing here would follow is ReadOnly: a value that was accepted is
followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from ocppfw.charge_point.configuration import MEASURANDS, boolean, integer, measurands
from ocppfw.charge_point.variables import (
    Attribute,
    AttributeType,
    Component,
    Layout,
    Mutability,
    Reader,
    Source,
    Variable,
)

VENDOR = "ocppfw"
MODEL = "simulator"


def _actual(
    value: str | Reader, mutability: Mutability = "ReadOnly"
) -> Mapping[AttributeType, Attribute]:
    return {"Actual": Attribute(value, mutability)}


def _integer(component: str, name: str, value: int, low: int = 0) -> Variable:
    return Variable(
        Component(component),
        name,
        _actual(str(value), "ReadWrite"),
        integer(low),
        "integer",
        characteristics={"unit": "s", "minLimit": low},
    )


def _switch(component: str, name: str) -> Variable:
    actual = _actual("false", "ReadWrite")
    return Variable(Component(component), name, actual, boolean, "boolean")


def _constant(
    component: str,
    name: str,
    value: str | Reader,
    data_type: str = "string",
    instance: str | None = None,
) -> Variable:
    actual = _actual(value)
    return Variable(Component(component), name, actual, data_type=data_type, instance=instance)


_ENERGY = "Energy.Active.Import.Register"

HEARTBEAT_INTERVAL = _integer("OCPPCommCtrlr", "HeartbeatInterval", 300, low=1)
AUTHORIZE_REMOTE_START = _switch("AuthCtrlr", "AuthorizeRemoteStart")
TX_UPDATED_INTERVAL = _integer("SampledDataCtrlr", "TxUpdatedInterval", 60)
TX_UPDATED_MEASURANDS = Variable(
    Component("SampledDataCtrlr"),
    "TxUpdatedMeasurands",
    _actual(_ENERGY, "ReadWrite"),
    measurands,
    "MemberList",
    characteristics={"valuesList": ",".join(MEASURANDS)},
)

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

_CONTROLLERS = (
    HEARTBEAT_INTERVAL,
    _integer("OCPPCommCtrlr", "ResetRetries", 0),
    _constant("OCPPCommCtrlr", "MessageAttempts", "1", "integer", "TransactionEvent"),
    _constant("OCPPCommCtrlr", "MessageAttemptInterval", "0", "integer", "TransactionEvent"),
    AUTHORIZE_REMOTE_START,
    _switch("AuthCtrlr", "LocalAuthorizeOffline"),
    _switch("AuthCtrlr", "LocalPreAuthorize"),
    _integer("TxCtrlr", "EVConnectionTimeOut", 60),
    _constant("TxCtrlr", "StopTxOnEVSideDisconnect", "true", "boolean"),
    _constant("TxCtrlr", "StopTxOnInvalidId", "true", "boolean"),
    _constant("TxCtrlr", "TxStartPoint", "PowerPathClosed", "MemberList"),
    _constant("TxCtrlr", "TxStopPoint", "PowerPathClosed", "MemberList"),
    TX_UPDATED_INTERVAL,
    TX_UPDATED_MEASURANDS,
    _constant("SampledDataCtrlr", "TxStartedMeasurands", _ENERGY, "MemberList"),
    _constant("SampledDataCtrlr", "TxEndedMeasurands", _ENERGY, "MemberList"),
    _constant("SampledDataCtrlr", "TxEndedInterval", "0", "integer"),
    _constant("AlignedDataCtrlr", "Interval", "0", "integer"),
    Variable(Component("SecurityCtrlr"), "BasicAuthPassword", _actual("", "WriteOnly")),
    *(_constant(component, "Enabled", "false", "boolean") for component in _DISABLED),
)


# Values that are computed.


def _ping_interval(source: Source, component: Component) -> str:
    return str(int(source.ping_interval))


def _identity(source: Source, component: Component) -> str:
    return source.identity


def _availability_state(source: Source, component: Component) -> str:
    return source.availability_state(component.evse or 0)


def _state(
    component: Component, values: Iterable[str] = ("Available", "Occupied", "Unavailable")
) -> Variable:
    return Variable(
        component,
        "AvailabilityState",
        _actual(_availability_state),
        data_type="OptionList",
        characteristics={"valuesList": ",".join(values)},
    )


_STATION = (
    Variable(
        Component("OCPPCommCtrlr"),
        "WebSocketPingInterval",
        _actual(_ping_interval),
        data_type="integer",
        characteristics={"unit": "s"},
    ),
    _constant("SecurityCtrlr", "Identity", _identity),
    _constant("ChargingStation", "Model", MODEL),
    _constant("ChargingStation", "VendorName", VENDOR),
    _state(Component("ChargingStation"), ("Available", "Unavailable")),
)


def _evse(number: int) -> Iterator[Variable]:
    yield _state(Component("EVSE", number))
    yield _state(Component("Connector", number, 1))


@cache
def layout(connectors: int) -> Layout:
    """The variables of a charge point; the same object for all that have as many connectors.

    Args:
        connectors: how many EVSEs of one connector each it has.
    """
    evses = (variable for n in range(1, connectors + 1) for variable in _evse(n))
    return Layout([*_CONTROLLERS, *_STATION, *evses])
