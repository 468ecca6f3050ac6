"""What pages are made from: the operations of a version, or those of somebody's files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from docgen.envelopes import example_envelopes
from ocppfw.catalogue import Field, Operation, PayloadSchema, load_catalogue
from ocppfw.versions import OcppVersion, Role, Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinedMessage:
    """A request or a response.

    Attributes:
        schema: what a payload must fulfil.
        fields: its fields; types without a name in JSON Schema have that of the WSDL.
        envelope: an example as OCPP-S carries it, None where it does not.
    """

    schema: PayloadSchema
    fields: tuple[Field, ...]
    envelope: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinedOperation:
    """One operation.

    Attributes:
        action: name on the wire.
        answering_roles: who answers it; empty when the definition does not say.
        request: what is asked.
        response: what is answered, None for a message that is not answered.
        entry: its entry in the catalogue, None for operations of somebody's files.
    """

    action: str
    answering_roles: frozenset[Role]
    request: DefinedMessage
    response: DefinedMessage | None
    entry: Operation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """The operations of one page.

    Attributes:
        name: of the page's file, without ``.html``.
        title: of the page.
        operations: in alphabetical order.
        version: the version that the catalogue describes, None for somebody's files.
    """

    name: str
    title: str
    operations: tuple[DefinedOperation, ...]
    version: OcppVersion | None = None


def from_catalogue(version: OcppVersion) -> Definitions:
    """The operations of a version, with all that the catalogue knows of them."""
    operations = load_catalogue(version).operations.values()
    return Definitions(
        name=page_name(version),
        title=f"OCPP {version}",
        operations=tuple(_operation(operation) for operation in operations),
        version=version,
    )


def page_name(version: OcppVersion) -> str:
    """Name of the page of a version, without ``.html``."""
    return f"ocpp_{version}"


def _operation(operation: Operation) -> DefinedOperation:
    soap = operation.form(Transport.SOAP)
    request_envelope, response_envelope = example_envelopes(operation)
    response = None
    if operation.response is not None:
        named = soap.response if soap else None
        response = _message(operation.response, named, response_envelope)
    return DefinedOperation(
        action=operation.action,
        answering_roles=operation.answering_roles,
        request=_message(operation.request, soap.request if soap else None, request_envelope),
        response=response,
        entry=operation,
    )


def _message(
    schema: PayloadSchema, soap: PayloadSchema | None, envelope: str | None
) -> DefinedMessage:
    fields = with_type_names(schema.fields, soap.fields if soap else ())
    return DefinedMessage(schema=schema, fields=fields, envelope=envelope)


def with_type_names(fields: Iterable[Field], named: Iterable[Field]) -> tuple[Field, ...]:
    """Fields whose types have the names that the same fields have elsewhere.

    The JSON schemas of OCPP-J 1.6 spell every type out; its WSDL has the names.
    """
    twins = {field.name: field for field in named}
    return tuple(_with_type_name(field, twins.get(field.name)) for field in fields)


def _with_type_name(field: Field, twin: Field | None) -> Field:
    if twin is None:
        return field
    fields = with_type_names(field.fields, twin.fields)
    return replace(field, type_name=field.type_name or twin.type_name, fields=fields)
