"""The lines of docs/odd-devices.md about a charge point that cannot connect are said."""

import re

import pytest
from OpenSSL import SSL
from twisted.internet.error import (
    ConnectionRefusedError,
    DNSLookupError,
    NoRouteError,
    TimeoutError,
)
from twisted.python.failure import Failure

from ocppfw.transports.connect_faults import explain, no_tls_answer
from ocppfw.transports.tls import CertificateRefused
from tests.docs.pages import names, rows, section
from tests.transports.test_handshake_faults import (
    ANSWERS,
    CHECK,
    LATE,
    NOT_NAMED,
    OTHER_CHOSEN,
    REFUSED,
)
from tests.transports.test_tls import BAD, NONE, OTHER, UNKNOWN

PAGE = "docs/odd-devices.md"
URL = "wss://cs.example/"
NOT_TLS = SSL.Error([("SSL routines", "", "wrong version number")])
ERRORS = [ConnectionRefusedError(), DNSLookupError(), NoRouteError(), TimeoutError(), NOT_TLS]
ERRORS += [CertificateRefused(words) for words in (BAD, NONE, OTHER, UNKNOWN)]
# The tests of the transports find these said.
SAID = [
    *(said for _, said in ANSWERS.values()),
    *(f"{REFUSED}401: {CHECK}", LATE, NOT_NAMED, OTHER_CHOSEN),
    *(explain(Failure(error), URL) for error in ERRORS),
    f"cs.example {no_tls_answer(URL)}",
]


LINES = [
    line
    for cell, _ in rows(section(PAGE, "A charge point of ours cannot connect"))
    for line in names(cell)
]


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_the_page_is_said(line):
    pattern = ".*".join(map(re.escape, line.split("…")))
    assert any(re.search(pattern, said) for said in SAID)
