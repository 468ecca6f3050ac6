"""Plugins of the user's own in ``./plugins``: what they change, and how broken ones are named."""

import pytest

from tests.process.twistd import central_system, write_plugin
from tests.world import line_of

STOLEN = "044943121F1D80"
BLOCKER = '''"""Blocks stolen cards."""
from ocppfw import hookimpl

role = "cs"                     # "cs", "cp"; absent: both
versions = ("1.5", "1.6")       # absent: all
autoload = True                 # absent: True. False: only when asked for

STOLEN = {"044943121F1D80"}

@hookimpl
def cs_authorize(payload):
    if payload["idTag"] in STOLEN:
        return {"idTagInfo": {"status": "Blocked"}}
'''


def authorize(wire, id_tag):
    kind, _, payload = wire.call("Authorize", {"idTag": id_tag})
    assert kind == 3
    return payload["idTagInfo"]["status"]


def test_plugin_dropped_into_the_folder_changes_the_answer_after_a_restart(tmp_path, connect):
    with central_system(tmp_path) as central:
        assert authorize(connect(central.port), STOLEN) == "Accepted"
        write_plugin(tmp_path, "stolen_cards", BLOCKER)
        assert authorize(connect(central.port), STOLEN) == "Accepted"
    with central_system(tmp_path) as central:
        assert "stolen_cards" in central.wait_for(r"cs: Plugins: (.*)")[1].split(", ")
        wire = connect(central.port)
        assert authorize(wire, STOLEN) == "Blocked"
        assert authorize(wire, "044943121F1D81") == "Accepted"
        old = connect(central.port, "old", "ocpp1.2")  # not one of the plugin's versions
        assert authorize(old, STOLEN) == "Accepted"
        assert not central.trouble


def test_plugin_that_is_not_wanted_may_be_broken(tmp_path, connect):
    write_plugin(tmp_path, "_draft", "this is no Python\n")
    write_plugin(tmp_path, "asleep", "autoload = False\nraise RuntimeError\n")
    with central_system(tmp_path) as central:
        assert authorize(connect(central.port), STOLEN) == "Accepted"


def test_further_folder_wins_over_the_usual_one(tmp_path, connect):
    answer = (
        "from ocppfw import hookimpl\n@hookimpl\ndef cs_authorize():\n"
        "    return {{'idTagInfo': {{'status': '{}'}}}}\n"
    )
    write_plugin(tmp_path, "cards", answer.format("Blocked"))
    further = tmp_path / "further"
    further.mkdir()
    (further / "cards.py").write_text(answer.format("Expired"))
    with central_system(tmp_path) as central:
        assert authorize(connect(central.port), "x") == "Blocked"
    with central_system(tmp_path, "--plugins", "further") as central:
        assert authorize(connect(central.port), "x") == "Expired"


FAULTY = """
from twisted.internet import defer
from ocppfw import CallFailed, hookimpl

role = "cs"

@hookimpl
def cs_data_transfer(payload):
    return ANSWERS[payload["vendorId"]]()

def raises():
    raise ZeroDivisionError("secret words")

def refuses():
    raise CallFailed("SecurityError", "not you", {"why": "x"})

def breaks_the_schema():
    return {"status": "Perhaps"}

def no_dict():
    return "Accepted"

def no_json():
    return {"status": "Accepted", "data": object()}

async def ends_in_none():
    pass

def never():
    return defer.Deferred()

async def asyncio_only():
    import asyncio
    await asyncio.sleep(0.01)
    return {"status": "Accepted"}

ANSWERS = dict(globals())
"""


@pytest.mark.parametrize(
    ("fault", "code", "logged"),
    [
        ("raises", "InternalError", "ZeroDivisionError: secret words"),
        ("refuses", "SecurityError", None),
        ("breaks_the_schema", "InternalError", "status"),
        ("no_dict", "InternalError", "must be a dict, not str"),
        ("no_json", "InternalError", "data|cannot be written"),
        ("never", "InternalError", r"did not end within 0\.5 s"),
        ("asyncio_only", "InternalError", r"station\.in_thread or .*deferLater"),
    ],
)
def test_answer_hook_that_fails_is_an_internal_error(faulty, connect, fault, code, logged):
    wire = connect(faulty.port, f"peer-of-{fault}")
    answer = wire.call("DataTransfer", {"vendorId": fault})
    assert answer[0] == 4
    assert answer[2] == code
    assert "secret words" not in str(answer)
    if logged:
        faulty.wait_for(logged)
        faulty.wait_for(r"cs_data_transfer in .*faulty\.py")
    else:
        assert answer[3:] == ["not you", {"why": "x"}]
    assert wire.call("Heartbeat")[0] == 3


FORGETFUL = """
import gc
from twisted.internet.defer import Deferred
from ocppfw import hookimpl

role = "cs"

@hookimpl
def cs_data_transfer(station, payload):
    globals()[payload["vendorId"]](station)
    return {"status": "Accepted"}

def deferred(station):
    Deferred().addCallback(int).callback("no number")
    station.later(0, gc.collect)

def delayed(station):
    station.clock.callLater(0, fail)

def threaded(station):
    station.in_thread(open, "/nowhere")

def fail():
    raise ValueError("no luck")
"""


@pytest.mark.parametrize(
    ("fault", "text", "said"),
    [
        ("deferred", None, "ValueError: invalid literal for int.*"),
        ("delayed", "raise ValueError", "(?!ValueError).*"),
        ("threaded", "station.in_thread", "FileNotFoundError: .*/nowhere.*"),
    ],
)
def test_fault_that_nobody_waits_for_is_shown(tmp_path, connect, fault, text, said):
    path = write_plugin(tmp_path, "forgetful", FORGETFUL)
    with central_system(tmp_path) as central:
        connect(central.port).call("DataTransfer", {"vendorId": fault})
        place = "" if text is None else f"{line_of(path, text)}: "
        central.wait_for(rf"\] Error: {place}{said}")
        central.wait_for("^    .*ValueError: no luck|^    .*: invalid literal|^    .*/nowhere")


def test_answer_hook_that_ends_in_none_passes_the_call_on(faulty, connect):
    answer = connect(faulty.port).call("DataTransfer", {"vendorId": "ends_in_none"})
    assert answer[2] == {"status": "UnknownVendorId"}


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faulty")
    write_plugin(folder, "faulty", FAULTY)
    with central_system(folder, "--hook-timeout", "0.5", "--trace", "off") as process:
        yield process


def started(connect, port, count):
    """The ids of some transactions."""
    start = {"connectorId": 1, "idTag": "x", "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"}
    wire = connect(port)
    return [wire.call("StartTransaction", start)[2]["transactionId"] for _ in range(count)]


def test_transaction_ids_differ_after_a_restart_and_between_processes(tmp_path, connect):
    ids = []
    with central_system(tmp_path) as one, central_system(tmp_path) as other:
        for central in (one, other, one):
            ids += started(connect, central.port, 100)
    with central_system(tmp_path) as central:
        ids += started(connect, central.port, 100)
    assert len(set(ids)) == len(ids)
    assert all(1 <= each < 2**31 for each in ids)
