"""Payloads in canonical form, made from the fields of a message."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from ocppfw.catalogue import Field

# Every character of XML 1.0 (production 2).
XML_CHARACTERS = st.characters(
    exclude_categories=("Cs", "Cc"),
    include_characters="\t\n\r\x7f\x80\x85\x9f",
    exclude_characters="\ufffe\uffff",
)


def texts(max_length: int | None) -> st.SearchStrategy[str]:
    return st.text(XML_CHARACTERS, max_size=60 if max_length is None else max_length)


def _date_time(moment: datetime, fraction: str) -> str:
    digits = fraction.rstrip("0")
    return moment.isoformat(timespec="seconds") + (f".{digits}Z" if digits else "Z")


DATE_TIMES = st.builds(_date_time, st.datetimes(), st.text("0123456789", max_size=12))
URIS = st.text("abcXYZ019/._~-&=';?+", max_size=40).map(lambda text: f"ftp://files.example/{text}")
TENTHS = st.integers(-(10**9), 10**9).map(lambda n: n // 10 if n % 10 == 0 else n / 10)


def _values(field: Field) -> st.SearchStrategy[Any]:
    if field.enum:
        return st.sampled_from(field.enum)
    match field.type:
        case "object":
            return payloads(field.fields)
        case "string":
            return texts(field.max_length)
        case "integer":
            return st.integers(-(2**31), 2**31 - 1)
        case "number":
            return TENTHS
        case "boolean":
            return st.booleans()
        case "dateTime":
            return DATE_TIMES
        case "uri":
            return URIS
    raise AssertionError(field)


def _strategy(field: Field) -> st.SearchStrategy[Any]:
    # XML has no empty list: it is the same as none.
    return st.lists(_values(field), min_size=1, max_size=3) if field.is_list else _values(field)


def payloads(fields: Iterable[Field]) -> st.SearchStrategy[dict[str, Any]]:
    """Payloads with any of the optional fields."""
    fields = tuple(fields)
    return st.fixed_dictionaries(
        {field.name: _strategy(field) for field in fields if field.required},
        optional={field.name: _strategy(field) for field in fields if not field.required},
    )
