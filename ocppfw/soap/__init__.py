"""OCPP-S without I/O: text of an envelope <-> Call, CallResult, CallError (1.2, 1.5 and 1.6).

Importing this package loads spyne and lxml; a service is made from its WSDL when it is first
needed.
"""

from __future__ import annotations

from ocppfw.soap.addressing import Addressing
from ocppfw.soap.description import service_description
from ocppfw.soap.faults import (
    EnvelopeRefused,
    FaultCode,
    NotAnEnvelope,
    SoapFault,
    Subcode,
    call_error_of,
    fault_of,
)
from ocppfw.soap.leniency import Leniency
from ocppfw.soap.names import FAULT_ACTION, SOAP_1_1, SOAP_1_2
from ocppfw.soap.parsing import decoded
from ocppfw.soap.requests import Request, read_request
from ocppfw.soap.responses import read_response
from ocppfw.soap.services import load_soap_service
from ocppfw.soap.showing import pretty, redacted
from ocppfw.soap.writing import build_fault, build_request, build_response, content_type

__all__ = [
    "FAULT_ACTION",
    "SOAP_1_1",
    "SOAP_1_2",
    "Addressing",
    "EnvelopeRefused",
    "FaultCode",
    "Leniency",
    "NotAnEnvelope",
    "Request",
    "SoapFault",
    "Subcode",
    "build_fault",
    "build_request",
    "build_response",
    "call_error_of",
    "content_type",
    "decoded",
    "fault_of",
    "load_soap_service",
    "pretty",
    "read_request",
    "read_response",
    "redacted",
    "service_description",
]
