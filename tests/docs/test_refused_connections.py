"""The lines of docs/odd-devices.md about a charge point that is refused are said."""

import re

import pytest

from ocppfw.transports.websocket.handshake import choose_version
from ocppfw.versions import OcppVersion
from tests.docs.pages import names, rows, section
from tests.process.test_admission import NO_CREDENTIALS
from tests.process.test_odd_handshakes import LINE_FEED, OTHER, OTHER_ORIGIN, SAID
from tests.process.test_soap_bodies import TOO_SLOW

PAGE = "docs/odd-devices.md"
# The tests of processes find these in the log.
IN_THE_LOG = [
    *SAID.values(),
    *(said for _, said in OTHER.values()),
    *(LINE_FEED, OTHER_ORIGIN, NO_CREDENTIALS, TOO_SLOW, "with 500: "),
    choose_version(["ocpp1.5"], {OcppVersion.V1_6}, None)[2],
]
LINES = [
    line for cell, _ in rows(section(PAGE, "A charge point is refused")) for line in names(cell)
]


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_the_page_is_said(line):
    pattern = ".*".join(map(re.escape, line.split("…")))
    assert any(re.search(pattern, said) for said in IN_THE_LOG)
