"""The bodies of one service: checked against the schema in its WSDL, read and written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from lxml import etree

from ocppfw.catalogue import PayloadSchema, Violation, ViolationKind, load_catalogue
from ocppfw.catalogue.wsdl import load_service, load_wsdl
from ocppfw.errors import PayloadInvalid
from ocppfw.rpc.frames import Call
from ocppfw.soap.large import SHORT, checked_copy, is_large
from ocppfw.soap.lenient_reading import read_leniently
from ocppfw.soap.models import build_application, schema_of
from ocppfw.soap.names import split_tag
from ocppfw.soap.protocol import BadValue, Member, PayloadProtocol
from ocppfw.soap.tolerance import rename_namespace, repair
from ocppfw.soap.values import fits_xml
from ocppfw.soap.violations import BodyInvalid, first_violation
from ocppfw.versions import OcppVersion, Role, Transport

# As the WSDLs call them.
_NAMES = {Role.CS: "CentralSystemService", Role.CP: "ChargePointService"}


class BodyElement:
    """A request or response of a service.

    Args:
        action: the operation that it belongs to.
        tag: of its element.
        is_request: False for a response.
        payload_schema: what the catalogue says about its payload.
        schema: what the WSDL says about its element.
        protocol: spyne's protocol, which reads and writes it.
        model: spyne's model of it.
    """

    def __init__(
        self,
        action: str,
        tag: str,
        is_request: bool,
        payload_schema: PayloadSchema,
        schema: etree.XMLSchema,
        protocol: PayloadProtocol,
        model: Any,
    ) -> None:
        self.action = action
        self.tag = tag
        self.is_request = is_request
        self._name = split_tag(tag)
        self._payload_schema = payload_schema
        self._schema = schema
        self._protocol = protocol
        self._model = model

    def read(self, element: etree._Element, length: int) -> dict[str, Any]:
        """The payload in an element; what peers are known to do wrong is put right in it.

        Args:
            element: of a body.
            length: bytes or characters of the text that it was read from.

        Raises:
            BodyInvalid: the element does not obey the schema.
        """
        if length > SHORT and is_large(element):
            element = checked_copy(element, self.tag, self._member, self._schema)
        else:
            self._check(element)
        try:
            return self._protocol.from_element(None, self._model, element)
        except BadValue as error:
            raise BodyInvalid(_violation(error)) from error

    def read_leniently(self, element: etree._Element, skips_empty: bool) -> dict[str, Any]:
        """What can be read of an element that does not obey the schema; see ``lenient_reading``.

        Raises:
            BodyInvalid: there is too much of it.
        """
        return read_leniently(element, self._member, skips_empty)

    def is_valid(self, payload: Any) -> bool:
        """True for a payload that obeys the schema of payloads."""
        return bool(self._payload_schema.is_valid(payload))

    def can_be_written(self, payload: Any) -> bool:
        """True for a payload whose element obeys the schema of elements, too."""
        try:
            self.write(payload)
        except PayloadInvalid:
            return False
        return True

    @property
    def _member(self) -> Member:
        return self._protocol.messages[self._model]

    def _check(self, element: etree._Element) -> None:
        if element.tag != self.tag:
            rename_namespace(element, split_tag(element.tag)[0], split_tag(self.tag)[0])
        if not self._schema.validate(element):
            repair(element, self._member.members)
            if not self._schema.validate(element):
                raise BodyInvalid(first_violation(self._schema.error_log))

    def write(self, payload: Any) -> str:
        """The element with a payload.

        Raises:
            PayloadInvalid: the payload does not obey the schema, or XML cannot hold it.
        """
        if not self._payload_schema.is_valid(payload):
            raise PayloadInvalid(self.action, self._payload_schema.check(payload), payload)
        parent = etree.Element("parent")
        try:
            self._protocol.to_parent(None, self._model, payload, parent, *self._name)
        except BadValue as error:
            violations = [*_unfit(payload)] or [_violation(error)]
            raise PayloadInvalid(self.action, violations, payload) from error
        element = parent[0]
        if not self._schema.validate(element):
            violation = first_violation(self._schema.error_log)
            raise PayloadInvalid(self.action, [violation], payload)
        return etree.tostring(element, encoding="unicode")


@dataclass(frozen=True, slots=True, eq=False)
class SoapService:
    """One of the six services.

    Attributes:
        application: spyne's application for it.
        requests: by action.
        responses: by action.
        messages: requests and responses, by the tag of their element.
    """

    application: Any
    requests: Mapping[str, BodyElement]
    responses: Mapping[str, BodyElement]
    messages: Mapping[str, BodyElement]


@cache
def load_soap_service(version: OcppVersion, role: Role) -> SoapService:
    """The service that a role offers in a version, made from its WSDL at the first call.

    Args:
        version: 1.2, 1.5 or 1.6.
        role: the side that answers.

    Raises:
        CatalogueError: a definition file is missing or cannot be read.
    """
    description = load_service(version, role)
    schema = schema_of(load_wsdl(version, role))
    application = build_application(schema, description, _NAMES[role])
    xml_schema, protocol = etree.XMLSchema(schema), application.in_protocol
    requests, responses = {}, {}
    for action, method in application.services[0].public_methods.items():
        operation = description.operations[action]
        of_request, of_response = _payload_schemas(version, action)
        tag = f"{{{description.namespace}}}{operation.request.element}"
        requests[action] = BodyElement(
            action, tag, True, of_request, xml_schema, protocol, method.in_message
        )
        tag = f"{{{description.namespace}}}{operation.response.element}"
        responses[action] = BodyElement(
            action, tag, False, of_response, xml_schema, protocol, method.out_message
        )
    messages = {each.tag: each for each in (*requests.values(), *responses.values())}
    return SoapService(application, requests, responses, messages)


def message_of(
    messages: Mapping[str, BodyElement], version: OcppVersion, call: Call
) -> BodyElement:
    """The message of a call, among the requests or the responses of a service.

    Raises:
        PayloadInvalid: the service has no such action.
    """
    message = messages.get(call.action)
    if message is None:
        violation = Violation.of_action(f"OCPP {version} over SOAP has no such action")
        raise PayloadInvalid(call.action, [violation], call.payload)
    return message


def _payload_schemas(version: OcppVersion, action: str) -> tuple[PayloadSchema, PayloadSchema]:
    form = load_catalogue(version).operations[action].form(Transport.SOAP)
    assert form is not None  # it was made from the same WSDL
    assert form.response is not None  # OCPP-S knows no SEND
    return form.request, form.response


def _violation(error: BadValue) -> Violation:
    return Violation(ViolationKind.VALUE, split_tag(error.tag)[1], str(error))


def _unfit(node: Any, path: str = "") -> Iterator[Violation]:
    """The strings in a payload that XML cannot hold."""
    if isinstance(node, str) and not fits_xml(node):
        message = "must not have control characters or others that XML cannot hold"
        yield Violation(ViolationKind.VALUE, path, message)
    elif isinstance(node, dict):
        for name, value in node.items():
            yield from _unfit(value, f"{path}.{name}" if path else name)
    elif isinstance(node, list):
        for number, item in enumerate(node):
            yield from _unfit(item, f"{path}[{number}]")
