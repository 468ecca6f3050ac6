"""What holds in every case is noticed where it does not."""

import pytest

from ocppfw.rpc.frames import Call
from ocppfw.versions import OcppVersion
from tests.cases.charge_point import Heard
from tests.cases.standing_checks import check_standing


def heard(*calls):
    return [
        Heard(0.0, Call(str(number), action, payload))
        for number, (action, payload) in enumerate(calls)
    ]


def status(word, number=1):
    return "StatusNotification", {"connectorId": number, "status": word}


def stop(meter):
    return "StopTransaction", {"transactionId": 5, "meterStop": meter}


GOOD = heard(status("Preparing"), status("Charging"), stop(7), status("Finishing"))


def test_nothing_is_wrong():
    check_standing(OcppVersion.V1_6, GOOD, [])


@pytest.mark.parametrize(
    "wrong",
    [
        heard(status("Preparing"), status("Unavailable")),
        heard(status("Charging", 0)),
        heard(stop(7), stop(6)),
        [*heard(stop(7)), *heard(stop(7))],
        heard(("Heartbeat", {"timestamp": "2026-11-22T14:54:54"})),
    ],
    ids=["no B8", "connector 0", "register", "message id", "no time zone"],
)
def test_something_is_wrong(wrong):
    with pytest.raises(AssertionError):
        check_standing(OcppVersion.V1_6, wrong, [])


def test_statuses_begin_anew_after_a_gap():
    check_standing(OcppVersion.V1_6, heard(status("Preparing"), status("Unavailable")), [1])
