"""Plugins that see, change, delay, drop and refuse envelopes; and the end of a process."""

import base64
import contextlib
import http.client
import re
import signal
import threading
import time

import pytest

from tests.process.envelopes import (
    CLEAR_CACHE,
    DATA_TRANSFER,
    SoapServer,
    authorize,
    envelope,
    get,
    post,
)
from tests.process.twistd import central_system, charge_point, eventually, write_plugin

SPY = """
from twisted.logger import Logger
from ocppfw import hookimpl

log = Logger()

@hookimpl
def envelope_received(station, peer, text):
    log.info("{station} sees {text!r} of {peer}", station=station.label, text=text, peer=peer)

@hookimpl
def envelope_sent(station, peer, text):
    log.info("{station} shows {text!r} to {peer}", station=station.label, text=text, peer=peer)
"""

# What is done to an envelope is told by a word in it.
CHANGE = """
from twisted.internet import task
from ocppfw import DROP, hookimpl

def change(station, text):
    if "DROP-{way}" in text:
        return DROP
    if "DELAY-{way}" in text:
        return task.deferLater(station.clock, 0.5, lambda: text.replace("DELAY-{way}", "late"))
    if "BREAK-{way}" in text:
        return "<broken"
    if "RAISE-{way}" in text:
        raise RuntimeError("out of order")
    return text.replace("WORD-{way}", "changed")

@hookimpl
def {hook}(station, text):
    return change(station, text)

@hookimpl(tryfirst=True)
def {answer}(payload):
    return {{"status": "Accepted", "data": payload["data"].removeprefix("answer ")}}
"""


def changer(way, role):
    """A plugin that changes what goes one way."""
    hook = {"in": "change_received_envelope", "out": "change_sent_envelope"}[way]
    return CHANGE.format(way=way, hook=hook, answer=f"{role}_data_transfer")


def transfer(data):
    body = f"<dataTransferRequest><vendorId>v</vendorId><data>{data}</data></dataTransferRequest>"
    return envelope(body, version="1.6")


def data_of(answer):
    return answer.envelope.text("data")


def test_every_envelope_is_seen(tmp_path):
    write_plugin(tmp_path, "spy", SPY)
    with central_system(tmp_path, "--trace", "off") as central:
        url = f"http://127.0.0.1:{central.port}/"
        options = ("--protocol", "ocpp1.5", "--connectors", "1")
        with charge_point(tmp_path, url, *options) as station:
            for process, received, sent in (
                (central, "cs sees .*bootNotificationRequest", "cs shows .*bootNotificationRes"),
                (station, "CP1 sees .*bootNotificationRes", "CP1 shows .*bootNotificationReq"),
            ):
                for pattern in (received, sent):
                    line = process.wait_for(pattern).string
                    assert "<?xml" in line
                    assert "Envelope" in line
            assert not central.trouble
            assert not station.trouble


def test_requests_that_come_in_are_changed_delayed_and_dropped(tmp_path):
    write_plugin(tmp_path, "changer", changer("in", "cs"))
    with central_system(tmp_path) as central:
        assert data_of(post(central.port, transfer("WORD-in"))) == "changed"
        began = time.monotonic()
        assert data_of(post(central.port, transfer("DELAY-in"))) == "late"
        assert time.monotonic() - began > 0.4
        with pytest.raises(http.client.RemoteDisconnected):
            post(central.port, transfer("DROP-in"))
        assert post(central.port, transfer("BREAK-in")).fault.subcode == "ProtocolError"
        assert data_of(post(central.port, transfer("RAISE-in"))) == "RAISE-in"
        central.wait_for("RuntimeError: out of order")
        assert data_of(post(central.port, transfer("good"))) == "good"


