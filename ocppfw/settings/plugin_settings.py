"""The settings of a plugin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ocppfw.errors import SettingsError
from ocppfw.settings.parsers import switch
from ocppfw.settings.values import reject_unknown


class PluginSettings:
    """The settings of one plugin, declared in the plugin as its constant ``SETTINGS``.

    ::

        SETTINGS = PluginSettings(interval=(300, "Seconds between heartbeats."))

    ``SETTINGS.interval`` is then the value: the default, or what ``[plugin.NAME]`` in the
    config file or ``--set NAME.interval=60`` says. The default's type is the value's type.

    Args:
        declared: for each setting, its default (str, int, float or bool) and a help text.

    Raises:
        SettingsError: a declaration is something else, or its name has another meaning here.
    """

    def __init__(self, **declared: tuple[Any, str]) -> None:
        for name, declaration in declared.items():
            _check_declaration(name, declaration)
        self._help = {name: text for name, (_, text) in declared.items()}
        self._values = {name: default for name, (default, _) in declared.items()}

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(f"no setting {name!r} is declared") from None

    def describe(self) -> list[tuple[str, Any, str]]:
        """Name, present value and help text of each setting."""
        return [(name, value, self._help[name]) for name, value in self._values.items()]

    def update(self, plugin: str, given: Mapping[str, Any]) -> None:
        """Take over values.

        Args:
            plugin: the plugin's name, for messages.
            given: values by setting name, as read from TOML or as typed.

        Raises:
            SettingsError: an unknown name or a value of another type than the default's.
        """
        reject_unknown(given, self._values, prefix=f"{plugin}.")
        changed = {name: self._convert(plugin, name, value) for name, value in given.items()}
        self._values.update(changed)

    def _convert(self, plugin: str, name: str, value: Any) -> Any:
        default = self._values[name]
        try:
            if isinstance(default, bool):
                return switch({"true": True, "false": False}.get(value, value))
            if isinstance(value, str):  # also what was typed for a number
                return type(default)(value)
            if type(value) is type(default) or (type(default), type(value)) == (float, int):
                return type(default)(value)
            raise ValueError
        except (TypeError, ValueError):
            wanted = type(default).__name__
            raise SettingsError(f"{plugin}.{name}: must be of type {wanted}") from None


def _check_declaration(name: str, declaration: Any) -> None:
    if name.startswith("_") or hasattr(PluginSettings, name):
        raise SettingsError(f"PluginSettings: {name}: a setting cannot have this name")
    match declaration:
        case (str() | int() | float(), str()):
            return
    wanted = "(default, help): a str, int, float or bool, and a text"
    raise SettingsError(f"PluginSettings: {name}: must be {wanted}")
