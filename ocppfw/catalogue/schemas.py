"""JSON Schema <-> fields, and where the schema files of 1.6, 2.0.1 and 2.1 are.

The files are those of the Open Charge Alliance as the PyPI package ``ocpp`` carries them:
OCPP-J 1.6 and the 1.6 security whitepaper, part 3 of 2.0.1 and 2.1.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from ocppfw.catalogue.fields import Field, FieldType
from ocppfw.errors import CatalogueError
from ocppfw.versions import OcppVersion

JsonSchema = dict[str, Any]

_BOM = b"\xef\xbb\xbf"
# Folder in the package, and what follows the action in the file name of a request.
_FOLDERS = {
    OcppVersion.V1_6: ("v16", ""),
    OcppVersion.V2_0_1: ("v201", "Request"),
    OcppVersion.V2_1: ("v21", "Request"),
}


def load_request_schema(version: OcppVersion, action: str) -> JsonSchema:
    """The JSON Schema of a request.

    Args:
        version: 1.6, 2.0.1 or 2.1.
        action: such as ``Heartbeat``.

    Raises:
        CatalogueError: the file is missing or is not JSON.
    """
    return _load(version, f"{action}{_FOLDERS[version][1]}.json")


def load_response_schema(version: OcppVersion, action: str) -> JsonSchema:
    """The JSON Schema of a response; arguments and errors as in ``load_request_schema``."""
    return _load(version, f"{action}Response.json")


def load_send_schema(version: OcppVersion, action: str) -> JsonSchema:
    """The JSON Schema of an unconfirmed message; otherwise as ``load_request_schema``."""
    return _load(version, f"{action}.json")


def _load(version: OcppVersion, name: str) -> JsonSchema:
    path = _package_folder() / _FOLDERS[version][0] / "schemas" / name
    try:
        schema: JsonSchema = orjson.loads(path.read_bytes().removeprefix(_BOM))
    except OSError as error:
        raise CatalogueError(f"{path}: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise CatalogueError(f"{path}, line {error.lineno}: {error.msg}") from error
    # Some empty messages of the whitepaper leave it out; the validator then names no field.
    schema.setdefault("properties", {})
    return schema


@cache
def _package_folder() -> Path:
    """Where the package ``ocpp`` is; importing it would load asyncio and much else."""
    spec = importlib.util.find_spec("ocpp")
    if spec is None or not spec.submodule_search_locations:
        raise CatalogueError("the package ocpp, which has the JSON schemas, is not installed")
    return Path(spec.submodule_search_locations[0])


def read_fields(schema: JsonSchema) -> tuple[Field, ...]:
    """The fields of an object schema, in its order."""
    return _members(schema, schema.get("definitions", {}))


def _members(node: JsonSchema, definitions: JsonSchema) -> tuple[Field, ...]:
    required = node.get("required", ())
    return tuple(
        replace(_field(name, child, definitions), required=name in required)
        for name, child in node.get("properties", {}).items()
    )


def _field(name: str, node: JsonSchema, definitions: JsonSchema) -> Field:
    if "$ref" in node:
        type_name = node["$ref"].rpartition("/")[2]
        return replace(_field(name, definitions[type_name], definitions), type_name=type_name)
    if node.get("type") == "array":
        return replace(
            _field(name, node["items"], definitions),
            is_list=True,
            min_items=node.get("minItems"),
            max_items=node.get("maxItems"),
        )
    return Field(
        name=name,
        type=_field_type(node),
        max_length=node.get("maxLength"),
        minimum=node.get("minimum"),
        maximum=node.get("maximum"),
        multiple_of=node.get("multipleOf"),
        enum=tuple(node.get("enum", ())),
        fields=_members(node, definitions),
        is_open="properties" in node and node.get("additionalProperties") is not False,
    )


_FORMATS: dict[str, FieldType] = {"date-time": "dateTime", "uri": "uri"}


def _field_type(node: JsonSchema) -> FieldType:
    if "format" in node:
        return _FORMATS[node["format"]]
    kind: FieldType = node.get("type", "any")
    return kind


def json_schema_of(title: str, fields: Iterable[Field]) -> JsonSchema:
    """The JSON Schema (draft 4) of fields that were read from a WSDL.

    Args:
        title: name of the message.
        fields: what it has; other members are not allowed.
    """
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": title,
        **_object_schema(fields),
    }


def _object_schema(fields: Iterable[Field]) -> JsonSchema:
    schema: JsonSchema = {"type": "object", "properties": {}, "additionalProperties": False}
    for field in fields:
        schema["properties"][field.name] = _field_schema(field)
        if field.synonym is not None:
            schema["properties"][field.synonym] = _field_schema(field)
            schema["oneOf"] = [{"required": [field.name]}, {"required": [field.synonym]}]
        elif field.required:
            schema.setdefault("required", []).append(field.name)
    return schema


def _field_schema(field: Field) -> JsonSchema:
    item = _object_schema(field.fields) if field.type == "object" else _simple_schema(field)
    if not field.is_list:
        return item
    schema: JsonSchema = {"type": "array", "items": item}
    if field.min_items is not None:
        schema["minItems"] = field.min_items
    return schema


def _simple_schema(field: Field) -> JsonSchema:
    if field.type == "dateTime":
        return {"type": "string", "format": "date-time"}
    # anyURI of XML Schema takes nearly any text, the format "uri" of JSON Schema does not.
    schema: JsonSchema = {"type": "string" if field.type == "uri" else field.type}
    if field.enum:
        schema["enum"] = list(field.enum)
    if field.max_length is not None:
        schema["maxLength"] = field.max_length
    if field.multiple_of is not None:
        schema["multipleOf"] = field.multiple_of
    return schema