def test_answers_that_go_out_are_changed_delayed_and_dropped(tmp_path):
    write_plugin(tmp_path, "changer", changer("out", "cs"))
    with central_system(tmp_path) as central:
        assert data_of(post(central.port, transfer("answer WORD-out"))) == "changed"
        assert data_of(post(central.port, transfer("answer DELAY-out"))) == "late"
        with pytest.raises(http.client.RemoteDisconnected):
            post(central.port, transfer("answer DROP-out"))
        broken = post(central.port, transfer("answer BREAK-out"))
        assert (broken.status, broken.body) == (200, b"<broken")
        assert data_of(post(central.port, transfer("good"))) == "good"


ASK = """
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from ocppfw import hookimpl

log = Logger()

@hookimpl
def cs_authorize(station, peer, payload):
    station.later(0, lambda: Deferred.fromCoroutine(ask(peer, payload["idTag"])))

async def ask(peer, word):
    try:
        answer = await peer.call("DataTransfer", {"vendorId": "v", "data": word + "-WAY"})
        log.info("{word} gets {answer}", word=word, answer=answer)
    except Exception as error:
        log.info("{word} fails: {error}", word=word, error=error)
"""


@pytest.mark.parametrize("way", ["in", "out"])
def test_our_calls_and_their_answers(tmp_path, way):
    """The other side says in its answer what is to be done to it."""
    write_plugin(tmp_path, "changer", changer(way, "cs"))
    write_plugin(tmp_path, "ask", ASK.replace("WAY", way))
    with SoapServer("1.6", "cp") as listener:

        def react(posted):
            data = posted.envelope.text("data")
            body = f"<status>Accepted</status><data>{data}</data>"
            return listener.result(f"<dataTransferResponse>{body}</dataTransferResponse>")

        listener.react = react

        def knock(word):
            posted = envelope(authorize(word), version="1.6", from_address=listener.url)
            assert post(central.port, posted).status == 200
            return central.wait_for(rf"\] {word} (.*)")[1]

        with central_system(tmp_path, "--call-timeout", "1") as central:
            assert "'data': 'changed'" in knock("WORD")
            assert "'data': 'late'" in knock("DELAY")
            assert re.fullmatch("fails: no answer to DataTransfer within 1 s", knock("DROP"))
            # What is dropped is not sent, or its answer is not taken.
            assert len(listener.paths) == (2 if way == "out" else 3)
            if way == "in":
                assert "not XML" in knock("BREAK")
            assert f"'data': 'good-{way}'" in knock("good")


# Who may ask.

