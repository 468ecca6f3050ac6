"""What spyne makes of the WSDLs: every type has every field, every service every operation."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from lxml import etree

from ocppfw.catalogue import Field
from ocppfw.catalogue.wsdl import load_service, load_wsdl
from ocppfw.rpc.frames import Call
from ocppfw.soap import build_request, load_soap_service
from ocppfw.soap.models import build_application, schema_of
from ocppfw.soap.spyne_import import (
    AnyUri,
    Boolean,
    ComplexModelBase,
    DateTime,
    Decimal,
    Integer,
    Unicode,
    XmlAttribute,
    XmlData,
)
from ocppfw.versions import SOAP_NAMESPACES, OcppVersion, Role
from tests.soap.envelopes import MESSAGES, SERVICES, Message

BASES = {
    "string": Unicode,
    "uri": AnyUri,
    "integer": Integer,
    "number": Decimal,
    "boolean": Boolean,
    "dateTime": DateTime,
    "object": ComplexModelBase,
}


def model_of(message: Message) -> Any:
    """spyne's model of a message, as its service knows it."""
    service = load_soap_service(message.version, message.role)
    method = service.application.services[0].public_methods[message.action]
    return method.in_message if message.is_request else method.out_message


def check_model(model: Any, fields: tuple[Field, ...]) -> None:
    """The model has the fields in their order, with their types and counts."""
    members = {
        name: member
        for name, member in model.get_flat_type_info(model).items()
        if not issubclass(member, XmlData)
    }
    elements = [field for field in fields if not field.is_text]
    assert sorted(members) == sorted(field.element or field.name for field in elements)
    if not any(field.is_attribute for field in fields):
        assert [*members] == [field.element or field.name for field in elements]
    for field in elements:
        check_member(members[field.element or field.name], field)


def check_member(member: Any, field: Field) -> None:
    if field.is_attribute:
        assert issubclass(member, XmlAttribute)
        member = member.type
    else:
        assert member.Attributes.min_occurs == int(field.required)
        assert member.Attributes.max_occurs == (float("inf") if field.is_list else 1)
    assert issubclass(member, BASES[field.type])
    if field.enum:
        assert list(member.Attributes.values) == list(field.enum)
    if field.max_length is not None:
        assert member.Attributes.max_len == field.max_length
    if field.type == "object":
        check_model(member, field.fields)


@pytest.mark.parametrize("message", MESSAGES, ids=str)
def test_every_model_has_the_fields_of_the_wsdl(message: Message) -> None:
    check_model(model_of(message), message.described.fields)


def test_text_with_attributes_is_not_lost() -> None:
    message = next(each for each in MESSAGES if str(each) == "1.5-cs-MeterValuesRequest")
    values = model_of(message).get_flat_type_info(model_of(message))["values"]
    value = values.get_flat_type_info(values)["value"]
    assert {*value.get_flat_type_info(value)} - {"_data"} == {
        "context",
        "format",
        "measurand",
        "location",
        "unit",
    }
    assert issubclass(value.get_flat_type_info(value)["_data"], XmlData)


@pytest.mark.parametrize(("version", "role"), SERVICES)
def test_the_application_has_every_operation(version: OcppVersion, role: Role) -> None:
    application = load_soap_service(version, role).application
    operations = load_service(version, role).operations
    assert application.tns == SOAP_NAMESPACES[version, role]
    (service,) = application.services
    assert [*service.public_methods] == [*operations]
    assert {*application.interface.service_method_map} == {
        f"{{{application.tns}}}{operation.request.element}" for operation in operations.values()
    }


@cache
def spyne_server(version: OcppVersion, role: Role) -> Any:
    """A server of spyne's own for a service."""
    from spyne.server import ServerBase  # only now: ocppfw.soap makes spyne importable

    schema = schema_of(load_wsdl(version, role))
    application = build_application(schema, load_service(version, role), "Service")
    return type("Server", (ServerBase,), {"transport": "none"})(application)


@pytest.mark.parametrize("message", [each for each in MESSAGES if each.is_request], ids=str)
def test_the_pipeline_of_spyne_reads_the_same_payload(message: Message) -> None:
    from spyne import MethodContext

    server = spyne_server(message.version, message.role)
    payload = message.schema.example()
    call = Call("id", message.action, payload)
    text = build_request(message.version, message.role, "1", call, to="", from_address=None)
    context = MethodContext(server, MethodContext.SERVER)
    context.in_string = [text.encode()]
    (context,) = server.generate_contexts(context)
    server.get_in_object(context)
    assert context.in_error is None
    assert context.descriptor.name == message.described.element
    assert context.in_object == payload


@pytest.mark.parametrize("message", [each for each in MESSAGES if not each.is_request], ids=str)
def test_the_protocol_of_spyne_writes_what_it_reads(message: Message) -> None:
    protocol = load_soap_service(message.version, message.role).application.out_protocol
    model, payload = model_of(message), message.schema.example()
    parent = etree.Element("parent")
    namespace = SOAP_NAMESPACES[message.version, message.role]
    protocol.to_parent(None, model, payload, parent, namespace, message.described.element)
    assert protocol.from_element(None, model, parent[0]) == payload
