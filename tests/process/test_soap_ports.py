"""One port for both transports and all versions: paths, service descriptions, what is offered."""

import pytest
from lxml import etree

from tests.process.envelopes import (
    CLEAR_CACHE,
    HEARTBEAT,
    NAMESPACES,
    VERSIONS,
    SoapServer,
    envelope,
    get,
    post,
)
from tests.process.twistd import central_system, charge_point
from tests.process.wire import knock

WSDL_ADDRESS = "{http://schemas.xmlsoap.org/wsdl/soap12/}address"


def heartbeat(version):
    return envelope(HEARTBEAT, f"V{version}", version=version)


def test_both_transports_and_all_versions_on_one_port(central, connect):
    wire = connect(central.port, "WS", "ocpp2.1")
    for version in VERSIONS:
        for path in ("/", f"/ocpp{version}", f"/ocpp{version}/", "/?x=y"):
            answer = post(central.port, heartbeat(version), path)
            assert answer.name == "heartbeatResponse"
            namespace = etree.QName(answer.envelope.content).namespace
            assert namespace == NAMESPACES[version, "cs"]
        assert wire.call("Heartbeat")[0] == 3
    assert connect(central.port, "WS2", "ocpp1.5").call("Heartbeat")[0] == 3


@pytest.mark.parametrize("path", VERSIONS)
def test_path_of_a_version_takes_no_other(central, path):
    for version in set(VERSIONS) - {path}:
        answer = post(central.port, heartbeat(version), f"/ocpp{path}")
        assert (answer.status, answer.fault.subcode) == (500, "NotSupported")
        assert answer.fault.reason == f"OCPP {version} is not offered here"


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("/?wsdl", "1.6"),
        ("/?WSDL", "1.6"),
        ("/ocpp1.2?wsdl", "1.2"),
        ("/ocpp1.5?wsdl", "1.5"),
        ("/ocpp1.5/?wsdl=", "1.5"),
        ("/ocpp1.6?x&wsdl", "1.6"),
    ],
)
def test_service_description(central, path, version):
    answer = get(central.port, path)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    root = etree.fromstring(answer.body)
    assert root.get("targetNamespace") == NAMESPACES[version, "cs"]
    (address,) = root.iter(WSDL_ADDRESS)
    assert address.get("location") == f"http://127.0.0.1:{central.port}{path.partition('?')[0]}"
    assert get(central.port, path, "HEAD").headers["content-length"] == str(len(answer.body))
    assert "HEAD request" not in central.text


def test_charge_point_describes_itself(tmp_path):
    options = ("--protocol", "ocpp1.5")
    with SoapServer("1.5", "cs") as server, charge_point(tmp_path, server.url, *options) as station:
        port = int(station.wait_for(r"SOAP Server listening on port (\d+)")[1])
        root = etree.fromstring(get(port, "/?wsdl").body)
        assert root.get("targetNamespace") == NAMESPACES["1.5", "cp"]
        (address,) = root.iter(WSDL_ADDRESS)
        assert address.get("location") == f"http://127.0.0.1:{port}/"


def test_address_of_the_description_is_that_which_was_asked(central):
    wanted = {
        "central.example:8080": "http://central.example:8080/",
        "[::1]:9000": "http://[::1]:9000/",
        'evil"><x/>': f"http://127.0.0.1:{central.port}/",
        "a b": f"http://127.0.0.1:{central.port}/",
    }
    for host, location in wanted.items():
        answer = get(central.port, "/?wsdl", host=host)
        (address,) = etree.fromstring(answer.body).iter(WSDL_ADDRESS)
        assert address.get("location") == location


def test_page_names_both(central):
    page = get(central.port).body.decode()
    assert f"ws://127.0.0.1:{central.port}/<identity>" in page
    assert f"http://127.0.0.1:{central.port}/ocpp1.5?wsdl" in page


def test_soap_alone(tmp_path, wires):
    with central_system(tmp_path, "--transport", "soap") as central:
        assert post(central.port).name == "heartbeatResponse"
        assert knock(wires(central.port), "/CP1").status == 404
        page = get(central.port).body.decode()
        assert "ws://" not in page
        assert "SOAP" in page
        assert "connect to ws://" not in central.text
        assert "--role cp --url http://" in central.text


def test_websocket_alone(tmp_path, connect):
    with central_system(tmp_path, "--transport", "websocket") as central:
        assert connect(central.port).call("Heartbeat")[0] == 3
        assert 400 <= post(central.port).status < 500
        assert get(central.port, "/", "POST").status == 405
        # There it could be the path of a charge point.
        assert get(central.port, "/ocpp1.5?wsdl").status == 426
        assert "SOAP" not in get(central.port).body.decode()
        assert "SOAP" not in central.text.partition("HTTP request")[0]


def test_only_the_versions_that_are_offered(tmp_path):
    with central_system(tmp_path, "--protocols", "ocpp1.5,ocpp2.0.1") as central:
        assert post(central.port, heartbeat("1.5")).status == 200
        assert post(central.port, heartbeat("1.5"), "/ocpp1.5").status == 200
        for version in ("1.2", "1.6"):
            assert post(central.port, heartbeat(version)).fault.subcode == "NotSupported"
            assert post(central.port, heartbeat(version), f"/ocpp{version}").status == 404
        root = etree.fromstring(get(central.port, "/?wsdl").body)
        assert root.get("targetNamespace") == NAMESPACES["1.5", "cs"]


def test_no_soap_version_no_soap(tmp_path):
    with central_system(tmp_path, "--protocols", "ocpp2.0.1,ocpp2.1") as central:
        assert 400 <= post(central.port).status < 500
        assert "SOAP" not in get(central.port).body.decode()


@pytest.mark.parametrize("endpoint", ["/ocpp/v", "/ocpp/v/"])
def test_endpoint(tmp_path, connect, endpoint):
    with central_system(tmp_path, "--endpoint", endpoint) as central:
        for path in ("/ocpp/v", "/ocpp/v/", "/ocpp/v/ocpp1.5", "/ocpp/v/ocpp1.5/"):
            assert post(central.port, path=path).name == "heartbeatResponse"
        for path in ("/", "/ocpp", "/ocpp1.5", "/ocpp/vv", "/ocpp/v/x"):
            assert post(central.port, path=path).status in (404, 405), path
        root = etree.fromstring(get(central.port, "/ocpp/v?wsdl").body)
        (address,) = root.iter(WSDL_ADDRESS)
        assert address.get("location") == f"http://127.0.0.1:{central.port}/ocpp/v"


def test_charge_point_at_an_endpoint_and_with_one_of_its_own(tmp_path):
    """The paths of --url and of --from are those that are used."""
    with central_system(tmp_path, "--endpoint", "/ocpp") as central:
        url = f"http://127.0.0.1:{central.port}/ocpp"
        options = ("--protocol", "ocpp1.5", "--from", "http://127.0.0.1:7/cp/", "--remote-port")
        with charge_point(tmp_path, url, *options, "0") as station:
            port = int(station.wait_for(r"SOAP Server listening on port (\d+)")[1])
            station.wait_for("cp#CP1: Registered.")
            good = envelope(CLEAR_CACHE, role="cp")
            assert post(port, good, "/cp/").name == "clearCacheResponse"
            assert post(port, good, "/cp").name == "clearCacheResponse"
            assert post(port, good, "/").status == 404
            assert not central.trouble
