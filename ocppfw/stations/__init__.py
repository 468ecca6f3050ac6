"""What a charge point is: its connectors, meters, configuration and registration.

No Twisted, no I/O and no clock: time is an argument, in seconds since 1970. What a charge point
does with all this, in which order it sends which message, is the business of the plugins.
"""

from __future__ import annotations

from ocppfw.stations.charge_point import (
    MODEL,
    VENDOR,
    ChargePointModel,
    charge_point_model,
)
from ocppfw.stations.configuration import ConfigurationKeys
from ocppfw.stations.connector import Connector, ConnectorEvent, ConnectorStatus
from ocppfw.stations.device_model import DeviceModel, Variable
from ocppfw.stations.machine import InvalidTransition
from ocppfw.stations.meter import Meter
from ocppfw.stations.registration import Registration, RegistrationEvent
from ocppfw.stations.times import seconds_of, timestamp
from ocppfw.stations.transaction import Stop, Transaction
from ocppfw.stations.transaction_messages import transaction_messages

__all__ = [
    "MODEL",
    "VENDOR",
    "ChargePointModel",
    "ConfigurationKeys",
    "Connector",
    "ConnectorEvent",
    "ConnectorStatus",
    "DeviceModel",
    "InvalidTransition",
    "Meter",
    "Registration",
    "RegistrationEvent",
    "Stop",
    "Transaction",
    "Variable",
    "charge_point_model",
    "seconds_of",
    "timestamp",
    "transaction_messages",
]
