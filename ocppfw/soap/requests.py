"""Requests: text of an envelope <-> Call."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from lxml import etree

from ocppfw.rpc.channels import new_message_id
from ocppfw.rpc.frames import Call
from ocppfw.soap.addressing import Addressing
from ocppfw.soap.faults import EnvelopeRefused, FaultCode, SoapFault, Subcode
from ocppfw.soap.headers import check_headers, read_headers
from ocppfw.soap.leniency import STRICT, Leniency, oddity
from ocppfw.soap.names import SERVICES, SOAP_1_1, SOAP_1_2, short, split_tag
from ocppfw.soap.parsing import NotXml, parse_xml
from ocppfw.soap.services import BodyElement, load_soap_service
from ocppfw.soap.violations import BodyInvalid
from ocppfw.versions import SOAP_NAMESPACES, OcppVersion, Role


class _Tags(NamedTuple):
    """The tags of one version of SOAP."""

    namespace: str
    header: str
    body: str
    fault: str


#: By the tag of the envelope.
_TAGS = {
    f"{{{soap}}}Envelope": _Tags(
        soap, *(f"{{{soap}}}{name}" for name in ("Header", "Body", "Fault"))
    )
    for soap in (SOAP_1_2, SOAP_1_1)
}


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was read.

    Attributes:
        version: that of its body.
        role: the side that answers it.
        identity: chargeBoxIdentity, 1 to 255 characters.
        addressing: what its other headers say.
        call: its message id is the MessageID as received, of any length, or a new one.
        soap: namespace of its envelope.
        leniency: what was odd about it and let pass.
    """

    version: OcppVersion
    role: Role
    identity: str
    addressing: Addressing
    call: Call
    soap: str = SOAP_1_2
    leniency: Leniency = STRICT


def always_strict(identity: str) -> str:
    """The ``validation`` of senders of whom nothing else is known."""
    return "strict"


def read_request(
    text: bytes | str,
    role: Role,
    versions: Collection[OcppVersion],
    charset: str | None = None,
    validation: Callable[[str], str] = always_strict,
) -> Request:
    """Read the envelope of a request.

    What it asks is told by the element in its body alone, never by its headers.

    Args:
        text: the envelope.
        role: our side, which answers.
        versions: those that are offered.
        charset: that of Content-Type, in small letters; None where it names none.
        validation: gives the setting of a charge point, by its identity.

    Raises:
        EnvelopeRefused: it cannot be handled; the exception has the fault to answer.
    """
    root = _root(text, charset)
    soap = _TAGS.get(root.tag) or _refuse_root(root)
    header, body = _parts(root, soap)
    headers = read_headers(header, soap.namespace)
    identity = headers.identities[0] if headers.identities else ""
    leniency = Leniency(validation(identity))
    told = None
    try:
        _check_soap(soap, leniency)
        element = _only_element(body, soap)
        asked = _Asked.by(element)
        told = asked.version
        check_headers(headers)
        version = told
        if version is None or version not in versions:
            version = _other_version(asked, role, versions, leniency)
        message = _message_of(asked, version, role)
        payload = _payload(message, element, len(text), leniency)
    except EnvelopeRefused as refusal:
        refusal.version = told
        refusal.identity = identity or None
        refusal.addressing = headers.addressing
        refusal.soap = SOAP_1_2 if leniency.is_strict else soap.namespace
        raise
    call = Call(headers.addressing.message_id or new_message_id(), message.action, payload)
    return Request(version, role, identity, headers.addressing, call, soap.namespace, leniency)


def _root(text: bytes | str, charset: str | None) -> etree._Element:
    try:
        return parse_xml(text, charset)
    except NotXml as error:
        raise _bad(str(error)) from error


def _refuse_root(root: etree._Element) -> NoReturn:
    if split_tag(root.tag)[1] == "Envelope":
        raise _wrong_soap()
    raise _bad("the root element must be a SOAP 1.2 Envelope")


def _check_soap(soap: _Tags, leniency: Leniency) -> None:
    # OCPP-S 1.6 section 3: SOAP 1.2. Some old stacks know 1.1 only.
    if soap.namespace == SOAP_1_1:
        leniency.let_pass(oddity("Envelope", "is of SOAP 1.1"), _wrong_soap(may_pass=True))


