"""The prompt over SOAP: ocppjs's examples in real terminals, and scripts."""

import contextlib
import re
import socket
from contextlib import ExitStack

import pytest

from ocppfw.catalogue import load_catalogue
from ocppfw.versions import SOAP_VERSIONS, Role, Transport
from tests.console.terminal import Terminal
from tests.process.wire import kept_port

STAMP = r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] "
BOOT = r'/BootNotification \{"chargePointVendor":"DBT","chargePointModel":"NQC-ACDC",.*\}'
BOOTED = r'/BootNotification \{"status":"Accepted","currentTime":"[^"]+Z","heartbeatInterval":300\}'
START = r'/RemoteStartTransaction \{"idTag":"044943121F1D80","connectorId":2\}'
STARTED = r'/RemoteStartTransaction \{"status":"Accepted"\}'


@pytest.fixture
def terminal_of(tmp_path):
    """Runs the program on a terminal, with these arguments, until the end of the test."""
    with ExitStack() as stack:
        yield lambda *arguments, **further: stack.enter_context(
            Terminal(tmp_path, *arguments, columns=700, **further)
        )


@pytest.fixture
def from_port():
    """A second port on which nothing listens."""
    with kept_port() as number:
        yield number


def have(terminal, *patterns):
    """The screen shows these lines in this order, perhaps with others in between."""
    for pattern in patterns:
        terminal.await_line(f"^{pattern}$")
    places = [
        next(place for place, line in enumerate(terminal.lines) if re.fullmatch(pattern, line))
        for pattern in patterns
    ]
    assert places == sorted(places), terminal.lines


@pytest.mark.slow
def test_both_soap_sessions_of_the_readme_of_ocppjs(terminal_of, port, from_port):
    cs = terminal_of("start_cs", str(port), "-t", "soap", NO_COLOR="1")
    cs.await_line(f"cs: SOAP Server listening on port {port}")
    url, own = f"http://localhost:{port}", f"http://localhost:{from_port}"
    cp = terminal_of("start_cp", url, "boxid", "-t", "soap", "-f", own, NO_COLOR="1")
    cp.command("bootnotification")
    cs.await_line("heartbeatInterval")
    cs.command("remote_starttransaction")
    cs.await_line("StartTransaction .*transactionId")
    cp.await_line("StartTransaction .*transactionId")
    have(
        cp,
        STAMP + f"cp#boxid: SOAP Server listening on port {from_port}",
        "> bootnotification",
        STAMP + "cp#boxid: >>cs " + BOOT,
        STAMP + "cp#boxid: <<cs " + BOOTED,
        STAMP + "cp#boxid: <<cs " + START,
        STAMP + "cp#boxid: >>cs " + STARTED,
    )
    cp.command("set cp print_xml=true")
    cp.command("heartbeat")
    cp.await_line("</soap:Envelope>")
    have(
        cs,
        STAMP + "CentralSystem started\\.",
        STAMP + "cs: ChargePoint #boxid connected from 127.0.0.1 \\(ocpp1.5\\)\\.",
        STAMP + "cs: <<cp#boxid " + BOOT,
        STAMP + "cs: >>cp#boxid " + BOOTED,
        "> remote_starttransaction",
        STAMP + "cs: >>cp#boxid " + START,
        STAMP + "cs: <<cp#boxid " + STARTED,
    )
    have(
        cp,
        "> set cp print_xml=true",
        "> heartbeat",
        STAMP + "cp#boxid: >>cs",
        r' +<heartbeatRequest xmlns="urn://Ocpp/Cs/2012/06/"/>',
        STAMP + "cp#boxid: <<cs",
        r" +<currentTime>.*Z</currentTime>",
    )


@pytest.mark.slow
def test_xml_is_coloured_on_a_terminal(terminal_of, port):
    cs = terminal_of("start_cs", str(port), "-t", "soap")
    cs.command("set cs print_xml=true")
    cs.command(f"start_cp http://localhost:{port} a -t soap")
    cs.command("heartbeat")
    cs.await_line("</heartbeatResponse>")
    assert b"\x1b[32m<currentTime>\x1b[0m" in cs.received


def session(port, *lines, version="ocpp1.5"):
    start = (f"start_cs {port} -t soap", f"start_cp http://localhost:{port} a -t soap -p {version}")
    return "\n".join([*start, *lines]) + "\n"


def output(result):
    text = result.stdout.decode()
    assert "Traceback" not in text
    return text


