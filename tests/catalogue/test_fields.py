"""Fields and JSON Schema of a message say the same, whichever was made from the other."""

from __future__ import annotations

from typing import Any

import pytest

from ocppfw.catalogue import Field
from ocppfw.catalogue.fields import field_at
from tests.catalogue.messages import MESSAGES, Message

FORMATS = {"date-time": "dateTime", "uri": "uri"}


def compare(fields: tuple[Field, ...], node: dict[str, Any], root: dict[str, Any]) -> None:
    synonyms = {field.synonym for field in fields} - {None}
    properties = node.get("properties", {})
    assert [field.name for field in fields] == [name for name in properties if name not in synonyms]
    for field in fields:
        if field.synonym is None:
            assert field.required == (field.name in node.get("required", [])), field
        else:
            assert properties[field.synonym] == properties[field.name]
            assert node["oneOf"] == [{"required": [field.name]}, {"required": [field.synonym]}]
        compare_field(field, resolve(properties[field.name], root), root)


def resolve(node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    resolved: dict[str, Any] = root["definitions"][node["$ref"].rpartition("/")[2]]
    return resolved


def compare_field(field: Field, node: dict[str, Any], root: dict[str, Any]) -> None:
    assert field.is_list == (node.get("type") == "array"), field
    if field.is_list:
        counts = (node.get("minItems"), node.get("maxItems"))
        assert (field.min_items, field.max_items) == counts, field
        node = resolve(node["items"], root)
    else:
        assert (field.min_items, field.max_items) == (None, None), field
    kind = FORMATS.get(node.get("format", ""), node.get("type", "any"))
    assert field.type == kind or (field.type, kind) == ("uri", "string"), field
    assert list(field.enum) == node.get("enum", []), field
    assert field.max_length == node.get("maxLength"), field
    assert (field.minimum, field.maximum) == (node.get("minimum"), node.get("maximum")), field
    assert field.multiple_of == node.get("multipleOf"), field
    is_object = node.get("type") == "object"
    assert field.is_open == (is_object and node.get("additionalProperties") is not False), field
    compare(field.fields, node, root)


@pytest.mark.parametrize("message", MESSAGES, ids=str)
def test_fields_and_schema_agree(message: Message) -> None:
    compare(message.schema.fields, message.schema.json_schema, message.schema.json_schema)


def test_a_path_leads_to_its_field() -> None:
    (schema,) = (
        each.schema for each in MESSAGES if str(each) == "1.5-websocket-MeterValuesRequest"
    )
    value = field_at(schema.fields, ("values", 0, "value"))
    assert value is not None
    assert value.name == "values"
    assert field_at(schema.fields, ("values", 3, "values", 7, "unit")) is not None
    assert field_at(schema.fields, ("values", 0, "none", "unit")) is None
    assert field_at(schema.fields, ()) is None
