"""Our charge point, and central systems that speak HTTP in another way than ours."""

import re

import pytest

from tests.process.raw_http import RawServer, good_body
from tests.process.twistd import charge_point

OPTIONS = ("--protocol", "ocpp1.5", "--connectors", "1", "--reconnect-delay", "0.2")


def boots(folder, server):
    """A charge point of ours registers, and reports its connectors, without any trouble."""
    with server, charge_point(folder, server.url, *OPTIONS) as station:
        station.wait_for("cp#CP1: Registered.")
        station.wait_for("<<cs /StatusNotification", 2)
        assert not station.trouble
        return server.received


def test_an_answer_that_ends_with_its_connection(tmp_path):
    def react(received):
        return b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + good_body(received), False

    received = boots(tmp_path, RawServer(react))
    assert [each.connection for each in received] == [*range(1, len(received) + 1)]


def test_http_1_0(tmp_path):
    """The server hangs up after each answer, as HTTP/1.0 does where nothing else is said."""

    def react(received):
        body = good_body(received)
        return b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body, False

    received = boots(tmp_path, RawServer(react))
    assert {each.number for each in received} == {0}


def test_http_1_0_that_keeps_its_connections(tmp_path):
    def react(received):
        body = good_body(received)
        head = b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: %d\r\n\r\n"
        return head % len(body) + body, True

    received = boots(tmp_path, RawServer(react))
    assert [each.number for each in received] == [*range(len(received))]


@pytest.mark.parametrize("number", [1, 2])  # the second waits for the answer to the first
def test_a_call_that_meets_the_end_of_a_kept_connection_is_made_again(tmp_path, number):
    def react(received):
        if received.number == number:
            return None
        body = good_body(received)
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body, True

    *before, given_up, again = boots(tmp_path, RawServer(react))[: number + 2]
    assert before[0].name == "bootNotificationRequest"
    assert (given_up.connection, given_up.number) == (before[0].connection, number)
    assert again.connection > given_up.connection
    assert again.message_id == given_up.message_id
    assert re.match("urn:uuid:", again.message_id)
