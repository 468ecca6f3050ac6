"""spyne's models and application of a service, made from its WSDL."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from lxml import etree

from ocppfw.catalogue.wsdl import Service, ServiceOperation
from ocppfw.soap.protocol import Member, PayloadProtocol, read_model
from ocppfw.soap.spyne_import import Application, ServiceBase, XmlSchemaParser, rpc

_XS = "{http://www.w3.org/2001/XMLSchema}"


def schema_of(wsdl: bytes) -> etree._Element:
    """The schema inside a WSDL as a document of its own, with the prefixes that it uses."""
    schema = etree.fromstring(wsdl).find(f".//{_XS}schema")
    assert schema is not None  # the catalogue has read the file before
    return etree.fromstring(etree.tostring(schema))


def build_application(schema: etree._Element, description: Service, name: str) -> Application:
    """spyne's application for one service.

    Args:
        schema: as ``schema_of`` returns it.
        description: what else the WSDL says.
        name: what to call the service.

    Returns:
        The application, with one method per operation; ``in_protocol`` reads and writes all
        messages. Who answers is none of its business: calling a method does nothing.
    """
    model_of = _models(schema)
    messages: dict[type, Member] = {}
    methods = {
        action: _method(description.namespace, operation, model_of)
        for action, operation in description.operations.items()
    }
    service = type(ServiceBase)(name, (ServiceBase,), methods)
    application = Application(
        [service],
        description.namespace,
        name,
        in_protocol=PayloadProtocol(messages),
        out_protocol=PayloadProtocol(messages),
    )
    for action, method in service.public_methods.items():
        operation = description.operations[action]
        messages[method.in_message] = read_model(method.in_message, operation.request.fields)
        messages[method.out_message] = read_model(method.out_message, operation.response.fields)
    return application


def _models(schema: etree._Element) -> Callable[[str], Any]:
    """A function that gives the model of a message's element."""
    namespace = schema.get("targetNamespace")
    models = XmlSchemaParser({}).parse_schema(_without_anonymous_types(schema))[namespace].types
    types = {
        each.get("name"): str(each.get("type")).rpartition(":")[2]
        for each in schema.findall(f"{_XS}element")
    }
    return lambda element: models[types[element]]


def _without_anonymous_types(schema: etree._Element) -> etree._Element:
    """A copy of the schema in which every type has a name.

    spyne's parser leaves out an element whose type has none, without a word.
    """
    copy = deepcopy(schema)
    prefix = next(key for key, uri in copy.nsmap.items() if uri == copy.get("targetNamespace"))
    for element in copy.findall(f"{_XS}complexType//{_XS}element"):
        anonymous = element.find(f"{_XS}complexType")
        if anonymous is None:
            continue
        user = next(each for each in element.iterancestors() if each.getparent() is copy)
        name = f"{user.get('name')}_{element.get('name')}"
        anonymous.set("name", name)
        element.set("type", f"{prefix}:{name}")
        user.addprevious(anonymous)
    return copy


def _method(
    namespace: str, operation: ServiceOperation, model_of: Callable[[str], Any]
) -> Callable[..., Any]:
    request, response = operation.request.element, operation.response.element
    # spyne refuses an empty model as parameter: an empty request is a method without any.
    parameters = [model_of(request)] if operation.request.fields else []

    def answer(context: Any, *payload: Any) -> None:
        """spyne wants a function; who answers are the plugins."""

    method: Callable[..., Any] = rpc(
        *parameters,
        _args=["payload"] * len(parameters),
        _returns=model_of(response),
        _body_style="bare",
        _in_message_name=f"{{{namespace}}}{request}",
        _out_message_name=f"{{{namespace}}}{response}",
        _internal_key_suffix=request,
    )(answer)
    return method
