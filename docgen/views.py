"""What the template of a page of definitions shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from docgen.codes import ErrorCode, codes_of_operation
from docgen.definitions import DefinedMessage, DefinedOperation, Definitions
from docgen.plugins import plugin_source
from docgen.prompt import prompt_line
from docgen.tables import BASIC_TYPES, NamedType, Row, TypeTable
from ocppfw.versions import OcppVersion, Role

_NAMES_1_X = {Role.CS: "central system", Role.CP: "charge point"}
_NAMES_2_X = {Role.CS: "CSMS", Role.CP: "charging station"}
# What schemas of 2.x say to people; the tables say it, too.
_REMARKS = ("description", "comment", "javaType")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """A request or response.

    Attributes:
        title: Request or Response.
        anchor: id, ``Reset.req`` or ``Reset.conf``.
        rows: its fields.
        example: a valid payload as JSON, None where none can be made from the definition.
        schema: its JSON Schema.
        envelope: the example in OCPP-S, None where there is none.
    """

    title: str
    anchor: str
    rows: tuple[Row, ...]
    example: str | None
    schema: str
    envelope: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """How one side answers.

    Attributes:
        hook: name of the hook.
        source: a plugin.
    """

    hook: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationView:
    """One operation.

    Attributes:
        action: its name, and the id of its section.
        directions: who sends it to whom, as text.
        profile: its feature profile, None if unknown.
        since: the first version that has it, None if unknown.
        is_send: True for a message without an answer.
        messages: the request, and the response if there is one.
        codes: what it may be answered with instead of a response.
        prompt_lines: the commands that send it.
        answers: the hooks that answer it.
    """

    action: str
    directions: tuple[str, ...]
    profile: str | None = None
    since: OcppVersion | None = None
    is_send: bool = False
    messages: tuple[MessageView, ...]
    codes: tuple[ErrorCode, ...] = ()
    prompt_lines: tuple[str, ...] = ()
    answers: tuple[AnswerView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """The operations that one side answers.

    Attributes:
        title: who answers.
        operations: the operations.
    """

    title: str
    operations: tuple[OperationView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """A page of definitions.

    Attributes:
        title: the heading.
        version: the version, None for somebody's files.
        services: both services; one without a side where the definition does not say.
        operations: all operations in alphabetical order.
        basic_types: name, JSON type, XML type and remark.
        types: the named types.
        has_xml: True where the types of XML matter, too.
    """

    title: str
    version: OcppVersion | None
    services: tuple[ServiceView, ...]
    operations: tuple[OperationView, ...]
    basic_types: tuple[tuple[str, str, str, str], ...]
    types: tuple[NamedType, ...]
    has_xml: bool


def page_view(definitions: Definitions) -> PageView:
    """Everything that the page of some definitions shows."""
    table = TypeTable()
    names = role_names(definitions.version)
    views = {
        operation.action: _operation(operation, table, names)
        for operation in definitions.operations
    }
    return PageView(
        title=definitions.title,
        version=definitions.version,
        services=tuple(_services(definitions, views, names)),
        operations=tuple(views.values()),
        basic_types=tuple((name, *BASIC_TYPES[name]) for name in table.basic_types()),
        types=tuple(table.named_types()),
        has_xml=any(operation.request.envelope for operation in definitions.operations),
    )


def role_names(version: OcppVersion | None) -> Mapping[Role, str]:
    """What a version calls the two sides."""
    return _NAMES_2_X if version is not None and version.is_2x else _NAMES_1_X


def _services(
    definitions: Definitions, views: Mapping[str, OperationView], names: Mapping[Role, str]
) -> list[ServiceView]:
    services = []
    for role in (Role.CS, Role.CP, None):
        answered = tuple(
            views[operation.action]
            for operation in definitions.operations
            if (role in operation.answering_roles if role else not operation.answering_roles)
        )
        if answered:
            title = f"Answered by the {names[role]}" if role else "Operations"
            services.append(ServiceView(title=title, operations=answered))
    return services


def _operation(
    operation: DefinedOperation, table: TypeTable, names: Mapping[Role, str]
) -> OperationView:
    roles = [role for role in Role if role in operation.answering_roles]
    messages = [_message("Request", f"{operation.action}.req", operation.request, table)]
    if operation.response is not None:
        messages.append(_message("Response", f"{operation.action}.conf", operation.response, table))
    return OperationView(
        action=operation.action,
        directions=tuple(_direction(names[role.other], names[role]) for role in roles),
        messages=tuple(messages),
        **_from_catalogue(operation, roles),
    )


def _direction(asking: str, answering: str) -> str:
    return f"{asking[0].upper()}{asking[1:]} → {answering}"


def _from_catalogue(operation: DefinedOperation, roles: list[Role]) -> dict[str, Any]:
    """What only the catalogue knows."""
    entry = operation.entry
    if entry is None:
        return {}
    return {
        "profile": entry.profile,
        "since": entry.since,
        "is_send": entry.is_send,
        "codes": () if entry.is_send else tuple(codes_of_operation(entry)),
        "prompt_lines": tuple(prompt_line(entry, role.other) for role in roles),
        "answers": tuple(
            AnswerView(hook=entry.hook_name(role), source=plugin_source(entry, role))
            for role in roles
        ),
    }


def _message(title: str, anchor: str, message: DefinedMessage, table: TypeTable) -> MessageView:
    example = message.schema.example()
    return MessageView(
        title=title,
        anchor=anchor,
        rows=table.rows(message.fields, anchor, anchor),
        example=None if message.schema.check(example) else _json(example, 2),
        schema=_json(_without_remarks(message.schema.json_schema), 1),
        envelope=message.envelope,
    )


def _json(value: Any, indent: int) -> str:
    return json.dumps(value, indent=indent, ensure_ascii=False)


def _without_remarks(node: Any) -> Any:
    """A schema without the texts that validators pass over."""
    if isinstance(node, dict):
        return {
            name: _without_remarks(value)
            for name, value in node.items()
            if not (name in _REMARKS and isinstance(value, str))
        }
    if isinstance(node, list):
        return [_without_remarks(item) for item in node]
    return node
