"""The charge points that are to be started: what settings and templates make of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from ocppfw import __version__
from ocppfw.charge_point import Template
from ocppfw.errors import SettingsError
from ocppfw.service.templates import read_template
from ocppfw.settings import Settings
from ocppfw.versions import SOAP_VERSIONS, OcppVersion, Transport, identity_fault

_OF_SOAP = ("http", "https")
SPOKEN_OVER_SOAP = f"only {', '.join(version.subprotocol for version in SOAP_VERSIONS)}"

#: What a charge point is like of which nobody says it.
USUAL = Template(firmware=__version__)

#: Reads the template of a name.
Reader = Callable[[str], Template]


@dataclass(frozen=True, slots=True)
class Plan:
    """A charge point that is to be started.

    Attributes:
        identity: its name on the wire.
        settings: its settings.
        template: what it is like.
        version: the version that it speaks.
        urls: addresses of its central systems, in the order in which they are tried.
    """

    identity: str
    settings: Settings
    template: Template
    version: OcppVersion
    urls: tuple[str, ...]

    @property
    def transport(self) -> Transport:
        """What the URLs say."""
        return Transport.SOAP if self.settings.is_soap else Transport.WEBSOCKET


def plan_charge_points(identities: Iterable[str], settings: Settings) -> list[Plan]:
    """What is to be started.

    Args:
        identities: the identities.
        settings: the settings of all of them, and of single ones.

    Raises:
        SettingsError: an identity cannot be one, a template cannot be read, or settings contradict
            each other or are missing.
    """
    read = cache(read_template)  # a thousand charge points share one
    return [_plan(identity, settings.for_identity(identity), read) for identity in identities]


def _plan(identity: str, settings: Settings, read: Reader) -> Plan:
    template = _template_of(settings, read)
    version = settings.protocol or template.protocol or OcppVersion.V1_6
    if fault := identity_fault(identity, version):
        raise SettingsError(f"id: {identity!r} {fault}")
    if not settings.url:
        raise SettingsError("url: must be given, such as ws://HOST:PORT/, or http:// for SOAP")
    if settings.is_soap and version not in SOAP_VERSIONS:
        name = version.subprotocol
        raise SettingsError(f"protocol: {name} is not spoken over SOAP, {SPOKEN_OVER_SOAP}")
    if len({urlsplit(url).scheme in _OF_SOAP for url in settings.url}) > 1:
        raise SettingsError("url: http:// and ws:// cannot be mixed, SOAP and WebSocket")
    return Plan(identity, settings, template, version, tuple(settings.url))


def _template_of(settings: Settings, read: Reader) -> Template:
    if settings.template is None:
        count = settings.connectors
        return USUAL if count is None else _with_connectors(count)
    if settings.connectors is not None:
        name = settings.template
        raise SettingsError(f"connectors: stand in the template {name}; give one of the two")
    return read(settings.template)


@cache
def _with_connectors(count: int) -> Template:
    return USUAL.with_connectors(count)
