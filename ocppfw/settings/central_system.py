"""The settings of a central system."""

from __future__ import annotations

from dataclasses import dataclass

from ocppfw.errors import SettingsError
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
    default_protocol: OcppVersion | None = setting(
        None,
        "Version to speak over WebSocket with a charge point that offers none of ours; its request"
        " may then lack the header Connection, too. none: it is not let in. Over SOAP the version"
        " of one that soap-address names and that has not asked anything yet.",
        parsers.or_none(parsers.protocol),
        Role.CS,
        own=(Role.CS,),
    )
    no_subprotocol: str = setting(
        "close",
        "Answer to a charge point that offers none of our versions: close (the handshake is"
        " completed, then the connection is closed with 1002) or refuse (HTTP status 400).",
        parsers.one_of("close", "refuse"),
        Role.CS,
        own=(Role.CS,),
    )
    identity_from: str = setting(
        "path",
        "Where the identity of a WebSocket charge point stands: path, or query:NAME (at the"
        " endpoint itself in that value of the query, below it in the path).",
        parsers.identity_source,
        Role.CS,
    )
    origins: tuple[str, ...] = setting(
        "all",
        "Origins whose web pages may open a WebSocket, separated by commas, or all. A request"
        " without Origin, which is no web page's, is always let in.",
        parsers.origins,
        Role.CS,
        own=(Role.CS,),
    )

    def check_default_protocol(self, version: OcppVersion | None) -> None:
        """Raise SettingsError for a ``default-protocol`` that is not offered at all."""
        if version is not None and version not in self.protocols:
            raise SettingsError(f"default-protocol: {version.subprotocol} is not in protocols")

    @property
    def soap_versions(self) -> list[OcppVersion]:
        """The versions that are offered over SOAP."""
        offered = self.protocols if Transport.SOAP in self.transport else ()
        return [version for version in SOAP_VERSIONS if version in offered]
