"""Edge cases of SOAP, called after their numbers in the list of edge cases of the protocol.

Envelopes are posted to a charge point as a careless or an old central system writes them.
"""

import gzip
import io
from types import SimpleNamespace

import pytest
from lxml import etree
from twisted.web.test.requesthelper import DummyRequest

from ocppfw import CallFailed
from ocppfw.settings import Settings
from ocppfw.transports.soap.charge_point import ChargePointSoap
from ocppfw.versions import OcppVersion, Role
from tests.cases.charge_point import K1, Link
from tests.process.envelopes import CLEAR_CACHE, Answer, envelope

V1_2, V1_5, V1_6, *_ = OcppVersion
NUMBER, KIND = "<connectorId>1</connectorId>", "<type>Operative</type>"


@pytest.fixture(params=[V1_6, V1_5, V1_2], ids=str)
def link(request):
    return Link(request.param, soap=True)


@pytest.fixture
def post(case):
    """Posts an envelope to the charge point; a function that gives what is answered."""
    service = ChargePointSoap(Settings.build({"role": Role.CP}, {}), None)
    service.stations[case.station.identity] = case.station

    def post(body=CLEAR_CACHE, data=None, encoding=None, **header):
        text = envelope(body, version=str(case.version), role="cp", **header)
        http = DummyRequest([])
        http.content = io.BytesIO(text if data is None else data(text))
        http.getClientAddress = lambda: SimpleNamespace(host="192.0.2.1", port=4711)
        if encoding is not None:
            http.requestHeaders.setRawHeaders("content-encoding", [encoding])
        service.answer(http, [case.version])
        case.wait(0)
        headers = {
            name.decode().lower(): values[-1].decode()
            for name, values in http.responseHeaders.getAllRawHeaders()
        }
        return Answer(http.responseCode, headers, b"".join(http.written))

    return post


def fault_of(answer):
    """Code and subcode of a fault."""
    return answer.fault.code, answer.fault.subcode


def test_e23_no_message_id(post):
    assert post(message_id=None).name == "clearCacheResponse"


def test_e24_what_an_answer_relates_to(post):
    answer = post(message_id="urn:uuid:4711").envelope
    assert answer.header("RelatesTo") == "urn:uuid:4711"
    assert answer.header("Action") == "/ClearCacheResponse"


def test_e26_another_charge_point_is_meant(post):
    assert fault_of(post(identity="CP2")) == ("Sender", "IdentityMismatch")


def test_e27_the_name_of_the_identity_in_other_letters(post):
    header = "<ChargeBoxIdentity>CP1</ChargeBoxIdentity>"
    assert post(identity=None, headers=header).name == "clearCacheResponse"


def test_e28_fields_in_the_wrong_order(post):
    request = "<changeAvailabilityRequest>{}</changeAvailabilityRequest>"
    assert post(request.format(NUMBER + KIND)).name == "changeAvailabilityResponse"
    assert fault_of(post(request.format(KIND + NUMBER))) == ("Sender", "ProtocolError")


def test_e29_an_operation_that_is_not_there(post):
    assert fault_of(post("<makeCoffeeRequest/>")) == ("Receiver", "NotSupported")


@pytest.mark.parametrize("link", [Link(V1_6, soap=True)], ids=str)
def test_e30_a_fault_for_a_stop_and_a_heartbeat_that_is_answered(case):
    case.configure(TransactionMessageAttempts=2, TransactionMessageRetryInterval=10)
    case.configure(MeterValueSampleInterval=0)
    t = case.charge(K1)
    case.answers["StopTransaction"] = CallFailed("InternalError", "no")
    assert case.remote_stop(t) == "Accepted"
    case.wait(120)
    stop = f"Stop {t} Remote"
    case.expect(stop, "HB", stop, "HB", "SN 1 Finishing")


def test_e30_a_fault_for_a_stop_and_for_the_heartbeat(case):
    """The link is at fault: that is no attempt, and the message is sent until it arrives."""
    t = case.charge(K1)
    case.answers["StopTransaction"] = case.answers["Heartbeat"] = CallFailed("InternalError", "no")
    assert case.remote_stop(t) == "Accepted"
    case.wait(600)
    told = [str(each).split()[0] for each in case.heard()]
    assert told.count("Stop") > 3
    case.answers["StopTransaction"] = {}
    case.wait(120)
    assert f"Stop {t}" in [str(each)[: len(f"Stop {t}")] for each in case.heard()]
    case.wait(600)
    case.expect()


def test_e31_a_compressed_request(post):
    assert post(data=gzip.compress, encoding="gzip").name == "clearCacheResponse"


@pytest.mark.parametrize("link", [Link(V1_5, soap=True)], ids=str)
def test_e32_the_attributes_of_meter_values(case):
    case.configure(MeterValueSampleInterval=10, MeterValuesSampledData="Voltage")
    case.charge(K1)
    case.wait(11)
    [sample] = [each for each in case.pair.posted if "meterValuesRequest" in each]
    [values] = etree.fromstring(sample.encode()).iterfind(".//{*}values")
    assert {each.get("measurand") for each in values.iterfind("{*}value")} == {"Voltage"}
