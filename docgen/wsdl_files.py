"""WSDL files -> definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from docgen.definitions import DefinedMessage, DefinedOperation
from docgen.envelopes import request_envelope, response_envelope
from ocppfw.catalogue import PayloadSchema
from ocppfw.catalogue.schemas import json_schema_of
from ocppfw.catalogue.wsdl import ServiceMessage, ServiceOperation, read_service
from ocppfw.errors import CatalogueError
from ocppfw.versions import SOAP_NAMESPACES, Role

_XS = "{http://www.w3.org/2001/XMLSchema}"
_ROLES = {namespace: role for (_, role), namespace in SOAP_NAMESPACES.items()}
_ROLE_WORDS = re.compile(r"[_-]?(central_?system|charge_?point)(?:_?service)?", re.IGNORECASE)

# What the reader of the catalogue understands; it passes over everything else.
_CHILDREN = {
    "schema": {"element", "complexType", "simpleType"},
    "element": {"complexType"},
    "complexType": {"sequence", "simpleContent"},
    "sequence": {"element"},
    "simpleContent": {"extension"},
    "extension": {"attribute"},
    "simpleType": {"restriction"},
    "restriction": {"enumeration", "maxLength", "fractionDigits"},
}
_COUNT = re.compile(r"\d{1,9}")


def name_without_role(path: Path) -> str:
    """The name that the two services of a version share: ``ocpp_1.5`` for both."""
    return _ROLE_WORDS.sub("", path.stem).strip("_-") or path.stem


def read_wsdl(path: Path) -> list[DefinedOperation]:
    """The operations that a WSDL file describes.

    Raises:
        CatalogueError: it cannot be read; names file, line and reason.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise CatalogueError(f"{path}: {error.strerror}") from error
    _check(text, path)
    service = read_service(text, str(path))
    roles = _roles(service.namespace, path)
    return [
        _operation(operation, service.namespace, roles) for operation in service.operations.values()
    ]


def _operation(
    operation: ServiceOperation, namespace: str, roles: frozenset[Role]
) -> DefinedOperation:
    action = operation.soap_action
    request, response = operation.request, operation.response
    asked = _schema(f"{operation.action}Request", request)
    answered = _schema(f"{operation.action}Response", response)
    return DefinedOperation(
        action=operation.action,
        answering_roles=roles,
        request=DefinedMessage(
            schema=asked,
            fields=request.fields,
            envelope=request_envelope(namespace, action, request, asked.example()),
        ),
        response=DefinedMessage(
            schema=answered,
            fields=response.fields,
            envelope=response_envelope(namespace, action, response, answered.example()),
        ),
    )


def _schema(name: str, message: ServiceMessage) -> PayloadSchema:
    return PayloadSchema(name, json_schema_of(name, message.fields), lambda: message.fields)


def _roles(namespace: str, path: Path) -> frozenset[Role]:
    """Who answers the operations of a file; empty when neither namespace nor name says it."""
    if namespace in _ROLES:
        return frozenset({_ROLES[namespace]})
    word = _ROLE_WORDS.search(path.stem)
    if word is None:
        return frozenset()
    return frozenset({Role.CS if word[1].lower().startswith("central") else Role.CP})


def _check(text: bytes, path: Path) -> None:
    """Refuse what the reader of the catalogue would pass over without a word."""
    try:
        root = etree.fromstring(text, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return  # The reader says so.
    for node, reason in _faults(root):
        raise CatalogueError(f"{path}, line {node.sourceline}: {reason}")


def _faults(root: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    for node in root.iter(*(_XS + name for name in _CHILDREN)):
        known = _CHILDREN[etree.QName(node).localname]
        for child in node.iterchildren(etree.Element):
            name = etree.QName(child).localname
            if name not in known and name != "annotation":
                yield child, f"{name} inside {etree.QName(node).localname} is not supported"
    yield from _faults_of_names(root)
    for node in root.iter(f"{_XS}element"):
        if not _COUNT.fullmatch(node.get("minOccurs", "1")):
            yield node, f"minOccurs is {node.get('minOccurs')}, not a number"
        if node.get("maxOccurs", "1") not in ("1", "unbounded"):
            yield node, f"maxOccurs is {node.get('maxOccurs')}; 1 and unbounded are supported"
    for node in root.iter(f"{_XS}maxLength", f"{_XS}fractionDigits"):
        if not _COUNT.fullmatch(node.get("value", "")):
            yield node, f"{etree.QName(node).localname} has no number as its value"
    yield from _circles(root)


def _faults_of_names(root: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """What no envelope can hold."""
    namespace = root.get("targetNamespace", "")
    if not _can_be_written(namespace, "x"):
        yield root, f"targetNamespace is {namespace}, not a URI"
    for node in root.iter(f"{_XS}element", f"{_XS}attribute"):
        if not _can_be_written(namespace, node.get("name", "x")):
            yield node, f"{node.get('name')!r} is not a name"


def _can_be_written(namespace: str, name: str) -> bool:
    try:
        etree.Element(f"{{{namespace}}}{name}")
    except ValueError:
        return False
    return True


def _circles(root: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """The complex types that contain themselves."""
    types = {node.get("name"): node for node in root.iter(f"{_XS}complexType")}
    for name, node in types.items():
        waiting, seen = [node], set()
        while waiting:
            for element in waiting.pop().iter(f"{_XS}element"):
                used = element.get("type", "").rpartition(":")[2]
                if used == name:
                    yield node, f"{name} contains itself"
                if used in types and used not in seen:
                    seen.add(used)
                    waiting.append(types[used])
