"""Bodies whose many faults would take long to find."""

from __future__ import annotations

import pytest
from lxml import etree

from ocppfw.soap import FaultCode, Subcode
from ocppfw.soap.large import SHORT, is_large
from tests.soap.envelopes import CS_15, envelope
from tests.soap.test_refusals import check, refusal


def meter_values(values: str, declarations: str = "") -> str:
    return (
        f"<o:meterValuesRequest{declarations}><o:connectorId>1</o:connectorId><o:values>"
        f"<o:timestamp>2026-01-01T12:00:00Z</o:timestamp>{values}</o:values>"
        "</o:meterValuesRequest>"
    )


def attributes(count: int, form: str) -> str:
    return "".join(form.format(f"{n:05d}") for n in range(count))


TOO_MANY = "has more than 32 attributes"
NO_ENUM = "unit: must be one of the values of the enumeration"
HOSTILE = {
    "attributes": (
        meter_values(f"<o:value {attributes(70_000, ' o:x{}=``')}>1</o:value>"),
        f"value: {TOO_MANY}",
    ),
    "attributes of many namespaces": (
        meter_values("<o:value/>", attributes(25_000, " xmlns:a{0}='u{0}' a{0}:b=``")),
        f"meterValuesRequest: {TOO_MANY}",
    ),
    "elements": (
        meter_values(30_000 * "<o:value o:unit='Wh'>1</o:value>"),
        "meterValuesRequest: has more than 10000 elements",
    ),
    "unknown elements": (meter_values(9_000 * "<o:a/>"), "a: is not expected here"),
    "elements in text": (
        meter_values("<o:value>" + 9_000 * "<o:value/>" + "</o:value>"),
        "value: is not expected here",
    ),
    "unknown attributes": (
        meter_values(9_000 * "<o:value x='1'>1</o:value>"),
        "x: is not a known attribute",
    ),
    "bad attributes": (
        meter_values(9_000 * "<o:value o:unit='W' o:phase='1'/>"),
        "phase: is not a known attribute",
    ),
    "values of attributes": (
        meter_values(8_000 * "<o:value unit='1' context='2' format='3' location='4'/>"),
        NO_ENUM,
    ),
    "values": (
        meter_values("").replace(
            "</o:values>",
            "</o:values>" + 4_900 * "<o:values><o:timestamp>2026</o:timestamp></o:values>",
        ),
        "values: lacks an element",
    ),
    "nothing where something is wanted": (
        meter_values("").replace("<o:values>", 9_000 * "<o:values/>" + "<o:values>"),
        "values: lacks an element",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_many_faults_are_not_looked_for_in_a_tree(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each costs time in proportion to its siblings there."""
    body, reason = HOSTILE[name]
    text = envelope(body.replace("`", "'"), service=CS_15)
    assert len(text) <= 2**20
    monkeypatch.setattr("ocppfw.soap.services.BodyElement._check", None)
    check(refusal(text).fault, FaultCode.SENDER, Subcode.PROTOCOL_ERROR, reason)


def test_a_few_faults_are_looked_for_in_a_tree() -> None:
    assert not is_large(etree.fromstring(f"<a>{500 * '<b/>'}</a>"))
    assert not is_large(etree.fromstring("<a" + attributes(1000, " a{}=''") + "/>"))
    assert is_large(etree.fromstring("<a>" + 501 * "<b c='1'/>" + "</a>"))


def test_no_short_text_holds_a_large_body() -> None:
    for smallest in (f"<a>{1001 * '<b/>'}</a>", "<a" + attributes(1001, " a{}=''") + "/>"):
        assert is_large(etree.fromstring(smallest))
        assert len(smallest) > SHORT
