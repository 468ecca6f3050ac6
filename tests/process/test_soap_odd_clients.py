"""Charge points, and central systems as clients, that speak SOAP and HTTP in their own way."""

import re
import socket

import pytest
from lxml import etree

from tests.process.envelopes import (
    ADDRESSING,
    CLEAR_CACHE,
    NAMESPACES,
    SOAP,
    SoapServer,
    authorize,
    envelope,
    post,
)
from tests.process.raw_http import RawServer
from tests.process.twistd import central_system, charge_point, eventually, write_plugin
from tests.process.wire import TIMEOUT

ANONYMOUS = f"{ADDRESSING}/anonymous"


def exchange(port, data):
    """What comes back for bytes that are sent, until the other side hangs up."""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
        connection.sendall(data)
        received = b""
        while part := connection.recv(65536):
            received += part
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


def posted(body, *headers, path="/"):
    """The bytes of a POST."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


# A client that gives up unless an answer has all four addressing headers.


def strict_client(port, body, reply_to=None, from_address=None):
    """Post a request; the name of what is answered, if its header is complete."""
    headers = ""
    if reply_to is not None:
        headers = f"<a:ReplyTo><a:Address>{reply_to}</a:Address></a:ReplyTo>"
    data = envelope(body, message_id="urn:uuid:4711", headers=headers, from_address=from_address)
    _, answer = exchange(port, posted(data, "Content-Type: application/soap+xml; charset=utf-8"))
    header, content = etree.fromstring(answer)
    blocks = {etree.QName(each).localname: each.text for each in header}
    assert {etree.QName(each).namespace for each in header} == {ADDRESSING}
    assert re.fullmatch("urn:uuid:[0-9a-f-]{36}", blocks["MessageID"])
    assert blocks["MessageID"] != "urn:uuid:4711"
    assert blocks["RelatesTo"] == "urn:uuid:4711"
    assert blocks["Action"] in ("/AuthorizeResponse", f"{ADDRESSING}/soap/fault")
    assert blocks["To"] == (reply_to or from_address or ANONYMOUS)
    return etree.QName(content[0]).localname


@pytest.mark.parametrize(
    "addresses",
    [
        {},
        {"reply_to": ANONYMOUS, "from_address": "http://127.0.0.1:9/"},
        {"from_address": "http://127.0.0.1:9/"},
        {"reply_to": "http://127.0.0.1:9/replies"},
    ],
)
def test_a_strict_client(central, addresses):
    assert strict_client(central.port, authorize(), **addresses) == "authorizeResponse"
    assert strict_client(central.port, "<authorizeRequest/>", **addresses) == "Fault"
    assert strict_client(central.port, "<resetRequest/>", **addresses) == "Fault"


# ocppjs 1.0.2, to the byte.

OCPPJS_HEADERS = (
    "User-Agent: node-soap/0.2.0",
    "Accept: text/html,application/xhtml+xml,application/xml",
    "Accept-Encoding: none",
    "Accept-Charset: utf-8",
    "Content-Type: application/soap+xml; charset=utf-8",
)
OCPPJS = (
    '<soap:Envelope xmlns:soap="{soap}"  xmlns:tns="{namespace}"'
    ' xmlns:wsp="http://schemas.xmlsoapf.org/ws/2004/09/policy" xmlns:wsa5="{addressing}">'
    '<soap:Header><tns:chargeBoxIdentity soap:mustUnderstand="true">{identity}'
    "</tns:chargeBoxIdentity>\n"
    '<wsa5:To soap:mustUnderstand="true">http://localhost:9000</wsa5:To>\n'
    '<wsa5:From soap:mustUnderstand="true"><wsa5:Address>http://localhost:9001/</wsa5:Address>'
    "</wsa5:From>\n"
    '<wsa5:Action soap:mustUnderstand="true">/{action}</wsa5:Action></soap:Header><soap:Body>'
    "{body}</soap:Body></soap:Envelope>"
)


def ocppjs(action, body, role="cs", identity="CP01"):
    """A request as ocppjs writes it."""
    text = OCPPJS.format(
        soap=SOAP,
        addressing=ADDRESSING,
        namespace=NAMESPACES["1.5", role],
        identity=identity,
        action=action,
        body=body,
    )
    return posted(text.encode(), *OCPPJS_HEADERS, f'SOAPAction: "/{action}"')


OCPPJS_REQUESTS = {
    "BootNotification": (
        "<tns:bootNotificationRequest><tns:chargePointVendor>DBT</tns:chargePointVendor>"
        "<tns:chargePointModel>NQC-ACDC</tns:chargePointModel>"
        "<tns:iccid></tns:iccid><tns:imsi></tns:imsi></tns:bootNotificationRequest>"
    ),
    "MeterValues": (
        "<tns:meterValuesRequest><tns:connectorId>2</tns:connectorId><tns:values>"
        "<tns:timestamp>2013-02-01T15:09:18Z</tns:timestamp>"
        '<tns:value tns:unit="Wh" tns:measurand="Energy.Active.Import.Register">0</tns:value>'
        '<tns:value tns:unit="varh">2</tns:value></tns:values></tns:meterValuesRequest>'
    ),
    "Heartbeat": "<tns:heartbeatRequest></tns:heartbeatRequest>",
}


@pytest.mark.parametrize("action", OCPPJS_REQUESTS)
def test_a_charge_point_of_ocppjs(central, action):
    head, body = exchange(central.port, ocppjs(action, OCPPJS_REQUESTS[action]))
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"content-encoding" not in head.lower()
    content = etree.fromstring(body)[1][0]
    name = f"{action[0].lower()}{action[1:]}Response"
    assert content.tag == f"{{{NAMESPACES['1.5', 'cs']}}}{name}"


def test_remote_commands_of_ocppjs(tmp_path):
    """They have neither From nor MessageID."""
    options = ("--manual", "--protocol", "ocpp1.5")
    with SoapServer("1.5", "cs") as server, charge_point(tmp_path, server.url, *options) as station:
        port = int(station.wait_for(r"SOAP Server listening on port (\d+)")[1])
        body = "<tns:clearCacheRequest></tns:clearCacheRequest>"
        data = ocppjs("ClearCache", body, role="cp", identity="CP1")
        eventually(lambda: b" 200 " in exchange(port, data)[0], "connected")
        _, answer = exchange(port, data)
        assert b"clearCacheResponse" in answer
        assert b"RelatesTo" not in answer


# How the two forms of ocppjs answer: that of the archive, and that of its copy for Docker.
OCPPJS_ANSWERS = {
    "archive": (
        "http://schemas.xmlsoap.org/soap/envelope/",
        "<tns:chargeBoxIdentity SOAP-ENV:mustUnderstand='true'>CP1</tns:chargeBoxIdentity>"
        "<wsa5:Action SOAP-ENV:mustUnderstand='true'>/{action}Response</wsa5:Action>",
    ),
    "copy": (
        SOAP,
        "<tns:chargeBoxIdentity soap:mustUnderstand='true'>CP1</tns:chargeBoxIdentity>"
        "<wsa5:Action soap:mustUnderstand='true'>/{action}</wsa5:Action><wsa5:RelatesTo"
        " RelationshipType='http://www.w3.org/2005/08/addressing/reply'"
        " soap:mustUnderstand='true'>undefined</wsa5:RelatesTo>",
    ),
}
OCPPJS_BODIES = {
    "bootNotification": (
        "<tns:status>Accepted</tns:status><tns:currentTime>2013-02-01T15:09:18.000Z"
        "</tns:currentTime><tns:heartbeatInterval>1200</tns:heartbeatInterval>"
    ),
    "statusNotification": "",
    "heartbeat": "<tns:currentTime>2013-02-01T15:09:18Z</tns:currentTime>",
}


@pytest.mark.parametrize("form", OCPPJS_ANSWERS)
def test_a_central_system_of_ocppjs(tmp_path, form):
    """Chunked, always with status 200."""
    soap, headers = OCPPJS_ANSWERS[form]

    def react(received):
        name = received.name.removesuffix("Request")
        action = name[0].upper() + name[1:]
        body = (
            f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{soap}" '
            f'xmlns:tns="{NAMESPACES["1.5", "cs"]}" xmlns:wsa5="{ADDRESSING}"><soap:Header>'
            f"{headers.format(action=action)}</soap:Header><soap:Body><tns:{name}Response>"
            f"{OCPPJS_BODIES[name]}</tns:{name}Response></soap:Body></soap:Envelope>"
        ).encode()
        head = (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml; charset=utf-8\r\n"
            b"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        return head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), True

    options = ("--protocol", "ocpp1.5", "--connectors", "1")
    with RawServer(react) as server, charge_point(tmp_path, server.url, *options) as station:
        station.wait_for("cp#CP1: Registered.")
        station.wait_for("<<cs /StatusNotification", 2)
        assert not station.trouble


# Paths and charsets.


@pytest.mark.parametrize("path", ["//", "///", "//ocpp1.5", "/ocpp1.5//"])
def test_empty_segments_of_a_path(central, path):
    head, _ = exchange(central.port, posted(envelope(), path=path))
    assert head.startswith(b"HTTP/1.1 200 ")


def test_empty_segments_of_a_path_to_a_charge_point(tmp_path):
    with SoapServer("1.6", "cs") as server:
        options = ("--manual", "--from", "http://127.0.0.1/a/b", "--remote-port", "0")
        with charge_point(tmp_path, server.url, *options) as station:
            port = int(station.wait_for(r"SOAP Server listening on port (\d+)")[1])
            data = posted(envelope(CLEAR_CACHE, version="1.6", role="cp"), path="//a//b/")
            eventually(lambda: b" 200 " in exchange(port, data)[0], "connected")


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("iso-8859-1", "latin-1"),
        ('"ISO-8859-1"', "latin-1"),
        ("utf-16", "utf-16-le"),
        ("Windows-1252", "cp1252"),
    ],
)
def test_the_charset_of_content_type(tmp_path, charset, codec):
    """It is not what the XML says."""
    write_plugin(
        tmp_path,
        "echo",
        "from ocppfw import hookimpl\n@hookimpl\ndef cs_data_transfer(payload):\n"
        "    return {'status': 'Accepted', 'data': payload['vendorId']}\n",
    )
    body = "<dataTransferRequest><vendorId>Köln</vendorId></dataTransferRequest>"
    data = envelope(body).decode().replace('"1.0"', '"1.0" encoding="utf-8"').encode(codec)
    with central_system(tmp_path) as central:
        answer = post(central.port, data, content_type=f"application/soap+xml; charset={charset}")
        assert answer.envelope.text("data") == "Köln"
        assert "Köln" in central.wait_for("<<cp#CP1 /DataTransfer .*").string


def test_a_charset_that_is_not_known(central):
    fault = post(central.port, content_type="text/xml; charset=utf-7").fault
    assert (fault.code, fault.subcode) == ("Sender", "ProtocolError")
    assert fault.reason == "the charset utf-7 is not supported"


def test_headers_may_have_any_bytes(central):
    odd = [f"{name}: \xe9" for name in ("Content-Type", "Accept-Encoding", "X-Odd")]
    data = posted(envelope()).replace(
        b"Connection", "\r\n".join([*odd, ""]).encode("latin-1") + b"Connection"
    )
    head, _ = exchange(central.port, data)
    assert head.startswith(b"HTTP/1.1 200 ")
    head, _ = exchange(central.port, data.replace(b"Host: localhost", b"Host: \xff"))
    assert head.startswith(b"HTTP/1.1 200 ")
    assert "Traceback" not in central.text
