"""WSDL bytes -> operations and types, for the SOAP versions 1.2, 1.5 and 1.6.

The types come out as trees of ``Field`` that describe the JSON form of a message: an
element is a property of the same name, a repeated element is a list, an empty message is
``{}``. Text with attributes (the meter values of 1.5) is an object whose member ``value`` is
the text and whose other members are the attributes.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from lxml import etree

from ocppfw.catalogue.fields import Field, FieldType
from ocppfw.errors import CatalogueError
from ocppfw.versions import SOAP_NAMESPACES, OcppVersion, Role

_T = TypeVar("_T")

_XS = "{http://www.w3.org/2001/XMLSchema}"
_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
_SOAP12 = "{http://schemas.xmlsoap.org/wsdl/soap12/}"

_FILE_NAMES = {Role.CS: "centralsystem", Role.CP: "chargepoint"}

_BASE_TYPES: dict[str, FieldType] = {
    "string": "string",
    "int": "integer",
    "decimal": "number",
    "boolean": "boolean",
    "dateTime": "dateTime",
    "anyURI": "uri",
}


@dataclass(frozen=True, slots=True)
class ServiceMessage:
    """A request or a response: the XML element that carries it, and its fields in XML order."""

    element: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class ServiceOperation:
    """One operation of a service: action, soapAction (``/Heartbeat``), and its two messages."""

    action: str
    soap_action: str
    request: ServiceMessage
    response: ServiceMessage


@dataclass(frozen=True, slots=True)
class Service:
    """What a WSDL file describes.

    Attributes:
        namespace: target namespace, also that of all message elements.
        operations: by action, in the order of the file.
        types: the fields of every named complex type.
    """

    namespace: str
    operations: Mapping[str, ServiceOperation]
    types: Mapping[str, tuple[Field, ...]]


def load_wsdl(version: OcppVersion, role: Role) -> bytes:
    """The WSDL file of the service that a role offers.

    Args:
        version: 1.2, 1.5 or 1.6.
        role: the side that answers the operations.

    Raises:
        CatalogueError: the file is missing or cannot be read.
    """
    path = importlib.resources.files("ocppfw").joinpath("wsdl", file_name(version, role))
    try:
        return path.read_bytes()
    except OSError as error:
        raise CatalogueError(f"{path}: {error.strerror}") from error


def file_name(version: OcppVersion, role: Role) -> str:
    """Name of the WSDL file of a version and role: ``ocpp_1.5_centralsystem.wsdl``."""
    return f"ocpp_{version}_{_FILE_NAMES[role]}.wsdl"


def load_service(version: OcppVersion, role: Role) -> Service:
    """The service that a role offers in a version; see ``load_wsdl`` and ``read_service``."""
    name = file_name(version, role)
    service = read_service(load_wsdl(version, role), name)
    expected = SOAP_NAMESPACES[version, role]
    if service.namespace != expected:
        raise CatalogueError(f"{name}: target namespace is {service.namespace}, not {expected}")
    return service


def read_service(text: bytes, name: str) -> Service:
    """Reads a WSDL document.

    Args:
        text: the document; one with a DOCTYPE is refused, nothing is fetched.
        name: what to call it in errors, usually its file name.

    Raises:
        CatalogueError: not XML, or not the shape of the OCPP services; names line and reason.
    """
    return _Reader(_parse(text, name), name).service()


def _parse(text: bytes, name: str) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        raise CatalogueError(f"{name}, line {error.lineno}: {error.msg}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise CatalogueError(f"{name}, line 1: a DOCTYPE is not allowed")
    return root


@dataclass(frozen=True, slots=True)
class _SimpleType:
    base: str
    enum: tuple[str, ...]
    max_length: int | None
    fraction_digits: int | None


class _Reader:
    """Reads one document; a method per kind of node."""

    def __init__(self, root: etree._Element, name: str) -> None:
        self._root = root
        self._name = name
        schema = self._child(root, f"{_WSDL}types/{_XS}schema")
        self._simple_types = {
            self._attribute(node, "name"): self._simple_type(node)
            for node in schema.findall(f"{_XS}simpleType")
        }
        self._complex_types = {
            self._attribute(node, "name"): node for node in schema.findall(f"{_XS}complexType")
        }
        self._elements = {
            self._attribute(node, "name"): node for node in schema.findall(f"{_XS}element")
        }
        self._messages = {
            self._attribute(node, "name"): node for node in root.findall(f"{_WSDL}message")
        }

    def service(self) -> Service:
        binding = self._child(self._root, f"{_WSDL}binding")
        soap_actions = {
            self._attribute(node, "name"): self._attribute(
                self._child(node, f"{_SOAP12}operation"), "soapAction"
            )
            for node in binding.findall(f"{_WSDL}operation")
        }
        port_type = self._child(self._root, f"{_WSDL}portType")
        operations = [
            self._operation(node, soap_actions) for node in port_type.findall(f"{_WSDL}operation")
        ]
        return Service(
            self._attribute(self._root, "targetNamespace"),
            {operation.action: operation for operation in operations},
            {name: self._sequence(node) for name, node in self._complex_types.items()},
        )

    def _operation(self, node: etree._Element, soap_actions: Mapping[str, str]) -> ServiceOperation:
        action = self._attribute(node, "name")
        return ServiceOperation(
            action,
            self._known(soap_actions, action, node),
            self._message(self._child(node, f"{_WSDL}input")),
            self._message(self._child(node, f"{_WSDL}output")),
        )

    def _message(self, node: etree._Element) -> ServiceMessage:
        message = self._known(self._messages, _local(self._attribute(node, "message")), node)
        part = self._child(message, f"{_WSDL}part")
        name = _local(self._attribute(part, "element"))
        element = self._known(self._elements, name, part)
        type_name = _local(self._attribute(element, "type"))
        return ServiceMessage(
            name, self._sequence(self._known(self._complex_types, type_name, element))
        )

    def _sequence(self, node: etree._Element) -> tuple[Field, ...]:
        return tuple(self._field(each) for each in node.findall(f"{_XS}sequence/{_XS}element"))

    def _field(self, node: etree._Element) -> Field:
        at_least = int(node.get("minOccurs", "1"))
        is_list = node.get("maxOccurs", "1") == "unbounded"
        field = self._typed(node)
        if is_list and any(member.is_text for member in field.fields):
            # The list of a repeated text element has the plural as its name in JSON.
            name = field.name
            field = replace(field, name=f"{name}s", element=name, synonym=name)
        return replace(
            field,
            required=at_least > 0,
            is_list=is_list,
            min_items=at_least if is_list and at_least else None,
        )

    def _typed(self, node: etree._Element) -> Field:
        """The field of an element or attribute, as far as its name and type say."""
        name = self._attribute(node, "name")
        extension = node.find(f"{_XS}complexType/{_XS}simpleContent/{_XS}extension")
        if extension is not None:
            fields = self._text_and_attributes(extension)
            return Field(name=name, type="object", fields=fields)
        prefix, _, type_name = self._attribute(node, "type").rpartition(":")
        if node.nsmap.get(prefix or None) == _XS[1:-1]:
            return Field(name=name, type=self._known(_BASE_TYPES, type_name, node))
        if type_name in self._simple_types:
            return self._restricted(name, type_name, node)
        fields = self._sequence(self._known(self._complex_types, type_name, node))
        return Field(name=name, type="object", type_name=type_name, fields=fields)

    def _restricted(self, name: str, type_name: str, node: etree._Element) -> Field:
        simple = self._simple_types[type_name]
        digits = simple.fraction_digits
        return Field(
            name=name,
            type=self._known(_BASE_TYPES, simple.base, node),
            type_name=type_name,
            enum=simple.enum,
            max_length=simple.max_length,
            multiple_of=None if digits is None else 10**-digits,
        )

    def _text_and_attributes(self, extension: etree._Element) -> tuple[Field, ...]:
        base = _local(self._attribute(extension, "base"))
        text = Field(
            name="value",
            type=self._known(_BASE_TYPES, base, extension),
            required=True,
            is_text=True,
        )
        attributes = [
            replace(self._typed(node), is_attribute=True)
            for node in extension.findall(f"{_XS}attribute")
        ]
        return (text, *attributes)

    def _simple_type(self, node: etree._Element) -> _SimpleType:
        restriction = self._child(node, f"{_XS}restriction")
        return _SimpleType(
            _local(self._attribute(restriction, "base")),
            tuple(self._attribute(e, "value") for e in restriction.findall(f"{_XS}enumeration")),
            self._facet(restriction, "maxLength"),
            self._facet(restriction, "fractionDigits"),
        )

    def _facet(self, restriction: etree._Element, name: str) -> int | None:
        node = restriction.find(f"{_XS}{name}")
        return None if node is None else int(self._attribute(node, "value"))

    def _child(self, node: etree._Element, path: str) -> etree._Element:
        found = node.find(path)
        if found is None:
            wanted = path.rpartition("}")[2]
            raise self._error(node, f"{etree.QName(node).localname} has no {wanted}")
        return found

    def _attribute(self, node: etree._Element, name: str) -> str:
        value = node.get(name)
        if value is None:
            raise self._error(node, f"{etree.QName(node).localname} has no attribute {name}")
        return value

    def _known(self, table: Mapping[str, _T], name: str, node: etree._Element) -> _T:
        if name not in table:
            raise self._error(node, f"{name} is not defined")
        return table[name]

    def _error(self, node: etree._Element, reason: str) -> CatalogueError:
        return CatalogueError(f"{self._name}, line {node.sourceline}: {reason}")


def _local(qualified: str) -> str:
    return qualified.rpartition(":")[2]
