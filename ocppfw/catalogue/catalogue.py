"""What one version of the protocol says: its operations, their direction and their payloads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ocppfw.catalogue.actions import SEND_ACTIONS, Action, FeatureProfile, actions_of
from ocppfw.catalogue.examples import build_example
from ocppfw.catalogue.fields import Field
from ocppfw.catalogue.repair import build_repair
from ocppfw.catalogue.schemas import (
    JsonSchema,
    json_schema_of,
    load_request_schema,
    load_response_schema,
    load_send_schema,
    read_fields,
)
from ocppfw.catalogue.validation import Validator
from ocppfw.errors import Violation
from ocppfw.versions import SOAP_VERSIONS, OcppVersion, Role, Transport

if TYPE_CHECKING:
    from ocppfw.catalogue.wsdl import ServiceMessage, ServiceOperation

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def hook_name(action: str, role: Role) -> str:
    """Name of the hook that answers an action on one side.

    ``BootNotification`` of a central system is ``cs_boot_notification``.

    Args:
        action: as on the wire.
        role: the side that answers.
    """
    return f"{role}_" + _WORD_STARTS.sub("_", action).lower()


class PayloadSchema:
    """What a definition says about the payload of a request or response.

    Attributes:
        name: name of the message, such as ``HeartbeatRequest``.
        json_schema: the payload as JSON Schema of draft 4 or 6; not to be changed.
    """

    def __init__(
        self, name: str, json_schema: JsonSchema, load_fields: Callable[[], tuple[Field, ...]]
    ) -> None:
        self.name = name
        self.json_schema = json_schema
        self._load_fields = load_fields

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields in the order of the definition, which is significant in XML."""
        return self._load_fields()

    @cached_property
    def is_valid(self) -> Callable[[Any], bool]:
        """A function that takes a payload and tells whether it is valid; it never raises.

        It is compiled at the first use and takes about a microsecond from then on.
        """
        return self._validator.is_valid

    def check(self, payload: Any) -> list[Violation]:
        """What is wrong with a payload; empty when it is valid. Never raises.

        Returns:
            Violations in the order of ``ViolationKind``, then by path; the first decides.
        """
        return self._validator.check(payload)

    @cached_property
    def repaired(self) -> Callable[[Any], Any]:
        """A function that takes any payload and gives a copy in which is put right what can be.

        It never raises, and leaves what obeys the schema as it is; see ``build_repair``.
        """
        return build_repair(self.fields, self.json_schema.get("additionalProperties") is not False)

    def example(self) -> dict[str, Any]:
        """A valid payload with sensible values: all required and the useful optional fields."""
        return build_example(self.name, self.fields)

    @cached_property
    def _validator(self) -> Validator:
        return Validator(self.json_schema, lambda: self.fields)

    def __repr__(self) -> str:
        return f"<PayloadSchema {self.name}>"


