"""Methods, paths and headers of HTTP requests, and what is answered to wrong ones."""

import pytest

from tests.process.envelopes import CLEAR_CACHE, SoapServer, envelope, get, post
from tests.process.twistd import charge_point
from tests.process.wire import open_wire


@pytest.mark.parametrize("target", ["http://other:7/", "HTTP://other", "http://other?x", "/"])
def test_absolute_form(central, target):
    """RFC 9112, section 3.2.2."""
    wire = open_wire(central.port)
    with wire.socket:
        text = envelope()
        first = b"POST %s HTTP/1.1\r\nHost: x\r\n" % target.encode()
        wire.send_bytes(b"%sContent-Length: %d\r\n\r\n%s" % (first, len(text), text))
        assert wire.read_head().status == 200


@pytest.mark.parametrize("place", [b"other:7", b"CP1:secret@other:7"])
def test_host_of_the_absolute_form_counts(central, place):
    wire = open_wire(central.port)
    with wire.socket:
        wire.send_bytes(b"GET http://%s/ HTTP/1.1\r\nHost: x\r\n\r\n" % place)
        answer = wire.read_head()
        assert answer.status == 200
        assert b"http://other:7/ocpp1.5?wsdl" in answer.body


@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("POST", "/x", 404, "no SOAP is spoken at this path"),
        ("GET", "/x/y", 404, "there is no such page"),
        ("GET", "/ocpp1.5", 404, "there is no such page"),
        ("PUT", "/", 405, "only GET, HEAD, POST are answered here"),
    ],
)
def test_answer_says_the_reason(central, method, path, status, reason):
    answer = get(central.port, path, method)
    assert (answer.status, answer.body.decode()) == (status, f"{status} {reason}\n")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "*", "/x", "/?wsdl"])
def test_nobody_is_told_the_server(central, method, path):
    assert "server" not in get(central.port, path, method).headers


def test_page_says_no_host_that_is_none(central):
    page = get(central.port, host='evil"><x/>').body.decode()
    assert "evil" not in page
    assert f"ws://127.0.0.1:{central.port}/<identity>" in page


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
def test_wrong_method(central, method):
    for path in ("/", "/ocpp1.5"):
        answer = get(central.port, path, method)
        assert answer.status == 405
        assert answer.headers["allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("path", ["/x", "/ocpp1.5/x", "/ocpp2.0.1", "/CP1", "/ocpp1.7"])
def test_wrong_path(central, path):
    assert post(central.port, path=path).status == 404


def test_wrong_method_and_path_at_a_charge_point(tmp_path):
    with SoapServer("1.6", "cs") as server, charge_point(tmp_path, server.url) as station:
        port = int(station.wait_for(r"SOAP Server listening on port (\d+)")[1])
        server.next("bootNotificationRequest")
        good = envelope(CLEAR_CACHE, version="1.6", role="cp")
        for method in ("PUT", "DELETE", "GET"):
            answer = get(port, "/", method)
            assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")
        for path in ("/x", "/CP1", "/ocpp1.6"):
            assert post(port, good, path).status == 404
            assert get(port, f"{path}?wsdl").status == 404
        assert post(port, good).name == "clearCacheResponse"
        text = r"Warning: cp: SOAP request from 127\.0\.0\.1: "
        station.wait_for(text + "only GET, HEAD, POST are answered here", 3)
        station.wait_for(text + "no SOAP is spoken at this path", 3)


@pytest.mark.parametrize(
    "content_type",
    ["application/soap+xml", "text/xml", 'application/soap+xml; action="/Reset"', "text/html", ""],
)
def test_content_type_and_soap_action_decide_nothing(central, content_type):
    answer = post(central.port, content_type=content_type, SOAPAction='"/Reset"')
    assert answer.name == "heartbeatResponse"
