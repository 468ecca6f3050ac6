"""Bad envelopes, posted to our central system and to our charge point."""

import re

import pytest

from tests.process.envelopes import (
    CLEAR_CACHE,
    HEARTBEAT,
    NAMESPACES,
    RESET,
    SOAP,
    SoapServer,
    authorize,
    envelope,
    post,
)
from tests.process.twistd import central_system, charge_point

LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + b"".join(
        b'<!ENTITY lol%d "%s">' % (n, (b"&lol%d;" % (n - 1) if n > 1 else b"&lol;") * 10)
        for n in range(1, 10)
    )
    + b"]>"
)
HINT = " (validation=report lets it pass)"
BOOT = (
    "<bootNotificationRequest><chargePointVendor>{}</chargePointVendor>"
    "<chargePointModel>{}</chargePointModel></bootNotificationRequest>"
)


def fault_of(port, data):
    """The refusal of an envelope: its status and its fault."""
    answer = post(port, data)
    fault = answer.fault
    return answer.status, fault.code, fault.subcode, fault.reason


def unreadable(good):
    """Texts that are no good envelope, and what is answered.

    Args:
        good: makes envelopes that are good for the side that is asked, with some changes.
    """
    text = good()
    external = b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'
    entity = b'<!DOCTYPE x [<!ENTITY lol9 SYSTEM "file:///etc/passwd">]>'
    doctype = (400, "Sender", "ProtocolError", "a DOCTYPE is not allowed")
    not_xml = (400, "Sender", "ProtocolError", "not XML: .+")
    yield LAUGHS + good(identity="&lol9;").partition(b"?>")[2], doctype
    yield external + text.partition(b"?>")[2], doctype
    yield b"<!-- x -->\n" + entity + good(identity="&lol9;").partition(b"?>")[2], doctype
    yield ("\ufeff" + LAUGHS.decode()[21:] + "<x/>").encode("utf-16"), doctype
    yield b"", not_xml
    yield b"   ", not_xml
    yield b"hello", not_xml
    yield text[:-5], not_xml
    yield text + b"<x/>", not_xml
    yield text.replace(b"<s:Body>", b"<s:Bod>"), not_xml
    yield good(identity="&unheard;"), not_xml
    yield good(identity="a\x01b"), not_xml
    yield text.replace(b"CP1", b"\xff\xfe"), not_xml
    yield b"<a>" * 100_000, not_xml
    yield b'{"json": true}', not_xml
    yield b"<hello/>", (400, "Sender", "ProtocolError", "the root element must be .* Envelope")
    old = "http://schemas.xmlsoap.org/soap/envelope/"
    reason = "the namespace of the Envelope must be .*"
    for namespace in (old, "urn:unheard"):
        changed = text.replace(SOAP.encode(), namespace.encode())
        yield changed, (500, "VersionMismatch", None, reason)
    for body in ("", good.body * 2):
        yield good(body), (400, "Sender", "ProtocolError", "Body: .*")
    unknown = '<x:y xmlns:x="urn:x" s:mustUnderstand="{}"/>'
    for value in ("1", "true"):
        yield good(headers=unknown.format(value)), (500, "MustUnderstand", None, ".*not underst.*")
    for identity in (None, "", " "):
        wanted = "chargeBoxIdentity: is missing"
        yield good(identity=identity), (400, "Sender", "IdentityMismatch", wanted)
    yield good(identity="x" * 256), (400, "Sender", "IdentityMismatch", "chargeBoxId.* at most.*")
    twice = "<chargeBoxIdentity>CP2</chargeBoxIdentity>"
    yield good(headers=twice), (400, "Sender", "IdentityMismatch", ".* more than once")


class Good:
    """Makes envelopes for one side in one version."""

    def __init__(self, version, role, body):
        self.version, self.role, self.body = version, role, body

    def __call__(self, body=None, **changes):
        given = {"version": self.version, "role": self.role} | changes
        return envelope(self.body if body is None else body, **given)


def disobedient(good):
    """Bodies that ask what is not there, or that disobey the schema; what is answered."""
    other = {"cs": "cp", "cp": "cs"}[good.role]
    not_supported = (500, "Receiver", "NotSupported")
    yield good("<unheardRequest/>"), (*not_supported, "unheardRequest: unknown operation")
    foreign = good(RESET if good.role == "cs" else HEARTBEAT, role=other)
    yield foreign, (*not_supported, ".*: is of the other direction")
    yield good('<x xmlns="urn:x"/>'), (*not_supported, "x: its namespace is not .*")
    bad = (400, "Sender", "ProtocolError")
    yield good("<s:Fault><s:Code/></s:Fault>"), (*bad, "Body: a Fault is not a request")
    yield good(good.body.replace("Request", "Response")), (*bad, "Body: .* is a response.*")


def assert_all_are_refused(port, process, label, good, cases):
    """Each is refused as it should be, with one line in the log; a good one is answered after."""
    count = 0
    for data, (*wanted, reason) in cases:
        status, code, subcode, found = fault_of(port, data)
        assert [status, code, subcode] == wanted, (data[:300], found)
        assert re.fullmatch(reason, found), (data[:300], found)
        answer = post(port, good())
        assert answer.status == 200, (data[:300], answer)
        count += 1
        sender = r"127\.0\.0\.1( \(ChargePoint #.+\))?"  # named where it says who it is
        line = process.wait_for(rf"{label}: SOAP request from {sender}: bad envelope: ", count)
        assert line.string.removesuffix(HINT).endswith(f": bad envelope: {found}")
    assert len(process.trouble) == count, process.trouble