@dataclass(frozen=True, slots=True)
class Form:
    """An operation as one transport carries it.

    Attributes:
        request: what may be asked.
        response: what may be answered; None for a message that is not answered (SEND).
        soap_action: soapAction of OCPP-S, such as ``/Heartbeat``; None in OCPP-J.
        request_element: XML element of the request in OCPP-S, else None.
        response_element: XML element of the response in OCPP-S, else None.
    """

    request: PayloadSchema
    response: PayloadSchema | None
    soap_action: str | None = None
    request_element: str | None = None
    response_element: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of one version.

    Attributes:
        action: name on the wire.
        version: the version that this description belongs to.
        answering_roles: who answers it; both for DataTransfer.
        profile: feature profile (1.x) or functional block (2.x).
        since: oldest version that has an operation of this name.
        is_send: True for an unconfirmed message (SEND of 2.1).
        request: payload of the request over WebSocket.
        response: payload of the response over WebSocket, None for SEND.
    """

    action: str
    version: OcppVersion
    answering_roles: frozenset[Role]
    profile: FeatureProfile
    since: OcppVersion
    is_send: bool
    request: PayloadSchema
    response: PayloadSchema | None

    def form(self, transport: Transport) -> Form | None:
        """The operation as a transport carries it, None where it does not (2.x over SOAP).

        Raises:
            CatalogueError: a service description, read for 1.6 at the first call for SOAP, is
                missing or cannot be read.
        """
        if transport is Transport.SOAP:
            return _soap_forms(self.version).get(self.action)
        return Form(self.request, self.response)

    def hook_name(self, role: Role) -> str:
        """Name of the hook that answers this operation on one side."""
        return hook_name(self.action, role)


class Catalogue:
    """All operations of one version.

    Attributes:
        version: the version.
        operations: by action, in alphabetical order.
    """

    def __init__(self, version: OcppVersion, operations: Mapping[str, Operation]) -> None:
        self.version = version
        self.operations = MappingProxyType(operations)
        self._answered_by = {
            role: MappingProxyType(
                {
                    action: operation
                    for action, operation in operations.items()
                    if role in operation.answering_roles
                }
            )
            for role in Role
        }

    def answered_by(self, role: Role) -> Mapping[str, Operation]:
        """The operations that a role answers, by action."""
        return self._answered_by[role]

    def called_by(self, role: Role) -> Mapping[str, Operation]:
        """The operations that a role may call, by action."""
        return self._answered_by[role.other]

    def __repr__(self) -> str:
        return f"<Catalogue {self.version}: {len(self.operations)} operations>"


@cache
def load_catalogue(version: OcppVersion) -> Catalogue:
    """The catalogue of a version, read from its definition files at the first call.

    Raises:
        CatalogueError: a definition file is missing or cannot be read.
    """
    operations = {action.name: _build_operation(version, action) for action in actions_of(version)}
    return Catalogue(version, operations)


def _build_operation(version: OcppVersion, action: Action) -> Operation:
    request, response = _payloads(version, action.name)
    return Operation(
        action=action.name,
        version=version,
        answering_roles=action.answering_roles,
        profile=action.profile,
        since=action.since,
        is_send=action.name in SEND_ACTIONS,
        request=request,
        response=response,
    )


def _payloads(version: OcppVersion, action: str) -> tuple[PayloadSchema, PayloadSchema | None]:
    """Request and response over WebSocket."""
    if version in (OcppVersion.V1_2, OcppVersion.V1_5):
        # There is no official JSON form; the one in use follows the WSDL.
        form = _soap_forms(version)[action]
        return form.request, form.response
    if action in SEND_ACTIONS:
        return _from_json(action, load_send_schema(version, action)), None
    return (
        _from_json(f"{action}Request", load_request_schema(version, action)),
        _from_json(f"{action}Response", load_response_schema(version, action)),
    )


def _from_json(name: str, schema: JsonSchema) -> PayloadSchema:
    return PayloadSchema(name, schema, partial(read_fields, schema))


@cache
def _soap_forms(version: OcppVersion) -> Mapping[str, Form]:
    """The operations of a version as OCPP-S carries them, by action."""
    if version not in SOAP_VERSIONS:
        return {}
    # Loads lxml, which 1.6 and 2.x over WebSocket do without.
    from ocppfw.catalogue.wsdl import load_service

    services = [load_service(version, role) for role in Role]
    return {
        operation.action: _soap_form(operation)
        for service in services
        for operation in service.operations.values()
    }


def _soap_form(operation: ServiceOperation) -> Form:
    return Form(
        request=_from_wsdl(f"{operation.action}Request", operation.request),
        response=_from_wsdl(f"{operation.action}Response", operation.response),
        soap_action=operation.soap_action,
        request_element=operation.request.element,
        response_element=operation.response.element,
    )


def _from_wsdl(name: str, message: ServiceMessage) -> PayloadSchema:
    return PayloadSchema(name, json_schema_of(name, message.fields), lambda: message.fields)
