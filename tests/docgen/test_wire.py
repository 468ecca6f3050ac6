"""The page of the wire protocol says what the code does."""

import json
import re

import pytest
from lxml import etree

from docgen.codes import codes_of_version
from docgen.wire import wire_view
from ocppfw import soap
from ocppfw.catalogue import ViolationKind
from ocppfw.rpc import frames
from ocppfw.rpc.errorcodes import Fault, code_for
from ocppfw.versions import OcppVersion, Role

VIEW = wire_view()


def test_message_types():
    found = {view.number: (view.name, view.versions) for view in VIEW.frames}
    everywhere = tuple(OcppVersion)
    assert found == {
        2: ("CALL", everywhere),
        3: ("CALLRESULT", everywhere),
        4: ("CALLERROR", everywhere),
        5: ("CALLRESULTERROR", ("2.1",)),
        6: ("SEND", ("2.1",)),
    }


def test_frames_are_on_the_page(site):
    shown = [node.text_content() for node in site.pages["wire_protocol.html"].tree.xpath("//pre")]
    for view in VIEW.frames:
        assert view.example in shown
        assert len(json.loads(view.example)) == len(view.elements.split(", "))
        message = frames.parse(view.example, view.versions[-1])
        assert type(message).__name__.upper() == view.name


@pytest.mark.parametrize("version", OcppVersion)
def test_every_code_that_is_sent_is_explained(version):
    sent = {code_for(version, fault) for fault in (*Fault, *ViolationKind)}
    codes = {code.name: code for code in codes_of_version(version)}
    assert sent <= codes.keys()
    assert len(codes) == (12 if version.is_2x else 10)
    assert {name for name, code in codes.items() if code.faults} == sent


@pytest.mark.parametrize(
    ("version", "unknown_field", "too_long"),
    [
        ("1.2", "PropertyConstraintViolation", "TypeConstraintViolation"),
        ("1.5", "PropertyConstraintViolation", "TypeConstraintViolation"),
        ("1.6", "FormationViolation", "PropertyConstraintViolation"),
    ],
)
def test_codes_mean_what_they_are_sent_for(version, unknown_field, too_long):
    """Before 1.6, two of them meant something else."""
    meanings = {code.name: code.meaning for code in codes_of_version(OcppVersion(version))}
    assert re.search("not one of the action|structure of the action", meanings[unknown_field])
    assert re.search("may not have|too long", meanings[too_long])


def test_spelling_of_the_occurrence_code():
    names = [{code.name for code in codes} for _, codes in VIEW.codes]
    assert [versions for versions, _ in VIEW.codes] == [("1.2", "1.5"), ("1.6",), ("2.0.1", "2.1")]
    assert ["OccurenceConstraintViolation" in each for each in names] == [True, True, False]
    assert ["OccurrenceConstraintViolation" in each for each in names] == [False, False, True]


def test_faults_of_calls(site):
    (table,) = site.pages["wire_protocol.html"].tree.xpath(
        "//div[@aria-label='Error code of each fault']/table"
    )
    rows = [row.xpath(".//code/text()") for row in table.xpath("tbody/tr")]
    assert len(rows) == len(Fault) + len(ViolationKind)
    assert rows[0] == ["FormationViolation", "FormationViolation", "RpcFrameworkError"]


def test_unreadable_frames():
    silent = {version for version, answer in VIEW.unreadable.items() if answer is None}
    assert silent == {"1.2", "1.5", "1.6"}
    assert json.loads(VIEW.unreadable[OcppVersion.V2_1])[:3] == [4, "-1", "RpcFrameworkError"]


def test_services():
    counts = [(each.version, each.name, each.count) for each in VIEW.services]
    assert counts == [
        ("1.2", "central system", 9), ("1.2", "charge point", 9),
        ("1.5", "central system", 10), ("1.5", "charge point", 15),
        ("1.6", "central system", 10), ("1.6", "charge point", 19),
    ]  # fmt: skip


def test_envelopes_can_be_read():
    request = soap.read_request(VIEW.envelope, Role.CS, [OcppVersion.V1_6])
    assert (request.identity, request.call.action) == ("CP1", "Authorize")
    assert VIEW.envelope.startswith('<?xml version="1.0"')
    answer = soap.read_response(VIEW.fault, OcppVersion.V1_6, Role.CS, request.call)
    assert isinstance(answer, frames.CallError)
    assert answer.code == "NotSupported"
    assert etree.fromstring(VIEW.fault.encode()).tag.endswith("Envelope")