def _wrong_soap(may_pass: bool = False) -> EnvelopeRefused:
    # SOAP 1.2 part 1, section 5.4.7.
    reason = f"the namespace of the Envelope must be {SOAP_1_2} (SOAP 1.2)"
    return EnvelopeRefused(SoapFault(FaultCode.VERSION_MISMATCH, None, reason), may_pass)


def _parts(root: etree._Element, soap: _Tags) -> tuple[etree._Element | None, etree._Element]:
    """Header, if there is one, and body (SOAP 1.2 part 1, section 5.1)."""
    children = list(root)
    tags = [child.tag for child in children]
    if tags == [soap.header, soap.body]:
        return children[0], children[1]
    if tags == [soap.body]:
        return None, children[0]
    raise _bad("Envelope: must hold a Header, which may be left out, and a Body")


def _only_element(body: etree._Element, soap: _Tags) -> etree._Element:
    if len(body) != 1:
        raise _bad("Body: is empty" if len(body) == 0 else "Body: must hold one element only")
    if body[0].tag == soap.fault:
        raise _bad("Body: a Fault is not a request")
    return body[0]


class _Asked(NamedTuple):
    """What the element of a body says.

    Attributes:
        name: its local name.
        is_plain: True if it has no namespace.
        version: the version of its namespace, None if that is of no service.
        role: the side that offers the service of its namespace, None if that is of none.
    """

    name: str
    is_plain: bool
    version: OcppVersion | None
    role: Role | None

    @classmethod
    def by(cls, element: etree._Element) -> _Asked:
        """What an element says."""
        namespace, name = split_tag(element.tag)
        return cls(name, not namespace, *SERVICES.get(namespace, (None, None)))


def _other_version(
    asked: _Asked, role: Role, versions: Collection[OcppVersion], leniency: Leniency
) -> OcppVersion:
    """The version in which a request is answered whose namespace names none that is offered.

    Without a namespace, or with that of another version (ocppjs answers both), it is the one
    that is offered and knows the request, if there is only one.
    """
    refusal = _not_offered(asked)
    able = [each for each in versions if _knows(each, role, asked.name)]
    if len(able) == 1 and (asked.is_plain or asked.role is role):
        refusal.may_pass = True
        what = "has no namespace" if asked.is_plain else f"is of OCPP {asked.version}"
        leniency.let_pass(oddity(short(asked.name), what), refusal)
        return able[0]
    raise refusal


def _not_offered(asked: _Asked) -> EnvelopeRefused:
    if asked.version is None:
        return _unsupported(f"{short(asked.name)}: its namespace is not that of an OCPP service")
    return _unsupported(f"OCPP {asked.version} is not offered here")


def _knows(version: OcppVersion, role: Role, name: str) -> bool:
    message = _message(version, role, name)
    return message is not None and message.is_request


def _message(version: OcppVersion, role: Role, name: str) -> BodyElement | None:
    tag = f"{{{SOAP_NAMESPACES[version, role]}}}{name}"
    return load_soap_service(version, role).messages.get(tag)


def _message_of(asked: _Asked, version: OcppVersion, role: Role) -> BodyElement:
    """The message that the element of a body is, whatever the headers say."""
    if asked.role is not role and not asked.is_plain:
        raise _unsupported(f"{short(asked.name)}: is of the other direction")
    message = _message(version, role, asked.name)
    if message is None:
        raise _unsupported(f"{short(asked.name)}: unknown operation")
    if not message.is_request:
        raise _bad(f"Body: {asked.name} is a response, no request")
    return message


def _payload(message: BodyElement, element: etree._Element, length: int, leniency: Leniency) -> Any:
    try:
        return message.read(element, length)
    except BodyInvalid as error:
        violation = error.violation
    if leniency.is_strict:
        raise _bad(str(violation), may_pass=True)
    try:
        return leniency.read(message, element, violation)
    except BodyInvalid as error:
        raise _bad(str(error.violation)) from error


def _bad(reason: str, may_pass: bool = False) -> EnvelopeRefused:
    return EnvelopeRefused(SoapFault(FaultCode.SENDER, Subcode.PROTOCOL_ERROR, reason), may_pass)


def _unsupported(reason: str) -> EnvelopeRefused:
    return EnvelopeRefused(SoapFault(FaultCode.RECEIVER, Subcode.NOT_SUPPORTED, reason))
