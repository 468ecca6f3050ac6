"""What the page of the wire protocol shows that code can say."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from docgen.codes import FAULTS, ErrorCode, codes_of_version, same_codes
from docgen.envelopes import example_envelopes, fault_envelope
from ocppfw.catalogue import ViolationKind, load_catalogue
from ocppfw.rpc import frames
from ocppfw.rpc.errorcodes import Fault, code_for
from ocppfw.versions import (
    SOAP_NAMESPACES,
    SOAP_VERSIONS,
    OcppVersion,
    Role,
    Transport,
)

_SERVICES = {Role.CS: "central system", Role.CP: "charge point"}
_ID = "19223201"
_OTHER_ID = "19223202"


@dataclass(frozen=True, slots=True)
class FrameView:
    """One message type.

    Attributes:
        number: the first element of its array.
        name: what it is called.
        elements: the names of all elements.
        purpose: what it is for.
        versions: who has it.
        example: a frame, made by the code that sends frames.
    """

    number: int
    name: str
    elements: str
    purpose: str
    versions: tuple[OcppVersion, ...]
    example: str


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service of OCPP-S: its namespace, and how many operations it has."""

    version: OcppVersion
    name: str
    namespace: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WireView:
    """Everything on the page that is not written in its template.

    Attributes:
        versions: all versions.
        counts: how many operations each has.
        soap_versions: those that OCPP-S has.
        frames: the message types.
        codes: the error codes, for versions that have the same ones.
        faults: every fault with its code in each version.
        max_message_id: longest message id.
        unreadable: the answer to a call whose id cannot be read, by version; None for silence.
        services: the SOAP services.
        envelope: a request of OCPP-S.
        fault: a fault of OCPP-S.
    """

    versions: tuple[OcppVersion, ...]
    counts: dict[OcppVersion, int]
    soap_versions: tuple[OcppVersion, ...]
    frames: tuple[FrameView, ...]
    codes: list[tuple[tuple[OcppVersion, ...], list[ErrorCode]]]
    faults: list[tuple[str, dict[OcppVersion, str]]]
    max_message_id: int
    unreadable: dict[OcppVersion, str | None]
    services: tuple[ServiceView, ...]
    envelope: str
    fault: str


def wire_view() -> WireView:
    """Made from the code that reads and writes frames, from the catalogues and the tables."""
    return WireView(
        versions=tuple(OcppVersion),
        counts={version: len(load_catalogue(version).operations) for version in OcppVersion},
        soap_versions=SOAP_VERSIONS,
        frames=tuple(_frame(*row) for row in _messages()),
        codes=_codes(),
        faults=[
            (text, {version: code_for(version, fault) for version in OcppVersion})
            for fault, text in FAULTS.items()
        ],
        max_message_id=frames.MAX_MESSAGE_ID_LENGTH,
        unreadable={version: _unreadable(version) for version in OcppVersion},
        services=tuple(_service(version, role) for version, role in SOAP_NAMESPACES),
        envelope=_envelope(),
        fault=fault_envelope(),
    )


def _codes() -> list[tuple[tuple[OcppVersion, ...], list[ErrorCode]]]:
    return [
        (tuple(versions), codes_of_version(oldest))
        for oldest, versions in itertools.groupby(OcppVersion, same_codes)
    ]


def _messages() -> list[tuple[frames.Message, str, str]]:
    """A message of every type, the names of its elements, and what it is for."""
    boot = load_catalogue(OcppVersion.V1_6).operations["BootNotification"]
    stream = load_catalogue(OcppVersion.V2_1).operations["NotifyPeriodicEventStream"]
    result = boot.response and boot.response.example()
    refusal = (code_for(OcppVersion.V2_1, Fault.NOT_SUPPORTED), "Smart charging is not installed")
    complaint = (code_for(OcppVersion.V2_1, ViolationKind.TYPE), "interval: must be an integer")
    asks = "id, action, payload"
    complains = "id, code, description, details"
    return [
        (frames.Call(_ID, boot.action, boot.request.example()), asks, "A request."),
        (frames.CallResult(_ID, result), "id, payload", "The answer to a CALL."),
        (frames.CallError(_OTHER_ID, *refusal), complains, "The refusal of a CALL."),
        (
            frames.CallResultError(_ID, *complaint),
            complains,
            "The complaint about a CALLRESULT. It is not answered.",
        ),
        (
            frames.Send(_OTHER_ID, stream.action, stream.request.example()),
            asks,
            "A message that is not answered, not even with an error.",
        ),
    ]


def _frame(message: frames.Message, elements: str, purpose: str) -> FrameView:
    text = frames.serialize(message).decode()
    number = text[1]
    read_by = [v for v in OcppVersion if not isinstance(frames.parse(text, v), frames.BadFrame)]
    name = type(message).__name__.upper()
    return FrameView(int(number), name, f"{number}, {elements}", purpose, tuple(read_by), text)


def _unreadable(version: OcppVersion) -> str | None:
    """What a frame that is not JSON is answered with."""
    read = frames.parse("[2,", version)
    assert isinstance(read, frames.BadFrame)
    return None if read.answer is None else frames.serialize(read.answer).decode()


def _service(version: OcppVersion, role: Role) -> ServiceView:
    answered = load_catalogue(version).answered_by(role).values()
    count = sum(operation.form(Transport.SOAP) is not None for operation in answered)
    return ServiceView(version, _SERVICES[role], SOAP_NAMESPACES[version, role], count)


def _envelope() -> str:
    operation = load_catalogue(OcppVersion.V1_6).operations["Authorize"]
    request, _ = example_envelopes(operation)
    assert request is not None
    return request
