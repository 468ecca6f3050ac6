"""Stations of OCPP-S on SOAP libraries of npm, made from the WSDL files."""

import contextlib
from collections.abc import Iterator
from typing import Any

from ocppfw.catalogue import load_catalogue
from ocppfw.versions import SOAP_NAMESPACES, OcppVersion, Role, Transport
from tests.interop.peers import Answers, NodePeer, require_package
from tests.interop.soap_forms import NODE_SOAP, STRONG_SOAP, to_message, to_payload
from tests.process.twistd import ROOT

SHAPES = {"soap": NODE_SOAP, "strong-soap": STRONG_SOAP}
_NAMES = {Role.CS: "CentralSystemService", Role.CP: "ChargePointService"}


class SoapPeer(NodePeer):
    """A station, client of one service and server of the other, in a process of its own.

    Args:
        library: ``soap`` or ``strong-soap``.
        version: which it speaks.
        answers: payloads by action.
    """

    script = "soap_peer.js"

    def __init__(self, library: str, version: str, answers: Answers) -> None:
        require_package(library)
        super().__init__(version, answers)
        self._shape = SHAPES[library]
        self._operations = load_catalogue(OcppVersion(version)).operations
        messages = {
            action: to_message(self._form(action).response.fields, answer, self._shape)
            for action, answer in answers.items()
        }
        services = {role.value: _service(OcppVersion(version), role) for role in Role}
        self._options = {"library": library, "services": services, "answers": messages}

    def call(self, action: str, payload: Any) -> Any:
        """Call our side; its answer."""
        form = self._form(action)
        result = super().call(action, to_message(form.request.fields, payload, self._shape))
        return to_payload(form.response.fields, result, self._shape)

    def expect(self, action: str) -> Any:
        """The payload of our side's next call of this action."""
        return to_payload(self._form(action).request.fields, super().expect(action), self._shape)

    @contextlib.contextmanager
    def connected(self, url: str, identity: str) -> Iterator["SoapPeer"]:
        """A charge point of our central system."""
        with self._running(role="cp", url=url, identity=identity):
            yield self

    # Private.

    def _form(self, action: str) -> Any:
        return self._operations[action].form(Transport.SOAP)


def _service(version: OcppVersion, role: Role) -> dict[str, str]:
    name = _NAMES[role]
    wsdl = ROOT / "wsdl" / f"ocpp_{version}_{name.removesuffix('Service').lower()}.wsdl"
    namespace = SOAP_NAMESPACES[version, role]
    return {"wsdl": str(wsdl), "namespace": namespace, "name": name, "port": f"{name}Soap12"}
