"""The variables that our charge points of 2.x have (2.0.1 part 2, referenced components).

A variable whose value nothing here would follow is ReadOnly: a value that was accepted is
followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from ocppfw.charge_point.measurands import REGISTER, measurand_words
from ocppfw.charge_point.template import Template
from ocppfw.charge_point.value_checks import boolean, integer, one_or_more_of
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
from ocppfw.versions import OcppVersion


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


_MEASURANDS = measurand_words(OcppVersion.V2_0_1)

HEARTBEAT_INTERVAL = _integer("OCPPCommCtrlr", "HeartbeatInterval", 300, low=1)
AUTHORIZE_REMOTE_START = _switch("AuthCtrlr", "AuthorizeRemoteStart")
TX_UPDATED_INTERVAL = _integer("SampledDataCtrlr", "TxUpdatedInterval", 60)
TX_UPDATED_MEASURANDS = Variable(
    Component("SampledDataCtrlr"),
    "TxUpdatedMeasurands",
    _actual(REGISTER, "ReadWrite"),
    one_or_more_of(_MEASURANDS),
    "MemberList",
    characteristics={"valuesList": ",".join(_MEASURANDS)},
)

EV_CONNECTION_TIMEOUT = _integer("TxCtrlr", "EVConnectionTimeOut", 60)
LOCAL_AUTHORIZE_OFFLINE = _switch("AuthCtrlr", "LocalAuthorizeOffline")
LOCAL_PRE_AUTHORIZE = _switch("AuthCtrlr", "LocalPreAuthorize")
MESSAGE_ATTEMPTS = _constant("OCPPCommCtrlr", "MessageAttempts", "1", "integer", "TransactionEvent")
MESSAGE_ATTEMPT_INTERVAL = _constant(
    "OCPPCommCtrlr", "MessageAttemptInterval", "0", "integer", "TransactionEvent"
)
STOP_ON_EV_SIDE_DISCONNECT = _constant("TxCtrlr", "StopTxOnEVSideDisconnect", "true", "boolean")
STOP_ON_INVALID_ID = _constant("TxCtrlr", "StopTxOnInvalidId", "true", "boolean")
AUTH_CACHE_ENABLED = _constant("AuthCacheCtrlr", "Enabled", "false", "boolean")
ALIGNED_INTERVAL = _constant("AlignedDataCtrlr", "Interval", "0", "integer")

#: Controllers of what is not simulated.
_DISABLED = (
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
    MESSAGE_ATTEMPTS,
    MESSAGE_ATTEMPT_INTERVAL,
    AUTHORIZE_REMOTE_START,
    LOCAL_AUTHORIZE_OFFLINE,
    LOCAL_PRE_AUTHORIZE,
    EV_CONNECTION_TIMEOUT,
    STOP_ON_EV_SIDE_DISCONNECT,
    STOP_ON_INVALID_ID,
    _constant("TxCtrlr", "TxStartPoint", "PowerPathClosed", "MemberList"),
    _constant("TxCtrlr", "TxStopPoint", "PowerPathClosed", "MemberList"),
    TX_UPDATED_INTERVAL,
    TX_UPDATED_MEASURANDS,
    _constant("SampledDataCtrlr", "TxStartedMeasurands", REGISTER, "MemberList"),
    _constant("SampledDataCtrlr", "TxEndedMeasurands", REGISTER, "MemberList"),
    _constant("SampledDataCtrlr", "TxEndedInterval", "0", "integer"),
    ALIGNED_INTERVAL,
    Variable(Component("SecurityCtrlr"), "BasicAuthPassword", _actual("", "WriteOnly")),
    AUTH_CACHE_ENABLED,
    *(_constant(component, "Enabled", "false", "boolean") for component in _DISABLED),
)


#: What stands for a configuration key of 1.6.
EQUIVALENTS = {
    "AuthorizationCacheEnabled": AUTH_CACHE_ENABLED,
    "AuthorizeRemoteTxRequests": AUTHORIZE_REMOTE_START,
    "ClockAlignedDataInterval": ALIGNED_INTERVAL,
    "ConnectionTimeOut": EV_CONNECTION_TIMEOUT,
    "LocalAuthorizeOffline": LOCAL_AUTHORIZE_OFFLINE,
    "LocalPreAuthorize": LOCAL_PRE_AUTHORIZE,
    "MeterValueSampleInterval": TX_UPDATED_INTERVAL,
    "MeterValuesSampledData": TX_UPDATED_MEASURANDS,
    "StopTransactionOnEVSideDisconnect": STOP_ON_EV_SIDE_DISCONNECT,
    "StopTransactionOnInvalidId": STOP_ON_INVALID_ID,
    "TransactionMessageAttempts": MESSAGE_ATTEMPTS,
    "TransactionMessageRetryInterval": MESSAGE_ATTEMPT_INTERVAL,
}


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
    _state(Component("ChargingStation"), ("Available", "Unavailable")),
)


def _about(template: Template) -> Iterator[Variable]:
    yield _constant("ChargingStation", "Model", template.model)
    yield _constant("ChargingStation", "VendorName", template.vendor)


def _evse(number: int) -> Iterator[Variable]:
    yield _state(Component("EVSE", number))
    yield _state(Component("Connector", number, 1))


@cache
def layout(template: Template) -> Layout:
    """The variables of a charge point; the same object for all that are alike.

    Args:
        template: what it is like: each connector is an EVSE of one connector.
    """
    numbers = range(1, len(template.connectors) + 1)
    evses = (variable for number in numbers for variable in _evse(number))
    return Layout([*_CONTROLLERS, *_STATION, *_about(template), *evses])
