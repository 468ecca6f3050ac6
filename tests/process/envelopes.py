"""OCPP-S as a stranger speaks it: envelopes written by hand, HTTP of the standard library."""

import contextlib
import http.client
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from lxml import etree

from tests.process.wire import TIMEOUT

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
NAMESPACES = {
    ("1.2", "cs"): "urn://Ocpp/Cs/2010/08/",
    ("1.2", "cp"): "urn://Ocpp/Cp/2010/08/",
    ("1.5", "cs"): "urn://Ocpp/Cs/2012/06/",
    ("1.5", "cp"): "urn://Ocpp/Cp/2012/06/",
    ("1.6", "cs"): "urn://Ocpp/Cs/2015/10/",
    ("1.6", "cp"): "urn://Ocpp/Cp/2015/10/",
}
VERSIONS = ("1.2", "1.5", "1.6")

HEARTBEAT = "<heartbeatRequest/>"
CLEAR_CACHE = "<clearCacheRequest/>"
DATA_TRANSFER = "<dataTransferRequest><vendorId>v</vendorId></dataTransferRequest>"
RESET = "<resetRequest><type>Soft</type></resetRequest>"
_ACCEPTED = "<status>Accepted</status>"
_TIME = "<currentTime>2026-01-01T00:00:00Z</currentTime>"


def authorize(id_tag: str = "t") -> str:
    """The body of an Authorize."""
    return f"<authorizeRequest><idTag>{id_tag}</idTag></authorizeRequest>"


def envelope(
    body: str = HEARTBEAT,
    identity: str | None = "CP1",
    *,
    version: str = "1.5",
    role: str = "cs",
    from_address: str | None = None,
    message_id: str | None = "urn:uuid:test",
    headers: str = "",
) -> bytes:
    """A request; its body is in the namespace of the service."""
    blocks = headers
    if identity is not None:
        blocks += f"<chargeBoxIdentity>{identity}</chargeBoxIdentity>"
    if from_address is not None:
        blocks += f"<a:From><a:Address>{from_address}</a:Address></a:From>"
    if message_id is not None:
        blocks += f"<a:MessageID>{message_id}</a:MessageID>"
    return (
        f'<?xml version="1.0"?><s:Envelope xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}"'
        f' xmlns="{NAMESPACES[version, role]}"><s:Header>{blocks}</s:Header>'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


class Envelope:
    """A received envelope."""

    def __init__(self, data: bytes) -> None:
        self.root = etree.fromstring(data)
        assert self.root.tag == f"{{{SOAP}}}Envelope", self.root.tag

    @property
    def content(self) -> etree._Element:
        """The one element in the body."""
        body: Any = self.root.find(f"{{{SOAP}}}Body")
        (element,) = body
        return element

    @property
    def name(self) -> str:
        """Local name of the element in the body."""
        return etree.QName(self.content).localname

    def header(self, name: str) -> str | None:
        """Text of the header block with this local name, None where there is none."""
        found: Any = self.root.xpath("*[1]/*[local-name()=$name]", name=name)
        return "".join(found[0].itertext()) if found else None

    def text(self, name: str) -> str | None:
        """Text of the first element of the body with this local name."""
        found: Any = self.content.xpath(".//*[local-name()=$name]", name=name)
        return found[0].text if found else None


@dataclass
class Fault:
    """A SOAP 1.2 fault: local names of its code and subcode, and its reason."""

    code: str
    subcode: str | None
    reason: str


@dataclass
class Answer:
    """An HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def envelope(self) -> Envelope:
        """The envelope that it holds."""
        assert self.headers["content-type"] == "application/soap+xml; charset=utf-8"
        return Envelope(self.body)

    @property
    def name(self) -> str:
        """Local name of the element in the body of the envelope."""
        return self.envelope.name

    @property
    def fault(self) -> Fault:
        """The fault that it holds; SOAP 1.2 part 1, section 5.4."""
        fault = self.envelope.content
        assert fault.tag == f"{{{SOAP}}}Fault", (self.status, self.body)
        codes = [_qualified(each) for each in fault.iter(f"{{{SOAP}}}Value")]
        assert codes[0].namespace == SOAP
        assert all(code.namespace.startswith("urn://Ocpp/") for code in codes[1:])
        subcode = codes[1].localname if len(codes) > 1 else None
        (text,) = fault.iter(f"{{{SOAP}}}Text")
        return Fault(codes[0].localname, subcode, text.text or "")


def _qualified(element: etree._Element) -> etree.QName:
    prefix, _, name = element.text.partition(":")
    return etree.QName(element.nsmap[prefix], name)


@contextlib.contextmanager
def http_to(port: int) -> Iterator[http.client.HTTPConnection]:
    """A connection to an HTTP server of this machine."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, TIMEOUT)) as connection:
        yield connection


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str = "/",
    data: bytes | None = None,
    **headers: str,
) -> Answer:
    """Send one request on a connection; ``_`` in the name of a header stands for ``-``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, data, named)
    with connection.getresponse() as response:
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())


def get(port: int, path: str = "/", method: str = "GET", **headers: str) -> Answer:
    """Send a request without a body."""
    with http_to(port) as connection:
        return ask(connection, method, path, None, **headers)


def post(port: int, data: bytes | None = None, path: str = "/", **headers: str) -> Answer:
    """Post an envelope, as a rule a good Heartbeat."""
    with http_to(port) as connection:
        return ask(connection, "POST", path, envelope() if data is None else data, **headers)


def results(version: str) -> dict[str, str]:
    """What a central system or charge point answers, by the name of what is asked."""
    interval = "interval" if version == "1.6" else "heartbeatInterval"
    bodies = {
        "bootNotification": f"{_ACCEPTED}{_TIME}<{interval}>300</{interval}>",
        "heartbeat": _TIME,
        "authorize": f"<idTagInfo>{_ACCEPTED}</idTagInfo>",
        "startTransaction": f"<transactionId>7</transactionId><idTagInfo>{_ACCEPTED}</idTagInfo>",
        "stopTransaction": "",
        "meterValues": "",
        "statusNotification": "",
        "firmwareStatusNotification": "",
        "diagnosticsStatusNotification": "",
        "clearCache": _ACCEPTED,
    }
    return {
        f"{name}Request": f"<{name}Response>{body}</{name}Response>"
        for name, body in bodies.items()
    }


@dataclass
class Posted:
    """A request that our server got."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def envelope(self) -> Envelope:
        """The envelope that it holds."""
        return Envelope(self.body)


