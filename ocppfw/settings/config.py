"""The config file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ocppfw.errors import SettingsError
from ocppfw.settings.values import Settings


@dataclass(frozen=True, slots=True)
class Config:
    """What a config file holds, as read from TOML.

    Attributes:
        settings: the settings by name.
        plugins: the settings of plugins, by the plugins' names.
        identities: the settings of single charge points, by identity.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    plugins: dict[str, dict[str, Any]] = field(default_factory=dict)
    identities: dict[str, dict[str, Any]] = field(default_factory=dict)


def read_config(path: Path) -> Config:
    """Read a config file.

    Args:
        path: a TOML file whose top-level keys are setting names; plugins have their own
            settings in tables ``[plugin.NAME]``, single charge points in ``[identity."ID"]``.

    Raises:
        SettingsError: the file cannot be read, is not TOML, or has a setting that is unknown or
            has a wrong value; the text names file and reason.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror or error}") from error
    except RecursionError:
        raise SettingsError(f"{path}: tables or lists are nested too deeply") from None
    except ValueError as error:  # not UTF-8, not TOML, a number of thousands of digits
        raise SettingsError(f"{path}: {error}") from error
    try:
        # ``plugin`` is a list of names where it is a setting, and a table of tables where not.
        plugins = _tables(content, "plugin") if isinstance(content.get("plugin"), dict) else {}
        identities = _tables(content, "identity")
        Settings.build(content, identities=identities)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from None
    return Config(content, plugins, identities)


def _tables(content: dict[str, Any], key: str) -> dict[str, dict[str, Any]]:
    """Take the tables ``[key.NAME]`` out of a file."""
    tables = content.pop(key, {})
    if not isinstance(tables, dict):
        raise SettingsError(f"{key}: must be tables, [{key}.NAME]")
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise SettingsError(f"{key}.{name}: must be a table, [{key}.{name}]")
    return tables
