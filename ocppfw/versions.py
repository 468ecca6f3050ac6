"""The five versions of OCPP, the two roles, and what both are called on the wire."""

from __future__ import annotations

import enum
from collections.abc import Collection

from ocppfw.text import escape_controls


class Role(enum.StrEnum):
    """Which of the two stations we are."""

    CS = "cs"
    CP = "cp"

    @property
    def other(self) -> Role:
        """The role of the station at the far end."""
        return Role.CP if self is Role.CS else Role.CS


class Transport(enum.StrEnum):
    """How messages travel: OCPP-J frames over WebSocket, or OCPP-S envelopes over HTTP."""

    WEBSOCKET = "websocket"
    SOAP = "soap"


class OcppVersion(enum.StrEnum):
    """A version of the protocol; its value is the version number as text.

    Members are ordered from the oldest to the newest.
    """

    V1_2 = "1.2"
    V1_5 = "1.5"
    V1_6 = "1.6"
    V2_0_1 = "2.0.1"
    V2_1 = "2.1"

    @property
    def subprotocol(self) -> str:
        """Name in Sec-WebSocket-Protocol, such as ``ocpp1.6`` (OCPP-J 1.6 section 3.1.2)."""
        return f"ocpp{self.value}"

    @property
    def is_2x(self) -> bool:
        """True for 2.0.1 and 2.1, which share framing rules that 1.x does not have."""
        return self in (OcppVersion.V2_0_1, OcppVersion.V2_1)

    @property
    def max_identity_length(self) -> int:
        """Longest identity in characters: identifierString of 2.x has 48, 1.x names no limit."""
        return 48 if self.is_2x else 255

    @classmethod
    def from_subprotocol(cls, name: str) -> OcppVersion | None:
        """The version that a subprotocol name stands for (any letter case), None if unknown."""
        return _BY_SUBPROTOCOL.get(name.lower())


def names_of(versions: Collection[OcppVersion]) -> str:
    """The subprotocols of some versions, from the oldest to the newest, separated by commas."""
    return ", ".join(version.subprotocol for version in OcppVersion if version in versions)


def identity_fault(identity: str, version: OcppVersion | None = None) -> str | None:
    """What is wrong with the identity of a charge point.

    Args:
        identity: the identity, decoded.
        version: the version that the charge point speaks; None allows what any version does.

    Returns:
        Words that follow a name, such as ``must not be empty``; None if nothing is wrong.
    """
    if not identity:
        return "must not be empty"
    limit = (version or OcppVersion.V1_6).max_identity_length
    if len(identity) > limit:
        return f"must be at most {limit} characters"
    if escape_controls(identity) != identity:
        return "must have no control or other invisible characters"
    return None


_BY_SUBPROTOCOL = {version.subprotocol: version for version in OcppVersion}

# Target namespaces of the SOAP services (WSDLs of 1.2, 1.5 and 1.6), by the role that offers them.
SOAP_NAMESPACES: dict[tuple[OcppVersion, Role], str] = {
    (OcppVersion.V1_2, Role.CS): "urn://Ocpp/Cs/2010/08/",
    (OcppVersion.V1_2, Role.CP): "urn://Ocpp/Cp/2010/08/",
    (OcppVersion.V1_5, Role.CS): "urn://Ocpp/Cs/2012/06/",
    (OcppVersion.V1_5, Role.CP): "urn://Ocpp/Cp/2012/06/",
    (OcppVersion.V1_6, Role.CS): "urn://Ocpp/Cs/2015/10/",
    (OcppVersion.V1_6, Role.CP): "urn://Ocpp/Cp/2015/10/",
}

#: The versions that OCPP-S carries, from the oldest to the newest.
SOAP_VERSIONS = tuple(dict.fromkeys(version for version, _ in SOAP_NAMESPACES))
