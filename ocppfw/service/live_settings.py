"""The settings that can change while a station runs, and when a change takes effect."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ocppfw.catalogue import Field
from ocppfw.errors import SettingsError
from ocppfw.service.arguments import plain
from ocppfw.settings import SETTINGS, VALIDATION, Setting
from ocppfw.stations.station import Station
from ocppfw.stations.trace import Trace
from ocppfw.text import did_you_mean
from ocppfw.versions import OcppVersion, Role


class Effect(enum.StrEnum):
    """When a changed setting takes effect."""

    NOW = "now"
    NEXT_CONNECTION = "from the next connection on"
    RESTART = "needs a restart"


_EFFECTS = {
    "call-timeout": Effect.NOW,
    "hook-timeout": Effect.NOW,
    "ping-interval": Effect.NOW,
    "ping-timeout": Effect.NOW,
    "reconnect-delay": Effect.NOW,
    "reconnect-max-delay": Effect.NOW,
    "return-interval": Effect.NOW,
    "soap-address": Effect.NOW,
    "trace": Effect.NOW,
    "validation": Effect.NOW,
    "calls-in-flight": Effect.NEXT_CONNECTION,
    "default-protocol": Effect.NEXT_CONNECTION,
    "identity-from": Effect.NEXT_CONNECTION,
    "max-queued-calls": Effect.NEXT_CONNECTION,
    "no-subprotocol": Effect.NEXT_CONNECTION,
    "origins": Effect.NEXT_CONNECTION,
}
# What completion offers for those that are no numbers; some take other words, too.
_WORDS = {
    "default-protocol": (*(version.subprotocol for version in OcppVersion), "none"),
    "identity-from": ("path",),
    "no-subprotocol": ("close", "refuse"),
    "origins": ("all",),
    "soap-address": ("ID=http://127.0.0.1:9001/",),
    "trace": ("on", "off"),
    "validation": VALIDATION,
}
_OLD_NAMES = {"websocket-ping-interval": "ping-interval"}
_PRINT_XML = "print_xml"
# Of the program rather than of a station.
_OTHERS = ("role", "plugins", "plugin", "manual", "id", "count")
_BY_NAME = {setting.name: setting for setting in SETTINGS if setting.name not in _OTHERS}


def effect_of(setting: Setting) -> Effect:
    """When a change of a setting takes effect."""
    return _EFFECTS.get(setting.name, Effect.RESTART)


@dataclass(frozen=True, slots=True)
class Change:
    """A setting with its new value."""

    setting: Setting
    value: Any

    def apply(self, stations: Sequence[Station], trace: Trace) -> str:
        """Change it for all these stations; what to say about it.

        Raises:
            SettingsError: they do not have the setting.
        """
        name = self.setting.name
        if self.setting.role not in (None, stations[0].role):
            raise SettingsError(f"{name}: is only for {self.setting.role}")
        if name == "default-protocol":
            for station in stations:
                station.settings.check_default_protocol(self.value)
        if name == "trace":  # one for all stations
            trace.shows = self.value
        for station in stations:
            self._set(station)
        return f"{name}={shown_value(self.setting.mask(self.value))} ({_EFFECTS[name]})"

    def _set(self, station: Station) -> None:
        attribute, value = self.setting.attribute, self.value
        if isinstance(value, dict):  # others keep what they have
            value = getattr(station.settings, attribute) | value
        setattr(station.settings, attribute, value)
        station.setting_changed(self.setting.name)


@dataclass(frozen=True, slots=True)
class PrintXml:
    """Whether the envelopes of a role are shown as XML; of the trace rather than of a station."""

    value: bool

    def apply(self, stations: Sequence[Station], trace: Trace) -> str:
        """Change it; what to say about it."""
        role = stations[0].role
        (trace.xml_of.add if self.value else trace.xml_of.discard)(role)
        return f"{_PRINT_XML}={'true' if self.value else 'false'} ({Effect.NOW})"


def parse_changes(assignments: Sequence[tuple[str, str]]) -> list[Change | PrintXml]:
    """What was typed as ``name=value``; all or nothing.

    Raises:
        SettingsError: a setting is unknown, cannot change, or cannot have this value.
    """
    return [_parse_change(name, plain(text)) for name, text in assignments]


def _parse_change(typed: str, text: str) -> Change | PrintXml:
    if typed == _PRINT_XML:
        return _parse_print_xml(text)
    name = typed.replace("_", "-")
    setting = _BY_NAME.get(_OLD_NAMES.get(name, name))
    if setting is None:
        raise SettingsError(f"{typed}: no such setting{did_you_mean(name, _BY_NAME)}")
    if setting.name not in _EFFECTS:
        raise SettingsError(f"{typed}: cannot change while running; start a station with it")
    try:
        return Change(setting, setting.parse(text))
    except ValueError as error:
        shown = setting.mask(text)
        raise SettingsError(f"{typed}: must be {error}, not {shown!r}") from None


def _parse_print_xml(text: str) -> PrintXml:
    if text not in ("true", "false"):
        raise SettingsError(f"{_PRINT_XML}: must be true or false, not {text!r}")
    return PrintXml(text == "true")


def setting_fields() -> list[Field]:
    """The settings that can change, for completion."""
    numbers = ["websocket_ping_interval", *(name for name in _EFFECTS if name not in _WORDS)]
    fields = [Field(name=name.replace("-", "_"), type="number") for name in numbers]
    for name, words in _WORDS.items():
        fields.append(Field(name=name.replace("-", "_"), type="string", enum=words))
    return [*fields, Field(name=_PRINT_XML, type="boolean")]


def describe_settings(stations: Sequence[Station], role: Role, trace: Trace) -> Iterator[str]:
    """All settings of a role, with their values and when a change takes effect."""
    for setting in _BY_NAME.values():
        if setting.role not in (None, role):
            continue
        if setting.name == "trace":
            values = [shown_value(trace.shows)]
        else:
            found = (getattr(each.settings, setting.attribute) for each in stations)
            values = [shown_value(setting.mask(value)) for value in found]
        effect = effect_of(setting)
        shown = " | ".join(dict.fromkeys(values))
        yield f"  {setting.name}={shown}  {setting.help} ({effect})"
    shown = "true" if role in trace.xml_of else "false"
    yield f"  {_PRINT_XML}={shown}  Show the XML of SOAP messages. ({Effect.NOW})"


def shown_value(value: Any) -> str:
    """A value as it would be typed."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, OcppVersion):
        return value.subprotocol
    if isinstance(value, dict):
        return ",".join(each if key is None else f"{key}={each}" for key, each in value.items())
    return ",".join(map(shown_value, value)) if isinstance(value, (list, tuple)) else str(value)
