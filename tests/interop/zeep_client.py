"""The PyPI package ``zeep`` as the other side, made from the WSDL that a process of ours serves."""

import contextlib
from collections.abc import Iterator
from typing import Any

import zeep
from lxml import etree
from zeep.helpers import serialize_object
from zeep.plugins import HistoryPlugin, Plugin
from zeep.transports import Transport as ZeepTransport

from ocppfw.catalogue import load_catalogue
from ocppfw.versions import OcppVersion, Transport
from tests.interop.soap_forms import ZEEP, to_message, to_payload

ADDRESSING = "http://www.w3.org/2005/08/addressing"
ANONYMOUS = f"{ADDRESSING}/anonymous"
ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
TIMEOUT = 20
_XS = "{http://www.w3.org/2001/XMLSchema}"


class _Addresses(Plugin):
    """Adds From and ReplyTo; Action, MessageID and To are zeep's own."""

    def __init__(self, from_address: str | None) -> None:
        self._references = {"From": from_address, "ReplyTo": ANONYMOUS}

    def egress(self, envelope: Any, http_headers: Any, operation: Any, options: Any) -> Any:
        """Before an envelope is sent."""
        header = envelope.find(f"{{{ENVELOPE}}}Header")
        for name, address in self._references.items():
            if address is not None:
                reference = etree.SubElement(header, f"{{{ADDRESSING}}}{name}")
                etree.SubElement(reference, f"{{{ADDRESSING}}}Address").text = address
        return envelope, http_headers


class ZeepClient:
    """Calls one service.

    Args:
        url: of the service.
        version: which it speaks.
        from_address: where it is told that we listen.

    Attributes:
        wsdl: the service description, as it is served.
        address: the address in it.
    """

    def __init__(self, url: str, version: str, from_address: str | None = None) -> None:
        self._forms = load_catalogue(OcppVersion(version)).operations
        self._history: Any = HistoryPlugin()
        self._transport = ZeepTransport(timeout=TIMEOUT, operation_timeout=TIMEOUT)
        plugins = [_Addresses(from_address), self._history]
        self.wsdl = etree.fromstring(self._transport.load(f"{url}?wsdl"))
        self._client = zeep.Client(f"{url}?wsdl", transport=self._transport, plugins=plugins)
        schema: Any = self.wsdl.find(f".//{_XS}schema")
        self._schema = etree.XMLSchema(etree.fromstring(etree.tostring(schema)))
        self.address: str = self._client.service._binding_options["address"]

    @property
    def actions(self) -> set[str]:
        """The operations in the WSDL."""
        return set(self._client.service._operations)

    def call(self, identity: str, action: str, payload: Any) -> Any:
        """Call an operation; the answer's payload, once the schema has been asked, too.

        Raises:
            zeep.exceptions.Fault: the service has refused.
        """
        form = self._forms[action].form(Transport.SOAP)
        message = to_message(form.request.fields, payload, ZEEP)
        headers = {"ChargeBoxIdentity": identity}
        result = self._client.service[action](**message, _soapheaders=headers)
        self._check_answer(action)
        return to_payload(form.response.fields, _object(form.response.fields, result), ZEEP)

    def close(self) -> None:
        """End the connections."""
        self._transport.session.close()

    # Private.

    def _check_answer(self, action: str) -> None:
        sent = self._history.last_sent["envelope"]
        received = self._history.last_received["envelope"]
        asked = sent.findtext(f".//{{{ADDRESSING}}}MessageID")
        assert received.findtext(f".//{{{ADDRESSING}}}RelatesTo") == asked
        assert received.findtext(f".//{{{ADDRESSING}}}Action") == f"/{action}Response"
        # As a document of its own: what zeep has read was taken apart.
        body: Any = etree.fromstring(etree.tostring(received)).find(f"{{{ENVELOPE}}}Body")
        self._schema.assertValid(etree.fromstring(etree.tostring(body[0])))


@contextlib.contextmanager
def zeep_client(url: str, version: str, from_address: str | None = None) -> Iterator[ZeepClient]:
    """A client until the end of the block."""
    client = ZeepClient(url, version, from_address)
    try:
        yield client
    finally:
        client.close()


def _object(fields: Any, result: Any) -> dict[str, Any]:
    """zeep hands out the only field of an answer instead of the answer."""
    if not fields:
        assert result is None
        return {}
    read = serialize_object(result, dict)
    return {fields[0].element or fields[0].name: read} if len(fields) == 1 else read