GUARD = """
from twisted.internet import task
from twisted.logger import Logger
from ocppfw import ConnectionRefused, hookimpl

log = Logger()

@hookimpl
def connection_requested(station, request):
    log.info("asked about {id} over {transport} with {word}", id=request.identity,
             transport=request.transport.value, word=request.headers.get("x-word"))
    if request.identity.isdigit():
        raise ConnectionRefused(int(request.identity), "the reason is ours alone")
    if request.identity == "BROKEN":
        raise RuntimeError("out of order")
    if request.identity == "NEVER":
        return task.deferLater(station.clock, 60, lambda: None)
    if request.identity == "LATER":
        return task.deferLater(station.clock, 0.1, lambda: None)
"""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A central system whose plugin asks who is there."""
    folder = tmp_path_factory.mktemp("guarded")
    write_plugin(folder, "guard", GUARD)
    with central_system(folder, "--hook-timeout", "0.5") as process:
        yield process


@pytest.mark.parametrize(
    ("identity", "status", "code", "subcode"),
    [
        ("401", 401, "Sender", "SecurityError"),
        ("403", 403, "Sender", "SecurityError"),
        ("404", 404, "Sender", "IdentityMismatch"),
        ("500", 500, "Receiver", "InternalError"),
        ("BROKEN", 500, "Receiver", "InternalError"),
        ("NEVER", 500, "Receiver", "InternalError"),
    ],
)
def test_connection_refused(guarded, identity, status, code, subcode):
    answer = post(guarded.port, envelope(identity=identity))
    assert answer.status == status
    assert (answer.fault.code, answer.fault.subcode) == (code, subcode)
    assert "ours alone" not in answer.body.decode()
    assert answer.envelope.header("RelatesTo") == "urn:uuid:test"
    assert ("basic realm" in answer.headers.get("www-authenticate", "").lower()) is (status == 401)
    guarded.wait_for(rf"Refused ChargePoint #{identity} from 127\.0\.0\.1 with {status}: \S")
    assert f"#{identity} connected" not in guarded.text


def test_every_request_is_asked_about(guarded):
    for number in range(3):
        assert post(guarded.port, envelope(identity="OK"), x_word=f"w{number}").status == 200
        guarded.wait_for(f"asked about OK over soap with w{number}")
    assert post(guarded.port, envelope(identity="LATER")).status == 200
    assert guarded.text.count("ChargePoint #OK connected") == 1


def test_basic_auth_by_a_plugin(tmp_path):
    write_plugin(
        tmp_path,
        "auth",
        "from ocppfw import ConnectionRefused, hookimpl\n@hookimpl\n"
        "def connection_requested(request):\n"
        "    if request.headers.get('authorization') != 'Basic Q1AxOnNlY3JldA==':\n"
        "        raise ConnectionRefused(401, 'who are you?')\n",
    )
    with central_system(tmp_path) as central:
        assert post(central.port).status == 401
        credentials = base64.b64encode(b"CP1:secret").decode()
        assert post(central.port, authorization=f"Basic {credentials}").status == 200
        assert post(central.port).status == 401  # asked anew, though it is connected


def test_charge_point_asks_about_its_central_system(tmp_path):
    write_plugin(
        tmp_path,
        "guard",
        "from ocppfw import ConnectionRefused, hookimpl\n@hookimpl\n"
        "def connection_requested(station, request):\n"
        "    if request.headers.get('x-word') != 'please':\n"
        "        raise ConnectionRefused(403, station.label)\n",
    )
    with SoapServer("1.6", "cs") as server, charge_point(tmp_path, server.url) as station:
        port = int(station.wait_for(r"SOAP Server listening on port (\d+)")[1])
        station.wait_for("cp#CP1: Registered.")
        good = envelope(CLEAR_CACHE, version="1.6", role="cp")
        answer = post(port, good)
        assert (answer.status, answer.fault.subcode) == (403, "SecurityError")
        assert post(port, good, x_word="please").name == "clearCacheResponse"


@pytest.mark.parametrize("hook", ["cs_heartbeat", "call_requested"])
def test_no_answer_hangs_up(tmp_path, hook):
    write_plugin(
        tmp_path,
        "silent",
        f"from ocppfw import NoAnswer, hookimpl\n@hookimpl\ndef {hook}(peer):\n"
        "    if peer.identity == 'CP1':\n        raise NoAnswer\n",
    )
    with central_system(tmp_path) as central:
        with pytest.raises(http.client.RemoteDisconnected):
            post(central.port)
        assert post(central.port, envelope(identity="CP2")).status == 200
        assert not central.trouble


def test_plugin_that_fails_is_a_fault(tmp_path):
    write_plugin(
        tmp_path,
        "broken",
        "from ocppfw import CallFailed, hookimpl\n@hookimpl\ndef cs_authorize(payload):\n"
        "    if payload['idTag'] == 'xml':\n"
        "        return {'idTagInfo': {'status': 'Accepted', 'parentIdTag': 'a\\x01'}}\n"
        "    if payload['idTag'] == 'schema':\n        return {'idTagInfo': {}}\n"
        "    if payload['idTag'] == 'security':\n        raise CallFailed('SecurityError', 'no')\n"
        "    raise RuntimeError('s3cret')\n",
    )
    internal = ("Receiver", "InternalError", "an internal error occurred")
    with central_system(tmp_path) as central:
        for tag, status, wanted in (
            ("xml", 500, internal),
            ("schema", 500, internal),
            ("other", 500, internal),
            ("security", 400, ("Sender", "SecurityError", "no")),
        ):
            answer = post(central.port, envelope(authorize(tag)))
            fault = answer.fault
            assert (answer.status, (fault.code, fault.subcode, fault.reason)) == (status, wanted)
        assert post(central.port).status == 200


# The end.

SLOW = """
from twisted.internet import task
from ocppfw import hookimpl

