"""The values of all settings: of the process, and of single charge points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ocppfw.errors import SettingsError
from ocppfw.settings.central_system import CentralSystemSettings
from ocppfw.settings.charge_point import ChargePointSettings
from ocppfw.settings.connections import ConnectionSettings
from ocppfw.settings.general import GeneralSettings
from ocppfw.settings.setting import Setting, declared_in
from ocppfw.settings.soap import SoapSettings
from ocppfw.text import did_you_mean
from ocppfw.versions import Role, identity_fault

#: Values as typed or as read from TOML, by the names of settings.
Given = Mapping[str, Any]


@dataclass(kw_only=True, repr=False)
class Settings(
    GeneralSettings, CentralSystemSettings, ChargePointSettings, ConnectionSettings, SoapSettings
):
    """The values of all settings, as attributes: ``settings.ping_interval``.

    Attributes:
        identities: those of single charge points, by identity.
    """

    identities: dict[str, Settings] = field(default_factory=dict)

    @classmethod
    def build(cls, *sources: Given, identities: Mapping[str, Given] | None = None) -> Settings:
        """Defaults, changed by each source in turn.

        Args:
            sources: setting names with their values as typed or as read from TOML.
            identities: the same for single charge points, by identity; they win over all sources.

        Raises:
            SettingsError: an unknown name, with the nearest known one, a wrong value, or a
                setting that a single charge point cannot have.
        """
        merged: dict[str, Any] = {}
        for source in sources:
            for name in _INSTEAD.keys() & source:
                merged.pop(_INSTEAD[name], None)
            merged.update(source)
        reject_unknown(merged, _BY_NAME)
        settings = cls(**_values(merged))
        for identity, given in (identities or {}).items():
            own = _own_values(identity, given, settings.role)
            settings.identities[identity] = IdentitySettings(settings, own)
        return settings

    def for_identity(self, identity: str) -> Settings:
        """The settings for one charge point: its own, and for all else these."""
        return self.identities.get(identity, self)


class IdentitySettings(Settings):
    """The settings of one charge point; what it has none of its own for, it shares, live.

    Args:
        shared: the settings of all.
        own: its own values, by attribute.
    """

    def __init__(self, shared: Settings, own: Mapping[str, Any]) -> None:
        self._shared = shared
        vars(self).update(own)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(vars(self)["_shared"], attribute)


#: The settings by topic, for the reader.
TOPICS: dict[str, tuple[Setting, ...]] = {
    str(topic.__doc__).rstrip("."): tuple(declared_in(topic)) for topic in Settings.__bases__
}
#: Every setting, once: this list feeds the command line, ``--help``, the config file and the docs.
SETTINGS: tuple[Setting, ...] = tuple(setting for each in TOPICS.values() for setting in each)
_BY_NAME = {setting.name: setting for setting in SETTINGS}

# Two ways to say one thing: who wins with the first of them has also won over the second.
_INSTEAD = {
    "password-file": "authorization-key-file",
    "authorization-key-file": "password-file",
    "template": "connectors",
}


def reject_unknown(names: Iterable[str], known: Iterable[str], prefix: str = "") -> None:
    """Raise SettingsError for the first name that is not known, naming the nearest one."""
    known = list(known)
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known, prefix)
            raise SettingsError(f"{prefix}{name}: no such setting{hint}")


def _values(given: Given, prefix: str = "") -> dict[str, Any]:
    """Values by attribute."""
    found = ((_BY_NAME[name], value) for name, value in given.items())
    return {setting.attribute: setting.value_of(value, prefix) for setting, value in found}


def _own_values(identity: str, given: Given, role: Role | None) -> dict[str, Any]:
    """The values of a charge point's own, by attribute."""
    if fault := identity_fault(identity):
        raise SettingsError(f"identity.{identity!r}: {fault}")
    prefix = f"identity.{identity}."
    reject_unknown(given, _BY_NAME, prefix)
    possible = [each.name for each in SETTINGS if each.own and role in (None, *each.own)]
    for name in given:
        if name not in possible:
            whose = f"a charge point{' of a central system' if role is Role.CS else ''}"
            raise SettingsError(
                f"{prefix}{name}: {whose} has none of its own, only {', '.join(possible)}"
            )
    not_shared = {_INSTEAD[name]: None for name in _INSTEAD.keys() & given}
    return _values({**not_shared, **given}, prefix)
