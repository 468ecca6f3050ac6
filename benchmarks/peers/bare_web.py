"""A bare twisted.web resource: takes a request whole, answers one constant envelope.

Shows what HTTP alone costs here; it looks at nothing that it is sent. ``--lean`` leaves out what a
site does beside: the look for a form in the body, and the line for the access log.
"""

import argparse
from typing import Any

from twisted.internet import reactor
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

from benchmarks.soap_load import NAMESPACE

ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:a="http://www.w3.org/2005/08/addressing"><s:Header>'
    '<a:Action s:mustUnderstand="true">/BootNotificationResponse</a:Action>'
    "<a:RelatesTo>urn:uuid:00000000-0000-0000-0000-000000000000</a:RelatesTo></s:Header><s:Body>"
    f'<bootNotificationResponse xmlns="{NAMESPACE}"><status>Accepted</status>'
    "<currentTime>2026-01-01T12:00:00Z</currentTime><interval>300</interval>"
    "</bootNotificationResponse></s:Body></s:Envelope>"
).encode()


class Constant(Resource):
    """The same answer to every request."""

    isLeaf = True

    def render_POST(self, request: Request) -> bytes:
        """Read the body, and answer."""
        assert request.content is not None  # it was received whole
        request.content.read()
        request.setHeader(b"content-type", b"application/soap+xml; charset=utf-8")
        return ENVELOPE


class LeanSite(Site):
    """A site with nothing that a resource does not need."""

    def __init__(self) -> None:
        super().__init__(Constant(), parsePOSTFormSubmission=False)

    def log(self, request: Any) -> None:
        """Keep no access log."""


def main() -> None:
    """Listens on 127.0.0.1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--lean", action="store_true")
    options = parser.parse_args()
    site: Any = LeanSite() if options.lean else Site(Constant())
    reactor.listenTCP(options.port, site, interface="127.0.0.1")
    reactor.run()


if __name__ == "__main__":
    main()
