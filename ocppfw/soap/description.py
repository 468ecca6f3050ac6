"""The WSDL as it is served: with the address where the service really is."""

from __future__ import annotations

from lxml import etree

from ocppfw.catalogue.wsdl import load_wsdl
from ocppfw.versions import OcppVersion, Role

_ADDRESS = "{http://schemas.xmlsoap.org/wsdl/soap12/}address"


def service_description(version: OcppVersion, role: Role, address: str) -> bytes:
    """The WSDL of a service, as UTF-8.

    Args:
        version: 1.2, 1.5 or 1.6.
        role: the side that answers.
        address: URL of the service.
    """
    root = etree.fromstring(load_wsdl(version, role))
    for element in root.iter(_ADDRESS):
        element.set("location", address)
    return etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True)
