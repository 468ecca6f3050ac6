"""What a station can be asked and can ask in one version, as one transport carries it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from ocppfw.catalogue import Form, Operation, load_catalogue
from ocppfw.charge_point import Template
from ocppfw.hooks.manager import PluginManager
from ocppfw.hooks.registry import Implementation
from ocppfw.interfaces import Host
from ocppfw.versions import OcppVersion, Role, Transport


class Offer:
    """The operations of both sides, and who implements a hook.

    Args:
        station: our side.
        version: the version of the connections.
        transport: what the connections are; not every operation is in OCPP-S.
        plugins: who implements hooks.

    Attributes:
        answered: what our side answers, by action.
        called: what the other side answers, by action.
    """

    def __init__(
        self, station: Host, version: OcppVersion, transport: Transport, plugins: PluginManager
    ) -> None:
        self.station = station
        self.version = version
        self._transport = transport
        self._plugins = plugins
        self.answered = _forms(version, station.role, transport)
        self.called = _forms(version, station.role.other, transport)

    def implementations(self, hook: str) -> tuple[Implementation, ...]:
        """Who implements a hook for these connections, in the order in which they are called."""
        return self._plugins.implementations(hook, self.station.role, self.version)

    @property
    def language(self) -> str:
        """What is spoken, for messages."""
        over = " over SOAP" if self._transport is Transport.SOAP else ""
        return f"OCPP {self.version}{over}"


@cache
def _forms(version: OcppVersion, role: Role, transport: Transport) -> Mapping[str, Form]:
    """What a role answers, as a transport carries it; the same object for all stations."""
    operations = load_catalogue(version).answered_by(role).values()
    forms = {operation.action: operation.form(transport) for operation in operations}
    return MappingProxyType({action: form for action, form in forms.items() if form is not None})


#: The actions that a station knows and does not offer, with their answers; None: CALLERROR.
LeftOut = Mapping[str, dict[str, Any] | None]

# What stands for "not offered here" in an answer, the best word first. Where an operation has
# neither, it is refused with the CALLERROR NotSupported, as one of another profile is (OCPP-J 1.6
# section 4.2.3).
_REFUSING = ("NotSupported", "Rejected")


@cache
def left_out(template: Template, version: OcppVersion) -> LeftOut:
    """What a charge point of a template does not offer."""
    found: dict[str, dict[str, Any] | None] = {}
    for action, operation in load_catalogue(version).answered_by(Role.CP).items():
        if not template.offers(operation.profile, version):
            found[action] = None
        elif action in template.refuses:
            found[action] = _refusing_answer(operation)
    return MappingProxyType(found)


def _refusing_answer(operation: Operation) -> dict[str, Any] | None:
    fields = operation.response.fields if operation.response else ()
    words = next((field.enum for field in fields if field.name == "status"), ())
    word = next((word for word in _REFUSING if word in words), None)
    return None if word is None else {"status": word}
