"""The tables of a template in TOML: their keys, and what each may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ocppfw.catalogue import FeatureProfile
from ocppfw.errors import SettingsError
from ocppfw.settings.parsers import integer, protocol
from ocppfw.text import did_you_mean

#: What a key may be: gives the value, or raises ValueError with what it should have been.
Keys = Mapping[str, Callable[[Any], Any]]

#: ConnectorEnumType of 2.0.1.
CONNECTOR_TYPES = (
    *("cCCS1", "cCCS2", "cG105", "cTesla", "cType1", "cType2", "s309-1P-16A", "s309-1P-32A"),
    *("s309-3P-16A", "s309-3P-32A", "sBS1361", "sCEE-7-7", "sType2", "sType3"),
    *("Other1PhMax16A", "Other1PhOver16A", "Other3Ph", "Pan", "wInductive", "wResonant"),
    *("Undetermined", "Unknown"),
)
MOST_CONNECTORS = 100


def read_table(place: str, content: Any, keys: Keys) -> dict[str, Any]:
    """The values of a table, by the names that they have in Python.

    Args:
        place: where it stands, such as ``connectors[1]``; empty for the whole file.
        content: what was read from TOML.
        keys: what it may hold.

    Raises:
        SettingsError: it is no table, or a key is unknown or has a wrong value.
    """
    prefix = f"{place}." if place else ""
    if not isinstance(content, dict):
        raise SettingsError(f"{place}: must be a table, not {content!r}")
    found = {}
    for name, value in content.items():
        if name not in keys:
            hint = did_you_mean(name, keys, prefix)
            raise SettingsError(f"{prefix}{name}: no such key{hint}")
        try:
            found[name.replace("-", "_")] = keys[name](value)
        except ValueError as error:
            raise SettingsError(f"{prefix}{name}: must be {error}, not {value!r}") from None
    return found


def _text(longest: int) -> Callable[[Any], str]:
    """A text of printable characters, not empty."""

    def parse(value: Any) -> str:
        if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= longest:
            raise ValueError(f"a text of 1 to {longest} characters, all of them printable")
        return value

    return parse


def _number(low: int, high: int) -> Callable[[Any], int]:
    """A whole number, which TOML knows from a text."""
    parse_any = integer(low, high)

    def parse(value: Any) -> int:
        return parse_any(None if isinstance(value, str) else value)

    return parse


def _range(low: int, high: int) -> Callable[[Any], tuple[int, int]]:
    """One whole number, or two as a list: the least and the most."""
    parse_number = _number(low, high)

    def parse(value: Any) -> tuple[int, int]:
        ends = value if isinstance(value, list) and len(value) == 2 else [value, value]
        try:
            least, most = map(parse_number, ends)
        except ValueError as error:
            raise ValueError(f"{error}, or two of them: [least, most]") from None
        if least > most:
            raise ValueError("[least, most], the smaller number first")
        return least, most

    return parse


def _connector_type(value: Any) -> str:
    if value not in CONNECTOR_TYPES:
        raise ValueError(f"one of {', '.join(CONNECTOR_TYPES)}")
    return str(value)


def _profiles(value: Any) -> frozenset[FeatureProfile]:
    try:
        return frozenset(map(FeatureProfile, _texts(value)))
    except ValueError:
        raise ValueError(f"a list of some of {', '.join(FeatureProfile)}") from None


def _names(value: Any) -> frozenset[str]:
    return frozenset(_texts(value))


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError("a list of texts")
    return value


def _configuration(value: Any) -> tuple[tuple[str, str], ...]:
    """Names and values, which are texts on the wire."""
    if not isinstance(value, dict):
        raise ValueError("a table of configuration keys")
    return tuple((name, _configured(each)) for name, each in value.items())


def _configured(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | str):
        return str(value)
    raise ValueError("a table of texts, whole numbers, true and false")


def _tables(value: Any) -> list[Any]:
    if not isinstance(value, list) or not 0 < len(value) <= MOST_CONNECTORS:
        raise ValueError(f"1 to {MOST_CONNECTORS} tables, each [[connectors]]")
    return value


def _any(value: Any) -> Any:
    """A table that is read by itself."""
    return value


#: Lengths are those of BootNotification of 1.6, the narrowest.
KEYS: Keys = {
    "description": _text(200),
    "protocol": protocol,
    "vendor": _text(20),
    "model": _text(20),
    "firmware": _text(50),
    "serial": _text(25),
    "box-serial": _text(25),
    "iccid": _text(20),
    "imsi": _text(20),
    "profiles": _profiles,
    "refuses": _names,
    "configuration": _configuration,
    "connectors": _tables,
    "meter": _any,
    "cars": _any,
}
KEYS_OF_METER: Keys = {"type": _text(25), "serial": _text(25)}
KEYS_OF_CONNECTOR: Keys = {
    "type": _connector_type,
    "phases": _number(0, 3),
    "power": _number(1, 10_000_000),
    "voltage": _number(1, 2000),
}
KEYS_OF_CAR: Keys = {
    "capacity": _range(1000, 10_000_000),
    "power": _range(100, 10_000_000),
    "phases": _number(1, 3),
    "soc": _range(0, 99),
    "pause": _range(0, 10_000_000),
    "stay": _range(1, 10_000_000),
}
