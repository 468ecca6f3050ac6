"""The header blocks of a request: chargeBoxIdentity and WS-Addressing 1.0 (OCPP-S section 3)."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from ocppfw.soap.addressing import Addressing
from ocppfw.soap.faults import EnvelopeRefused, FaultCode, SoapFault, Subcode
from ocppfw.soap.names import ADDRESSING, ANONYMOUS, SOAP_1_1, SOAP_1_2, short, split_tag
from ocppfw.versions import identity_fault


@dataclass(slots=True)
class Headers:
    """All that the header of an envelope says.

    Attributes:
        identities: every chargeBoxIdentity.
        addressing: the blocks of WS-Addressing.
        not_understood: namespace and name of other blocks that we would have to understand, of
            the first ten.
    """

    identities: list[str]
    addressing: Addressing
    not_understood: tuple[tuple[str, str], ...]


_IDENTITY = "chargeboxidentity"  # 1.5 section 8.1: letter case does not matter
_TEXTS = {
    f"{{{ADDRESSING}}}Action": "action",
    f"{{{ADDRESSING}}}MessageID": "message_id",
    f"{{{ADDRESSING}}}RelatesTo": "relates_to",
    f"{{{ADDRESSING}}}To": "to",
}
_REFERENCES = {
    f"{{{ADDRESSING}}}From": "from_address",
    f"{{{ADDRESSING}}}ReplyTo": "reply_to",
}
# We never send a fault elsewhere than back in the same exchange.
_FAULT_TO = f"{{{ADDRESSING}}}FaultTo"
_ADDRESS = f"{{{ADDRESSING}}}Address"
_NOWHERE = f"{ADDRESSING}/none"
# The roles of a node that is not only passed through: SOAP 1.2 part 1, section 2.2, and SOAP 1.1,
# section 4.2.2; by the attribute that names one.
_ROLES = {
    SOAP_1_2: ("role", ("", f"{SOAP_1_2}/role/next", f"{SOAP_1_2}/role/ultimateReceiver")),
    SOAP_1_1: ("actor", ("", "http://schemas.xmlsoap.org/soap/actor/next")),
}
_MOST_BLOCKS = 10  # that a fault names


def read_headers(header: etree._Element | None, soap: str) -> Headers:
    """Read a header, in whatever order its blocks are; a block that comes twice counts once.

    Args:
        header: None where there is none.
        soap: namespace of the envelope.
    """
    identities: list[str] = []
    found: dict[str, str | None] = {}
    unknown: list[tuple[str, str]] = []
    for block in () if header is None else header:
        tag = block.tag
        if (name := _TEXTS.get(tag)) is not None:
            found.setdefault(name, _text(block) or None)
        elif (name := _REFERENCES.get(tag)) is not None:
            found.setdefault(name, _address(block))
        elif tag.lower().endswith(_IDENTITY) and split_tag(tag)[1].lower() == _IDENTITY:
            # Blanks at the ends are those of an envelope that was indented.
            identities.append(_text(block))
        elif tag != _FAULT_TO and _must_be_understood(block, soap):
            unknown.append(split_tag(tag))
    if found.get("relates_to") == "undefined":  # ocppjs says so when it was told no MessageID
        del found["relates_to"]
    if found.get("from_address") == ANONYMOUS:
        del found["from_address"]
    return Headers(identities, Addressing(**found), tuple(unknown[:_MOST_BLOCKS]))


def check_headers(headers: Headers) -> None:
    """Refuse a request whose header cannot be obeyed, or that is not clear about who asks.

    Raises:
        EnvelopeRefused: MustUnderstand, or IdentityMismatch.
    """
    if headers.not_understood:
        names = ", ".join(short(name) for _, name in headers.not_understood)
        reason = f"header blocks that are not understood: {names}"
        raise EnvelopeRefused(
            SoapFault(FaultCode.MUST_UNDERSTAND, None, reason, headers.not_understood)
        )
    problem = _identity_problem(headers.identities)
    if problem:
        reason = f"chargeBoxIdentity: {problem}"
        raise EnvelopeRefused(SoapFault(FaultCode.SENDER, Subcode.IDENTITY_MISMATCH, reason))


def _identity_problem(identities: list[str]) -> str | None:
    if not identities or not identities[0]:
        return "is missing"
    if len(set(identities)) > 1:
        return "is there more than once"
    return identity_fault(identities[0])


def _text(block: etree._Element) -> str:
    return (block.text or "").strip()


def _address(block: etree._Element) -> str | None:
    address = next((_text(child) for child in block if child.tag == _ADDRESS), "")
    return None if address in ("", _NOWHERE) else address


def _must_be_understood(block: etree._Element, soap: str) -> bool:
    """SOAP 1.2 part 1, section 2.4; SOAP 1.1, section 4.2.3."""
    role, ours = _ROLES[soap]
    return (
        block.get(f"{{{soap}}}mustUnderstand", "").strip() in ("true", "1")
        and block.get(f"{{{soap}}}{role}", "").strip() in ours
    )