@dataclass
class Reply:
    """What our server answers."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class SoapServer(ThreadingHTTPServer):
    """The service of a central system or charge point that answers what a test says.

    Attributes:
        react: makes the answer to a request; None hangs up without one.
        posted: the requests so far, each until it is taken out.
        paths: the path of each request.
        clients: the port that each request came from.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, version: str, role: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._version = version
        self._role = role
        self._results = results(version)
        self.react: Callable[[Posted], Reply | None] = self.good
        self.posted: queue.Queue[Posted] = queue.Queue()
        self.paths: list[str] = []
        self.clients: list[int] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/"

    def __enter__(self) -> "SoapServer":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def good(self, posted: Posted) -> Reply:
        """The answer to a request as it should be."""
        return self.result(self._results[posted.envelope.name])

    def result(self, body: str) -> Reply:
        """An envelope with this body, in the namespace of the service."""
        data = envelope(body, None, version=self._version, role=self._role, message_id=None)
        return Reply(data, headers={"Content-Type": "application/soap+xml; charset=utf-8"})

    def next(self, name: str) -> Posted:
        """The next request that asks this; others are passed over."""
        while (posted := self.posted.get(timeout=TIMEOUT)).envelope.name != name:
            pass
        return posted


class _Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    server: SoapServer
    protocol_version = "HTTP/1.1"
    timeout = TIMEOUT

    def do_POST(self) -> None:
        """Answer a POST."""
        self.server.paths.append(self.path)
        self.server.clients.append(self.client_address[1])
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        posted = Posted(self.path, headers, body)
        reply = self.server.react(posted)
        self.server.posted.put(posted)
        if reply is None:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in ({"Content-Length": str(len(reply.body))} | reply.headers).items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # who does not want it all hangs up
            self.wfile.write(reply.body)

    def do_GET(self) -> None:
        """A GET is posted, too, so that a test sees it."""
        self.headers["Content-Length"] = "0"
        self.do_POST()

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""
