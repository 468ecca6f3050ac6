"""What a charge point is: its connectors, meters, configuration and registration.

No Twisted, no I/O: clock and chance are arguments. What a charge point does with all this, in
which order it sends which message, is the business of the plugins.
"""

from __future__ import annotations

from ocppfw.charge_point.answers import reading_answer
from ocppfw.charge_point.authorization import Authorizer, Decision, same_group, same_token
from ocppfw.charge_point.authorization_cache import AuthorizationCache, IdTagInfo
from ocppfw.charge_point.configuration import ConfigurationKeys
from ocppfw.charge_point.connector import NO_ERROR, Connector
from ocppfw.charge_point.connector_status import ConnectorEvent, ConnectorStatus
from ocppfw.charge_point.device_model import DeviceModel
from ocppfw.charge_point.error_codes import error_codes
from ocppfw.charge_point.ev import Ev, EvEvent, EvModel, EvState
from ocppfw.charge_point.machine import InvalidTransition
from ocppfw.charge_point.meter import Meter
from ocppfw.charge_point.model import ChargePointModel, charge_point_model
from ocppfw.charge_point.outbox import Outbox
from ocppfw.charge_point.registration import Registration, RegistrationEvent
from ocppfw.charge_point.sessions import Card
from ocppfw.charge_point.status_reports import StatusReport
from ocppfw.charge_point.template import CarTemplate, ConnectorTemplate, Template
from ocppfw.charge_point.times import seconds_of, timestamp
from ocppfw.charge_point.transaction import Stop, Transaction, TransactionEvent, TransactionState
from ocppfw.charge_point.transaction_messages import transaction_messages
from ocppfw.charge_point.variables import Variable
from ocppfw.charge_point.visits import Mishap, Visit, drawn_tags, visits

__all__ = [
    "NO_ERROR",
    "AuthorizationCache",
    "Authorizer",
    "CarTemplate",
    "Card",
    "ChargePointModel",
    "ConfigurationKeys",
    "Connector",
    "ConnectorEvent",
    "ConnectorStatus",
    "ConnectorTemplate",
    "Decision",
    "DeviceModel",
    "Ev",
    "EvEvent",
    "EvModel",
    "EvState",
    "IdTagInfo",
    "InvalidTransition",
    "Meter",
    "Mishap",
    "Outbox",
    "Registration",
    "RegistrationEvent",
    "StatusReport",
    "Stop",
    "Template",
    "Transaction",
    "TransactionEvent",
    "TransactionState",
    "Variable",
    "Visit",
    "charge_point_model",
    "drawn_tags",
    "error_codes",
    "reading_answer",
    "same_group",
    "same_token",
    "seconds_of",
    "timestamp",
    "transaction_messages",
    "visits",
]
