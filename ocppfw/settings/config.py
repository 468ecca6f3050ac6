"""The config file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from ocppfw.errors import SettingsError
from ocppfw.settings.values import Settings


def read_config(path: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Read a config file.

    Args:
        path: a TOML file whose top-level keys are setting names; plugins have their own
            settings in tables ``[plugin.NAME]``.

    Returns:
        The settings by name, and the plugins' settings by plugin name.

    Raises:
        SettingsError: the file cannot be read, is no TOML, or has a setting that is unknown or
            has a wrong value; the text names file and reason.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    # ``plugin`` is a list of names where it is a setting, and a table of tables where not.
    plugins = content.pop("plugin") if isinstance(content.get("plugin"), dict) else {}
    for name, table in plugins.items():
        if not isinstance(table, dict):
            raise SettingsError(f"{path}: plugin.{name}: must be a table, [plugin.{name}]")
    try:
        Settings.build(content)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from None
    return content, plugins
