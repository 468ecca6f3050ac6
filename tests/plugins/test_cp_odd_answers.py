"""A charge point whose central system answers oddly: with ``validation`` report and off."""

import pytest

from ocppfw.versions import OcppVersion
from tests.plugins.charge_points import ChargePointPair, boot_answer

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion
UNUSABLE = "cp#CP1: {0} failed: {0}: payload: lacks what is needed of it. Next attempt in 10 s."
FAILED = "cp#CP1: {0} failed: {0}: payload: lacks what is needed of it"
TWICE = (
    "cp#CP1: {0} was refused: {0}: payload: lacks what is needed of it. Attempt {1} of 3 in {2} s."
)
DROPPED = (
    "cp#CP1: {0} was not delivered, and is dropped: {0}: payload: lacks what is needed of it"
    " (see the command queue)"
)


def made(version, clock, mode, autostart=True):
    return ChargePointPair(version, clock, autostart, validation=mode)


@pytest.fixture(params=OcppVersion, ids=str)
def version(request):
    return request.param


def said(logged):
    """What is logged besides that something was odd."""
    return [line for line in logged.lines("warn", "error", "critical") if " is odd: " not in line]


def interval_of(version):
    return "heartbeatInterval" if version in (V1_2, V1_5) else "interval"


def test_an_answer_that_can_be_repaired_registers(clock, logged, version):
    pair = made(version, clock, "report")
    odd = {interval_of(version): "7", "currentTime": "2026-11-22 14:54:54", "vendor": {"a": None}}
    pair.answers["BootNotification"] = boot_answer(version) | odd
    pair.connect()
    pair.calls()
    pair.wait(7)
    assert pair.actions() == ["Heartbeat"]
    assert pair.model.configuration.heartbeat_interval == 7
    assert said(logged) == []
    pair.end()


ODD_BOOTS = [
    [],
    "Accepted",
    7,
    {},
    {"status": None},
    {"status": "accepted"},
    {"status": "boot"},
    {"status": "Booting"},
    {"status": []},
    {"status": "Accepted", "interval": "soon", "heartbeatInterval": "soon"},
    {"status": "Accepted", "interval": [7], "heartbeatInterval": {}},
]


@pytest.mark.parametrize("mode", ["report", "off"])
@pytest.mark.parametrize("odd", ODD_BOOTS, ids=str)
def test_one_that_cannot_be_used_is_a_failed_attempt(clock, logged, version, mode, odd):
    pair = made(version, clock, mode)
    pair.answers["BootNotification"] = odd
    pair.connect()
    assert pair.actions() == ["BootNotification"]
    pair.wait(9)
    assert pair.actions() == []
    pair.answers["BootNotification"] = boot_answer(version)
    pair.wait(1)
    assert pair.actions()[0] == "BootNotification"
    assert pair.model.registration == "Accepted"
    assert said(logged) == [UNUSABLE.format("BootNotification")]
    pair.end()


def test_off_takes_numbers_as_they_come(clock, logged, version):
    pair = made(version, clock, "off")
    pair.answers["BootNotification"] = boot_answer(version) | {interval_of(version): "7"}
    pair.connect()
    assert said(logged) == [UNUSABLE.format("BootNotification")]
    pair.end()


ODD_INFO = {"status": "Accepted", "expiryDate": None, "parentIdTag": None}


@pytest.mark.parametrize("mode", ["strict", "report", "off"])
def test_a_null_expiry_date_does_not_end_a_start(clock, logged, version, mode):
    """Except in strict, where the transaction goes on without what the answer has said."""
    pair = made(version, clock, mode, autostart=False)
    key = "idTokenInfo" if version.is_2x else "idTagInfo"
    odd = {"status": "Accepted", "cacheExpiryDateTime": None} if version.is_2x else ODD_INFO
    for action in ("StartTransaction", "TransactionEvent"):
        pair.answers[action] = pair.answers[action] | {key: odd}
    pair.connect()
    assert pair.start() == "Accepted"
    pair.wait(200)
    usual = ("StartTransaction", "StopTransaction")
    start, stop = ("TransactionEvent", "TransactionEvent") if version.is_2x else usual
    if mode == "strict":
        assert f"cp#CP1: {start} was not delivered, and is dropped" in "\n".join(said(logged))
        pair.calls()
        pair.model.stop(1)
        pair.wait(0)
        [(_, stopped)] = pair.calls(stop)
        assert version.is_2x or stopped["transactionId"] == -1  # 1.6 errata 3.18
        return
    pair.calls()
    assert pair.stop() == "Accepted"
    assert stop in pair.actions()
    assert said(logged) == []
    assert pair.model.in_use == []


@pytest.mark.parametrize("mode", ["report", "off"])
@pytest.mark.parametrize("answer", [[], {}, {"idTagInfo": 7}, {"transactionId": 5}], ids=str)
def test_what_the_start_needs_and_does_not_find(clock, logged, mode, answer):
    pair = made(V1_6, clock, mode, autostart=False)
    pair.connect()
    pair.configure("AuthorizeRemoteTxRequests", "true")
    usual = pair.answers["Authorize"]
    pair.answers |= {"Authorize": answer, "StartTransaction": answer}
    pair.start()
    assert pair.model.in_use == []
    assert said(logged) == [FAILED.format("Authorize")]
    pair.answers["Authorize"] = usual
    pair.start()
    pair.wait(180)
    assert said(logged)[1:] == lines_of_a_dropped_start()


def lines_of_a_dropped_start():
    """It is tried three times, with growing pauses (1.6 section 3.7.1)."""
    start = "StartTransaction"
    attempts = [TWICE.format(start, number, pause) for number, pause in ((2, 60), (3, 120))]
    return [*attempts, DROPPED.format(start)]


@pytest.mark.parametrize("transaction_id", ["abc", 5.5, None, [5]], ids=str)
def test_a_transaction_id_that_no_stop_could_name(clock, logged, transaction_id):
    pair = made(V1_6, clock, "report", autostart=False)
    pair.connect()
    accepted = {"transactionId": transaction_id, "idTagInfo": {"status": "Accepted"}}
    pair.answers["StartTransaction"] = accepted
    pair.start()
    pair.wait(180)
    assert said(logged) == lines_of_a_dropped_start()
    pair.calls()
    pair.model.stop(1)
    pair.wait(0)
    [(_, stop)] = pair.calls("StopTransaction")
    assert stop["transactionId"] == -1


def test_a_transaction_id_as_text_is_a_number(clock, logged):
    pair = made(V1_6, clock, "report", autostart=False)
    pair.connect()
    pair.answers["StartTransaction"] = pair.answers["StartTransaction"] | {"transactionId": "5"}
    pair.start()
    pair.stop()
    assert pair.calls("StopTransaction")[0][1]["transactionId"] == 5
    assert said(logged) == []
