"""OCPP-S from outside: zeep, made from the WSDL that we serve, calls every operation."""

import contextlib
import json

import pytest
from lxml import etree
from zeep.exceptions import Fault

from ocppfw.catalogue import load_catalogue
from ocppfw.catalogue.wsdl import load_service
from ocppfw.versions import SOAP_VERSIONS, Role, Transport
from tests.interop.soap_forms import full_payload
from tests.interop.zeep_client import zeep_client
from tests.process.twistd import central_system, charge_point, write_plugin
from tests.process.wire import kept_port

pytestmark = [pytest.mark.interop, pytest.mark.slow]

ANSWERER = '''"""Answers EXAMPLES and FULL as the tests do it, others not; tells what is asked."""
import json
from twisted.logger import Logger
from ocppfw import hookimpl
from ocppfw.catalogue import hook_name, load_catalogue
from ocppfw.versions import SOAP_VERSIONS, Role
from tests.interop.soap_forms import full_payload

log = Logger()

def answering(action):
    @hookimpl
    def answer(station, peer):
        response = load_catalogue(peer.version).operations[action].form(peer.transport).response
        if peer.identity == "EXAMPLES":
            return response.example()
        if peer.identity == "FULL":
            return full_payload(response.fields)
    return answer

for role in Role:
    for version in SOAP_VERSIONS:
        for action in load_catalogue(version).answered_by(role):
            globals()[hook_name(action, role)] = answering(action)
del role  # it would say whose plugin this is

@hookimpl
def call_received(station, peer, call):
    payload = json.dumps(call.payload)
    log.info("{version} {identity} asks {action} {payload}", version=peer.version.value,
             identity=peer.identity, action=call.action, payload=payload)
'''
IDENTITIES = ("EXAMPLES", "FULL", "PLAIN")
OPERATIONS = [
    pytest.param(version.value, role, action, id=f"{version}-{role}-{action}")
    for version in SOAP_VERSIONS
    for role in Role
    for action in load_service(version, role).operations
]


def form_of(version, action):
    operations = load_catalogue(version).operations
    return operations[action].form(Transport.SOAP)


@pytest.fixture(scope="module")
def central(tmp_path_factory):
    folder = tmp_path_factory.mktemp("central")
    write_plugin(folder, "answerer", ANSWERER)
    with central_system(folder, "--trace", "off") as process:
        yield process


@pytest.fixture(scope="module")
def stations(tmp_path_factory):
    """Makes a process with charge points of a version, connected with a central system."""
    with contextlib.ExitStack() as stack:
        folder = tmp_path_factory.mktemp("far-central")
        far = stack.enter_context(central_system(folder, "--trace", "off"))
        made = {}

        def station(version):
            if version not in made:
                folder = tmp_path_factory.mktemp("station")
                write_plugin(folder, "answerer", ANSWERER)
                url = f"http://127.0.0.1:{far.port}/"
                own = f"http://127.0.0.1:{stack.enter_context(kept_port())}/station/"
                options = (
                    "--from",
                    own,
                    "--protocol",
                    f"ocpp{version}",
                    "--trace",
                    "off",
                    "--reconnect-delay",
                    "0.1",
                )
                identities = [f"--id={identity}" for identity in IDENTITIES]
                process = stack.enter_context(charge_point(folder, url, *options, *identities))
                for identity in IDENTITIES:
                    process.wait_for(f"cp#{identity}: Registered")
                made[version] = process, own
            return made[version]

        yield station


@pytest.fixture(scope="module")
def service(central, stations):
    """Finds the process that offers a service, and a client of the service."""
    with contextlib.ExitStack() as stack:
        clients = {}

        def found(version, role):
            if role is Role.CS:
                process, url = central, f"http://127.0.0.1:{central.port}/ocpp{version}"
            else:
                process, url = stations(version)
            if (version, role) not in clients:
                client = stack.enter_context(zeep_client(url, version))
                clients[version, role] = client
                assert client.address == url
            return process, clients[version, role]

        yield found


@pytest.mark.parametrize(("version", "role", "action"), OPERATIONS)
def test_every_operation(service, version, role, action):
    process, client = service(version, role)
    form = form_of(version, action)
    for identity, question, answer in [
        ("EXAMPLES", form.request.example(), form.response.example()),
        ("FULL", full_payload(form.request.fields), full_payload(form.response.fields)),
    ]:
        assert client.call(identity, action, question) == answer
        told = process.wait_for(rf"{version} {identity} asks {action} (.*)")[1]
        assert json.loads(told) == question


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("version", [version.value for version in SOAP_VERSIONS])
def test_shipped_behaviours(service, version, role):
    process, client = service(version, role)
    assert client.actions == set(load_service(version, role).operations)
    for action in sorted(client.actions, key=lambda action: (action == "Reset", action)):
        form = form_of(version, action)
        answer = client.call("PLAIN", action, form.request.example())
        assert form.response.check(answer) == [], action
    if role is Role.CP:
        process.wait_for("cp#PLAIN: Registered", 2)
    assert process.trouble == []


AVAILABLE = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
REFUSED = [
    (Role.CS, "PLAIN", "StatusNotification", AVAILABLE | {"status": "Odd"}, "ProtocolError"),
    (Role.CP, "PLAIN", "Reset", {"type": "Odd"}, "ProtocolError"),
    (Role.CP, "NOBODY", "Reset", {"type": "Soft"}, "IdentityMismatch"),
]


@pytest.mark.parametrize("version", [version.value for version in SOAP_VERSIONS])
@pytest.mark.parametrize(("role", "identity", "action", "payload", "subcode"), REFUSED)
def test_faults_are_understood(service, version, role, identity, action, payload, subcode):
    _, client = service(version, role)
    with pytest.raises(Fault) as caught:
        client.call(identity, action, payload)
    fault = caught.value
    assert fault.code.endswith(":Sender")
    assert [etree.QName(each).localname for each in fault.subcodes] == [subcode]
    where = "chargeBoxIdentity: " if subcode == "IdentityMismatch" else ("status: ", "type: ")
    assert fault.message.startswith(where)
