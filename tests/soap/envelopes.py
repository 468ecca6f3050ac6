"""Envelopes as other programs write them, and every message of the six services."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from ocppfw.catalogue import PayloadSchema, load_catalogue
from ocppfw.catalogue.wsdl import ServiceMessage, load_service, load_wsdl
from ocppfw.versions import SOAP_NAMESPACES, SOAP_VERSIONS, OcppVersion, Role, Transport

SOAP = "http://www.w3.org/2003/05/soap-envelope"
SOAP_1_1 = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XS = "{http://www.w3.org/2001/XMLSchema}"
SERVICES = list(SOAP_NAMESPACES)

CS_15 = SOAP_NAMESPACES[OcppVersion.V1_5, Role.CS]
CS_16 = SOAP_NAMESPACES[OcppVersion.V1_6, Role.CS]
CP_15 = SOAP_NAMESPACES[OcppVersion.V1_5, Role.CP]

IDENTITY = "<o:chargeBoxIdentity>CP01</o:chargeBoxIdentity>"


@dataclass(frozen=True)
class Message:
    """A request or response of one service."""

    version: OcppVersion
    role: Role
    action: str
    is_request: bool
    schema: PayloadSchema
    described: ServiceMessage

    def __str__(self) -> str:
        return f"{self.version}-{self.role}-{self.schema.name}"


def _all_messages() -> Iterator[Message]:
    for version, role in SERVICES:
        for action, operation in load_service(version, role).operations.items():
            form = load_catalogue(version).operations[action].form(Transport.SOAP)
            assert form is not None
            assert form.response is not None
            yield Message(version, role, action, True, form.request, operation.request)
            yield Message(version, role, action, False, form.response, operation.response)


MESSAGES = list(_all_messages())


def schema_in_wsdl(version: OcppVersion, role: Role) -> etree.XMLSchema:
    """The schema that a WSDL holds, read without any help of ours."""
    schema = etree.fromstring(load_wsdl(version, role)).find(f".//{XS}schema")
    assert schema is not None
    return etree.XMLSchema(etree.fromstring(etree.tostring(schema)))


SCHEMAS = {service: schema_in_wsdl(*service) for service in SERVICES}


def envelope(
    body: str,
    header: str | None = IDENTITY,
    *,
    service: str = CS_16,
    soap: str = SOAP,
    declarations: str = "",
) -> str:
    """An envelope with the prefixes s (SOAP), w (addressing) and o (OCPP)."""
    head = "" if header is None else f"<s:Header>{header}</s:Header>"
    return (
        f'<s:Envelope xmlns:s="{soap}" xmlns:w="{WSA}" xmlns:o="{service}" xmlns:xsi="{XSI}"'
        f"{declarations}>{head}<s:Body>{body}</s:Body></s:Envelope>"
    )


def authorize(tag: str = "044943121F1D80") -> str:
    """The body of an Authorize request, with the prefix o."""
    return f"<o:authorizeRequest><o:idTag>{tag}</o:idTag></o:authorizeRequest>"


AUTHORIZE = authorize()
HEARTBEAT = "<o:heartbeatRequest/>"

__all__ = ["SOAP_VERSIONS"]
