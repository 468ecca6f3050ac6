"""The values of all settings, and the config file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from ocppfw.errors import SettingsError
from ocppfw.settings.table import SETTINGS, Setting
from ocppfw.text import did_you_mean


class Settings(SimpleNamespace):
    """The values of all settings, as attributes: ``settings.ping_interval``."""

    @classmethod
    def build(cls, *sources: Mapping[str, Any]) -> Settings:
        """Defaults, changed by each source in turn.

        Args:
            sources: setting names with their values as typed or as read from TOML.

        Raises:
            SettingsError: an unknown name, with the nearest known one, or a wrong value.
        """
        merged: dict[str, Any] = {}
        for source in sources:
            merged.update(source)
        reject_unknown(merged, (setting.name for setting in SETTINGS))
        values = {}
        for setting in SETTINGS:
            given = merged.get(setting.name, setting.default)
            values[setting.attribute] = None if given is None else _parsed(setting, given)
        return cls(**values)


def _parsed(setting: Setting, given: Any) -> Any:
    try:
        return setting.parse(given)
    except ValueError as error:
        raise SettingsError(f"{setting.name}: must be {error}, not {given!r}") from None


def reject_unknown(names: Iterable[str], known: Iterable[str], prefix: str = "") -> None:
    """Raise SettingsError for the first name that is not known, naming the nearest one."""
    known = list(known)
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known, prefix)
            raise SettingsError(f"{prefix}{name}: no such setting{hint}")
