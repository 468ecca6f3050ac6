"""What is asked for comes behind the answer, between our two roles as processes."""

import re

import pytest

from tests.process.twistd import central_system, charge_point, write_plugin

ASKS = """
from ocppfw import hookimpl

role = "cs"

@hookimpl
def call_answered(peer, call):
    if call.action == "BootNotification":
        peer.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
"""
# Asked before the shipped plugins; it awaits, and it writes to the store.
AWAITS = """
from twisted.internet.task import deferLater
from ocppfw import hookimpl

role = "cp"

@hookimpl
async def cp_trigger_message(station, call, payload):
    station.store.append("triggered", "times", station.timestamp())
    await deferLater(station.clock, 0.3)
    call.after_answer(send_heartbeat, station)
    return {"status": "Accepted"}

async def send_heartbeat(station, sent):
    if sent:
        await station.tell("Heartbeat")
"""
# The shipped plugin answers; its answer is late on the way out.
DELAYS = """
from twisted.internet.task import deferLater
from ocppfw import hookimpl

role = "cp"

def delayed(station, text):
    late = text.startswith("[3") or "triggerMessageResponse" in text
    return deferLater(station.clock, 0.3) if late else None

@hookimpl
def change_sent_frame(station, text):
    return delayed(station, text)

@hookimpl
def change_sent_envelope(station, text):
    return delayed(station, text)
"""
WEBSOCKET = [
    r'<<cs \[2,"[^"]*","TriggerMessage"',
    r'>>cs \[3,"[^"]*",\{"status":"Accepted"\}\]',
    r'>>cs \[2,"[^"]*","Heartbeat"',
]
SOAP = [
    r"<<cs /TriggerMessage \{",
    r'>>cs /TriggerMessage \{"status":"Accepted"\}',
    r">>cs /Heartbeat ",
]


@pytest.mark.parametrize("plugin", [AWAITS, DELAYS], ids=["awaited", "delayed"])
@pytest.mark.parametrize(("scheme", "order"), [("ws", WEBSOCKET), ("http", SOAP)])
def test_the_answer_then_what_was_asked_for(tmp_path, plugin, scheme, order):
    for name, text in (("asks", ASKS), ("answers", plugin)):
        write_plugin(tmp_path, name, text)
    with central_system(tmp_path) as central:
        url = f"{scheme}://127.0.0.1:{central.port}/"
        with charge_point(tmp_path, url) as process:
            process.wait_for(order[-1])
            text = process.text
    assert re.search(".*".join(order), text, re.DOTALL)
    before_the_answer = text[: re.search(order[1], text).start()]
    assert not re.search(order[2], before_the_answer)
