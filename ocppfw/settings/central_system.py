"""The settings of a central system."""

from __future__ import annotations

from dataclasses import dataclass

from ocppfw.settings import parsers
from ocppfw.settings.setting import setting
from ocppfw.versions import SOAP_VERSIONS, OcppVersion, Role, Transport

_ALL_PROTOCOLS = ",".join(version.subprotocol for version in OcppVersion)


@dataclass(kw_only=True)
class CentralSystemSettings:
    """Central system."""

    port: int = setting(
        9000, "TCP port to listen on; 0 picks a free one.", parsers.integer(0, 65535), Role.CS
    )
    endpoint: str = setting(
        "/",
        "Path before the identity of the charge points; over SOAP the path itself.",
        parsers.endpoint,
        Role.CS,
    )
    protocols: tuple[OcppVersion, ...] = setting(
        _ALL_PROTOCOLS, "Versions to offer.", parsers.protocols, Role.CS
    )
    transport: tuple[Transport, ...] = setting(
        "websocket,soap",
        "Transports to offer; SOAP is for 1.2, 1.5 and 1.6.",
        parsers.transports,
        Role.CS,
    )

    @property
    def soap_versions(self) -> list[OcppVersion]:
        """The versions that are offered over SOAP."""
        offered = self.protocols if Transport.SOAP in self.transport else ()
        return [version for version in SOAP_VERSIONS if version in offered]