@pytest.mark.parametrize("version", SOAP_VERSIONS)
def test_every_operation_with_its_default_payload(ocppfw, port, version):
    names = {Role.CP: {}, Role.CS: {}}
    for role, prefix in ((Role.CP, ""), (Role.CS, "remote_")):
        for action, operation in load_catalogue(version).called_by(role).items():
            if operation.form(Transport.SOAP) is not None:
                name = prefix + action.lower()
                names[role][action] = name.replace("remote_remote", "remote_")
    reset = names[Role.CS].pop("Reset")  # ends the session, so it comes last
    lines = ["bootnotification", *names[Role.CP].values(), *names[Role.CS].values(), reset]
    result = ocppfw(script=session(port, *lines, version=version.subprotocol))
    text = output(result)
    assert "Error: " not in text
    assert result.returncode == 0
    for action in (*names[Role.CP], *names[Role.CS], "Reset"):
        assert len(re.findall(rf"<<\S+ /{action} {{", text)) >= 2, action


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("heartbeat x=1", "Error: Heartbeat not sent: x: is not a known field"),
        ("signcertificate", "Error: OCPP 1.5 has no signcertificate; it is in"),
        ("send -n Heartbeat -p <a/>", "Error: --payload: .*; send_raw sends any XML"),
        ("send -n Nothing -p {}", "Error: .*Nothing"),
        ("authorize idTag=\\u0001", r"Error: not sent: Authorize: idTag: "),
        ("authorize idTag=x --force y=1", "Error: .*y"),
        ("websocket_ping_cp", "Error: cp#a speaks SOAP, which has no ping"),
        ("send_raw -e x", None),
        ("remote_clearcache", None),
    ],
)
def test_one_line_each(ocppfw, port, line, said):
    line = line.replace("\\u0001", '"\\u0001"')
    result = ocppfw(script=session(port, "bootnotification", line))
    text = output(result)
    if said is None:
        assert not [each for each in text.splitlines() if each.startswith("Error")]
        assert result.returncode == 0
    else:
        [shown] = [each for each in text.splitlines() if each.startswith("Error")]
        assert re.match(said, shown)
        assert result.returncode == 1


def test_http_headers(ocppfw, port):
    text = output(ocppfw(script=session(port, "send_raw -h -e '<a/>'")))
    assert re.search(r'HTTP headers sent: \{.*"content-type":"application/soap\+xml;', text)
    assert re.search(r'HTTP 400, headers: \{.*"content-type":"application/soap\+xml;', text)


def test_a_central_system_that_is_not_there(ocppfw, port):
    script = f"start_cp http://localhost:{port} a -t soap\nheartbeat\n"
    result = ocppfw(script=script)
    assert f"nothing listens on localhost:{port} (connection refused)" in output(result)
    assert "Error: cp#a is not connected" in output(result)
    assert result.returncode == 1


def test_a_charge_point_that_is_gone(ocppfw, port, from_port):
    """Its address is known, but nobody listens there any more."""
    envelope = (
        '<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Header>'
        '<chargeBoxIdentity xmlns="urn://Ocpp/Cs/2012/06/">gone</chargeBoxIdentity>'
        f'<From xmlns="http://www.w3.org/2005/08/addressing"><Address>http://127.0.0.1:{from_port}/'
        '</Address></From></Header><Body><heartbeatRequest xmlns="urn://Ocpp/Cs/2012/06/"/></Body>'
        "</Envelope>"
    )
    lines = (f"send_raw -e '{envelope}'", "remote_clearcache --remote-id gone", "status")
    result = ocppfw(script=session(port, *lines))
    text = output(result)
    assert f"Error: cp#gone: cannot reach http://127.0.0.1:{from_port}/: nothing listens on" in text
    assert "cs: ChargePoint #gone disconnected: cannot reach" in text
    assert result.returncode == 1


def test_a_charge_point_that_never_asked(ocppfw, port, from_port):
    """It listens at an address that the central system is given."""
    lines = (
        f"start_cs {port} -t soap -p ocpp1.5 --soap-address b=http://127.0.0.1:1/",
        f"start_cp http://127.0.0.1:{port} a -t soap -r {from_port}",
        "status",
        f"set cs soap_address=a=http://127.0.0.1:{from_port}/",
        "status",
        "remote_clearcache --remote-id a",
        "status",
    )
    text = output(ocppfw(script="\n".join(lines) + "\n"))
    assert "cs: ChargePoint #b can be called at http://127.0.0.1:1/ (ocpp1.5)." in text
    assert f"soap-address=a=http://127.0.0.1:{from_port}/ (now)" in text
    assert "Error" not in text
    first, second, third = text.split("Central system on port")[1:]
    assert "0 charge points connected" in first
    assert "  #b: ocpp1.5 at 127.0.0.1:1, not heard of yet" in first
    assert f"#a: ocpp1.5, can call http://127.0.0.1:{port}, which has not answered yet" in first
    assert f"  #a: ocpp1.5 at 127.0.0.1:{from_port}, not heard of yet" in second
    assert 'cp#a: >>cs /ClearCache {"status":"' in second
    assert "1 charge point connected" in third
    assert f"  #a: ocpp1.5 from 127.0.0.1:{from_port}" in third
    assert f"#a: ocpp1.5, connected with http://127.0.0.1:{port}" in third


def test_an_address_is_for_soap(ocppfw, port):
    text = output(ocppfw(script=f"start_cs {port} --soap-address a=http://127.0.0.1:1/\n"))
    assert "Error: --soap-address is for -t soap only" in text


def test_a_port_that_is_taken(ocppfw, port):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        other = taken.getsockname()[1]
        script = f"start_cs {port}\nstart_cp http://localhost:{port} a -t soap -r {other}\nstatus\n"
        result = ocppfw(script=script)
    assert f"Error: cannot listen on 127.0.0.1 port {other}: " in output(result)
    assert result.returncode == 1