@pytest.fixture
def fresh_central(tmp_path):
    """A central system whose log is that of one test."""
    with central_system(tmp_path) as process:
        yield process


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
def test_central_system(fresh_central, version):
    good = Good(version, "cs", HEARTBEAT)
    cases = [*unreadable(good), *disobedient(good), *violations_of_a_central_system(good)]
    assert_all_are_refused(fresh_central.port, fresh_central, "cs", good, cases)


def violations_of_a_central_system(good):
    bad = (400, "Sender", "ProtocolError")
    yield good("<heartbeatRequest><x/></heartbeatRequest>"), (*bad, "heartbeatRequest: .*")
    yield good("<authorizeRequest/>"), (*bad, "authorizeRequest: lacks .*idTag.*")
    surplus = "<idTag>t</idTag><surplus/>"
    yield good(f"<authorizeRequest>{surplus}</authorizeRequest>"), (*bad, "surplus: .*")
    status = "firmwareStatusNotificationRequest"
    bored = f"<{status}><status>Bored</status></{status}>"
    yield good(bored), (*bad, "status: must be one of .*")
    wrong_order = BOOT.replace("Vendor", "X").replace("Model", "Vendor").replace("X", "Model")
    yield good(wrong_order.format("v", "m")), (*bad, "chargePointModel: is not expected .*")
    text = good("<authorizeRequest>text<idTag>t</idTag></authorizeRequest>")
    yield text, (*bad, "authorizeRequest: must hold elements only.*")
    if good.version != "1.2":  # which limits no length
        yield good(authorize("x" * 21)), (*bad, "idTag: is too long")
        yield good(BOOT.format("v", "m" * 21)), (*bad, "chargePointModel: is too long")
    start = (
        "<startTransactionRequest><connectorId>{}</connectorId><idTag>t</idTag>"
        "<timestamp>{}</timestamp><meterStart>0</meterStart></startTransactionRequest>"
    )
    time = "2026-01-01T00:00:00Z"
    for number in ("one", "1.5", "", "99999999999"):
        yield good(start.format(number, time)), (*bad, "connectorId: must be an integer .*")
    for wrong in ("yesterday", "2026-13-45T99:99:99Z"):
        yield good(start.format(1, wrong)), (*bad, "timestamp: must be a date .*")


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
def test_charge_point(tmp_path, version):
    good = Good(version, "cp", CLEAR_CACHE)
    options = ("--manual", "--protocol", f"ocpp{version}")
    with (
        SoapServer(version, "cs") as server,
        charge_point(tmp_path, server.url, *options) as station,
    ):
        port = int(station.wait_for(r"SOAP Server listening on port (\d+)")[1])
        station.wait_for("CentralSystem can be called at")
        cases = [*unreadable(good), *disobedient(good), *refusals_of_a_charge_point(good)]
        assert_all_are_refused(port, station, "cp", good, cases)


def refusals_of_a_charge_point(good):
    bad = (400, "Sender", "ProtocolError")
    yield good("<resetRequest/>"), (*bad, "resetRequest: lacks .*type.*")
    yield good("<resetRequest><type>Mild</type></resetRequest>"), (*bad, "type: must be one .*")
    # OCPP-S 1.6 section 3.3.
    foreign = (400, "Sender", "IdentityMismatch", "chargeBoxIdentity: another charge point .*")
    for identity in ("CP2", "cp1", "CP1/"):
        yield good(identity=identity), foreign
    for other in {"1.2", "1.5", "1.6"} - {good.version}:
        body = good(version=other)
        yield body, (500, "Receiver", "NotSupported", f"OCPP {other} is not offered here")


def test_reason_never_has_the_value(central):
    bodies = [
        authorize("s3cret" * 5),
        "<authorizeRequest>s3cret<idTag>t</idTag></authorizeRequest>",
        "<authorizeRequest><idTag kind='s3cret'>t</idTag></authorizeRequest>",
        BOOT.format("v", "s3cret" * 5),
        "<firmwareStatusNotificationRequest><status>s3cret</status>"
        "</firmwareStatusNotificationRequest>",
    ]
    for body in bodies:
        assert "s3cret" not in post(central.port, envelope(body)).fault.reason


def test_nothing_of_a_peer_forges_a_line_of_the_log(central):
    data = envelope('<x:a xmlns:x="urn:x"/>', identity="a&#10;[forged] line").replace(b"x:a", b"b")
    assert post(central.port, data).fault.subcode == "IdentityMismatch"
    assert not [line for line in central.lines if line.startswith("[forged]")]


def test_fault_relates_to_the_request_and_is_in_its_version(central):
    for (version, role), namespace in NAMESPACES.items():
        if role == "cs":
            data = envelope("<authorizeRequest/>", version=version, message_id="urn:uuid:a&lt;b")
            answer = post(central.port, data)
            assert answer.envelope.header("RelatesTo") == "urn:uuid:a<b"
            found = {ns for each in answer.envelope.root.iter() for ns in each.nsmap.values()}
            wanted = {"1.2": "2010/08/", "1.5": "2012/02/", "1.6": "Cs/2015/10"}[version]
            assert f"urn://Ocpp/{wanted}" in found, namespace
