"""Namespaces, header names and other words of SOAP, WS-Addressing and OCPP-S."""

from __future__ import annotations

from ocppfw.versions import SOAP_NAMESPACES, OcppVersion, Role

SOAP_1_2 = "http://www.w3.org/2003/05/soap-envelope"
SOAP_1_1 = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
ANONYMOUS = f"{ADDRESSING}/anonymous"  # WS-Addressing 1.0 core, section 2.1
FAULT_ACTION = f"{ADDRESSING}/soap/fault"  # WS-Addressing 1.0 SOAP binding, section 6

# Namespaces of the fault subcodes as the texts of the three specifications write them (that of
# 1.6: OCPP-S section 8); three different schemes.
SUBCODE_NAMESPACES = {
    OcppVersion.V1_2: "urn://Ocpp/2010/08/",
    OcppVersion.V1_5: "urn://Ocpp/2012/02/",
    OcppVersion.V1_6: "urn://Ocpp/Cs/2015/10",
}

#: Which service a namespace is that of. The WSDLs have a slash at the end; the text of OCPP-S 1.6
#: section 8 drops it, and that of 1.2 section 8.8 says October instead of August.
SERVICES: dict[str, tuple[OcppVersion, Role]] = {
    namespace: service for service, namespace in SOAP_NAMESPACES.items()
}
SERVICES |= {namespace.rstrip("/"): service for namespace, service in SERVICES.items()}
SERVICES |= {
    f"urn://Ocpp/{role.capitalize()}/2010/10{end}": (OcppVersion.V1_2, role)
    for role in Role
    for end in ("", "/")
}


_LONGEST_NAME = 50


def short(name: str) -> str:
    """A name of a peer's, short enough for a message."""
    return name[:_LONGEST_NAME]


def split_tag(tag: str) -> tuple[str, str]:
    """Namespace and local name of a tag; the namespace of one that has none is empty.

    A prefix that is not declared, as ocppjs writes it, counts for nothing.
    """
    namespace, _, name = tag.rpartition("}")
    return namespace[1:], name.rpartition(":")[2]
