"""Reads templates: what a TOML file says a charge point is like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ocppfw.catalogue import FeatureProfile, load_catalogue
from ocppfw.charge_point import CarTemplate, ConnectorTemplate, Template
from ocppfw.charge_point.configuration_keys import check_preset, known_keys
from ocppfw.errors import SettingsError
from ocppfw.service.template_schema import (
    KEYS,
    KEYS_OF_CAR,
    KEYS_OF_CONNECTOR,
    KEYS_OF_METER,
    read_table,
)
from ocppfw.settings import read_template_file
from ocppfw.text import did_you_mean
from ocppfw.versions import OcppVersion, Role


def read_template(name: str) -> Template:
    """A template.

    Args:
        name: as in the setting ``template``.

    Raises:
        SettingsError: there is no such one, or something in it is wrong; the text names the
            template, and table and key of the mistake.
    """
    try:
        return build_template(read_template_file(name))
    except SettingsError as error:
        raise SettingsError(f"template {name}: {error}") from None


def build_template(content: Mapping[str, Any]) -> Template:
    """The template that was read from TOML.

    Raises:
        SettingsError: a key is unknown, or has a wrong value; the text names table and key.
    """
    top = read_table("", content, KEYS)
    _check_profiles(top)
    _check_actions(top.get("refuses", ()))
    _check_configuration(top.get("configuration", ()))
    meter = read_table("meter", top.pop("meter", {}), KEYS_OF_METER)
    cars = read_table("cars", top.pop("cars", {}), KEYS_OF_CAR)
    top |= {f"meter_{name}": value for name, value in meter.items()}
    if "connectors" in top:
        top["connectors"] = tuple(
            ConnectorTemplate(**read_table(f"connectors[{number}]", table, KEYS_OF_CONNECTOR))
            for number, table in enumerate(top["connectors"], 1)
        )
    return Template(**top, cars=CarTemplate(**cars))


def _check_profiles(top: Mapping[str, Any]) -> None:
    """Core is what makes a charge point (1.6 section 3.3)."""
    if FeatureProfile.CORE not in top.get("profiles", {FeatureProfile.CORE}):
        raise SettingsError("profiles: must hold Core, without which there is no charge point")


def _check_actions(actions: Iterable[str]) -> None:
    known = {
        action for version in OcppVersion for action in load_catalogue(version).answered_by(Role.CP)
    }
    for action in actions:
        if action not in known:
            hint = did_you_mean(action, known)
            raise SettingsError(f"refuses: {action}: no action that charge points answer{hint}")


def _check_configuration(values: tuple[tuple[str, str], ...]) -> None:
    known = known_keys()
    names = {name.lower() for name in known}
    for name, value in values:
        if name.lower() not in names:
            hint = did_you_mean(name, known)
            raise SettingsError(f"configuration.{name}: no such key in 1.2, 1.5 or 1.6{hint}")
        try:
            check_preset(name, value)
        except ValueError as error:
            raise SettingsError(f"configuration.{name}: {error}, not {value!r}") from None
