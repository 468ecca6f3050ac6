"""Folders of JSON Schemas -> definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from docgen.definitions import DefinedMessage, DefinedOperation
from docgen.json_lines import line_of
from ocppfw.catalogue import PayloadSchema
from ocppfw.catalogue.schemas import JsonSchema, read_fields
from ocppfw.errors import CatalogueError

_BOM = b"\xef\xbb\xbf"
_DRAFTS = (
    "http://json-schema.org/draft-04/schema#",
    "http://json-schema.org/draft-06/schema#",
)
_NAME = re.compile(r"(\w+?)(Request|Response|)")
_FORMATS = ("date-time", "uri")
# Far beyond any message of OCPP, far below what Python's recursion stands.
_DEEPEST = 64
# Keywords that say what a payload is made of in a way that a table of fields cannot show.
_BRANCHES = ("allOf", "anyOf", "oneOf", "not", "patternProperties")

_Place = tuple[str | int, ...]


def read_schemas(paths: list[Path]) -> list[DefinedOperation]:
    """The operations that some schema files describe.

    Args:
        paths: files named as those of the Open Charge Alliance: ``ResetRequest.json`` or
            ``Reset.json``, and ``ResetResponse.json``.

    Raises:
        CatalogueError: a file is no such schema; names file, line and reason.
    """
    requests: dict[str, Path] = {}
    responses: dict[str, Path] = {}
    for path in paths:
        found = _NAME.fullmatch(path.stem)
        if found is None:
            raise CatalogueError(f"{path}, line 1: the file is not named after an action")
        table = responses if found[2] == "Response" else requests
        if found[1] in table:
            raise CatalogueError(f"{path}, line 1: {table[found[1]]} describes the same message")
        table[found[1]] = path
    for action in responses.keys() - requests.keys():
        raise CatalogueError(f"{responses[action]}, line 1: there is no request of {action}")
    return [_operation(action, requests[action], responses.get(action)) for action in requests]


def _operation(action: str, request: Path, response: Path | None) -> DefinedOperation:
    return DefinedOperation(
        action=action,
        answering_roles=frozenset(),
        request=_message(f"{action}Request", request),
        response=None if response is None else _message(f"{action}Response", response),
    )


def _message(name: str, path: Path) -> DefinedMessage:
    schema = _load(path)
    payload_schema = PayloadSchema(name, schema, partial(read_fields, schema))
    return DefinedMessage(schema=payload_schema, fields=payload_schema.fields)


def _load(path: Path) -> JsonSchema:
    try:
        text = path.read_bytes().removeprefix(_BOM).decode()
        schema: Any = orjson.loads(text)
    except OSError as error:
        raise CatalogueError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise CatalogueError(f"{path}, line {line}: not UTF-8") from error
    except orjson.JSONDecodeError as error:
        raise CatalogueError(f"{path}, line {error.lineno}: {error.msg}") from error
    try:
        for place, reason in _faults(schema):
            raise CatalogueError(f"{path}, line {line_of(text, place)}: {reason}")
    except RecursionError:
        raise CatalogueError(f"{path}, line 1: nested too deeply") from None
    schema.setdefault("properties", {})
    return dict(schema)


def _faults(schema: Any) -> Iterator[tuple[_Place, str]]:
    """Where a file is not a schema that the catalogue can read, and why; the first is enough."""
    if not isinstance(schema, dict) or schema.get("$schema") not in _DRAFTS:
        yield (), f"not a JSON Schema: $schema must be {' or '.join(_DRAFTS)}"
    if _depth(schema) > _DEEPEST:
        yield (), "nested too deeply"
    try:
        jsonschema_rs.meta.validate(schema)
    except jsonschema_rs.ValidationError as error:
        yield tuple(error.instance_path), f"not a valid JSON Schema: {error.message}"
    if schema.get("type") != "object":
        yield (), "the schema of a message must have the type object"
    yield from _faults_of_members(schema, schema, (), ())


def _depth(node: Any) -> int:
    """How many objects and lists are inside each other."""
    if not isinstance(node, dict | list):
        return 0
    members = node.values() if isinstance(node, dict) else node
    return 1 + max(map(_depth, members), default=0)


def _faults_of_members(
    node: JsonSchema, schema: JsonSchema, place: _Place, above: tuple[str, ...]
) -> Iterator[tuple[_Place, str]]:
    for keyword in _BRANCHES:
        if keyword in node:
            yield (*place, keyword), f"{keyword} is not supported"
    for name, child in node.get("properties", {}).items():
        yield from _faults_of_value(child, schema, (*place, "properties", name), above)


def _faults_of_value(
    node: Any, schema: JsonSchema, place: _Place, above: tuple[str, ...]
) -> Iterator[tuple[_Place, str]]:
    if not isinstance(node, dict):
        yield place, f"{str(node).lower()} in the place of a schema is not supported"
    elif "$ref" in node:
        name = str(node["$ref"]).removeprefix("#/definitions/")
        definition = schema.get("definitions", {}).get(name)
        if definition is None:
            yield (*place, "$ref"), f"{node['$ref']} is not defined in this file"
        elif name in above:
            yield (*place, "$ref"), f"{name} contains itself"
        else:
            yield from _faults_of_value(definition, schema, ("definitions", name), (*above, name))
    elif node.get("type") == "array":
        yield from _faults_of_list(node, schema, place, above)
    elif isinstance(node.get("type"), list):
        yield (*place, "type"), "several types for one value are not supported"
    elif node.get("format", "uri") not in _FORMATS:
        yield (*place, "format"), f"the format {node['format']} is not supported"
    else:
        yield from _faults_of_members(node, schema, place, above)


def _faults_of_list(
    node: JsonSchema, schema: JsonSchema, place: _Place, above: tuple[str, ...]
) -> Iterator[tuple[_Place, str]]:
    items = node.get("items")
    if not isinstance(items, dict):
        yield place, "a list must say what all its items are"
    elif items.get("type") == "array":
        yield (*place, "items"), "a list of lists is not supported"
    else:
        yield from _faults_of_value(items, schema, (*place, "items"), above)