@hookimpl
def {hook}(station):
    return task.deferLater(station.clock, {seconds}, lambda: {{"status": "Accepted"}})
"""


@contextlib.contextmanager
def asking(port, data, path="/"):
    """Post from another thread; a list that gets the answer, or why there is none."""
    answers = []

    def work():
        try:
            answers.append(post(port, data, path))
        except (OSError, http.client.HTTPException) as error:
            answers.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    yield answers
    thread.join(20)


def test_request_that_was_begun_is_answered_before_the_end(tmp_path):
    write_plugin(tmp_path, "slow", SLOW.format(hook="cs_data_transfer", seconds=0.7))
    with central_system(tmp_path) as central:
        assert post(central.port).status == 200
        with asking(central.port, envelope(DATA_TRANSFER)) as answers:
            central.wait_for("<<cp#CP1 /DataTransfer")
            central.stop()
        assert answers[0].name == "dataTransferResponse"
        assert central.wait() == -signal.SIGTERM
        assert not central.trouble


def test_large_answer_is_sent_whole_before_the_end(tmp_path):
    write_plugin(
        tmp_path,
        "slow",
        "from twisted.internet import task\nfrom ocppfw import hookimpl\n@hookimpl\n"
        "def cs_data_transfer(station):\n"
        "    answer = {'status': 'Accepted', 'data': 'x' * 20_000_000}\n"
        "    return task.deferLater(station.clock, 0.5, lambda: answer)\n",
    )
    with central_system(tmp_path, "--trace", "off", "--max-sent-size", "30000000") as central:
        with asking(central.port, envelope(DATA_TRANSFER)) as answers:
            central.wait_for("#CP1 connected")
            central.stop()
        assert len(answers[0].body) > 20_000_000
        assert central.wait() == -signal.SIGTERM


def test_charge_point_answers_what_was_begun_before_the_end(tmp_path):
    write_plugin(tmp_path, "slow", SLOW.format(hook="cp_clear_cache", seconds=0.7))
    with SoapServer("1.6", "cs") as server, charge_point(tmp_path, server.url) as station:
        port = int(station.wait_for(r"SOAP Server listening on port (\d+)")[1])
        station.wait_for("cp#CP1: Registered.")
        with asking(port, envelope(CLEAR_CACHE, version="1.6", role="cp")) as answers:
            station.wait_for("<<cs /ClearCache")
            station.stop()
        assert answers[0].name == "clearCacheResponse"
        assert station.wait() == -signal.SIGTERM
        assert not station.trouble


def test_no_new_request_while_it_stops(tmp_path):
    write_plugin(tmp_path, "slow", SLOW.format(hook="cs_data_transfer", seconds=1))
    with central_system(tmp_path) as central:
        port = central.port
        with asking(port, envelope(DATA_TRANSFER)) as answers:
            central.wait_for("<<cp#CP1 /DataTransfer")
            central.stop()
            with contextlib.suppress(ConnectionError):
                eventually(lambda: get(port).status != 200, "refusal")
        assert answers[0].name == "dataTransferResponse"


def test_it_ends_although_an_answer_never_comes(tmp_path):
    write_plugin(tmp_path, "slow", SLOW.format(hook="cs_data_transfer", seconds=60))
    with central_system(tmp_path, "--hook-timeout", "0.5") as central:
        with asking(central.port, envelope(DATA_TRANSFER)) as answers:
            central.wait_for("<<cp#CP1 /DataTransfer")
            central.stop()
        assert answers[0].fault.subcode == "InternalError"
        assert central.wait() == -signal.SIGTERM
