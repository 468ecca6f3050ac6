"""Sends mutated frames, and sees to it that each is answered that must be."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fuzz.mutations import Mutator, id_to_answer
from tests.process.wire import CLOSE, PING, PONG, TEXT, Ended, Wire, new_id

Call = tuple[str, Any]


def is_utf8(data: bytes) -> bool:
    """True for text that a WebSocket may carry."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@dataclass
class Session:
    """One fuzzed connection, made again whenever it had to be closed.

    Attributes:
        open: connects.
        good: a call that is always answered with a result; it marks the end of the answers.
        react: what to send when the other side calls.
    """

    open: Callable[[], Wire]
    good: Call
    react: Callable[[Wire, Any], None] = lambda wire, message: None
    reconnects: int = 0
    answered: int = 0
    refused: int = 0
    faults: list[str] = field(default_factory=list)
    _wire: Wire | None = None

    def run(self, mutator: Mutator, count: int) -> None:
        """Send so many frames."""
        for number in range(count):
            data = mutator.frame()
            if self._wire is None:
                self._wire = self.open()
            if is_utf8(data):
                self._send(self._wire, data, number)
            else:
                self._send_broken(self._wire, data, number)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *error: object) -> None:
        if self._wire is not None:
            self._wire.socket.close()

    # Private.

    def _send(self, wire: Wire, data: bytes, number: int) -> None:
        wire.send_frame(TEXT, data)
        mark = new_id()
        wire.send([2, mark, *self.good])
        answers: dict[Any, Any] = {}
        try:
            while mark not in answers:
                message = wire.receive()
                if message[0] == 2:
                    self.react(wire, message)
                elif message[0] in (3, 4) and type(message[1]) is str:
                    answers[message[1]] = message
        except (Ended, AssertionError, ConnectionError) as error:
            self.faults.append(f"{number}: {data[:300]!r} ended the connection: {error!r}")
            wire.socket.close()
            self._wire = None
            return
        if answers[mark][0] != 3:
            self.faults.append(f"{number}: after {data[:300]!r} a good call got {answers[mark]}")
        wanted = id_to_answer(data)
        if wanted is not None and wanted not in answers:
            self.faults.append(f"{number}: {data[:300]!r} was not answered")
        elif wanted is not None:
            self.answered += 1
            self.refused += answers[wanted][0] == 4
            if answers[wanted][0] == 4 and answers[wanted][2] == "InternalError":
                self.faults.append(f"{number}: {data[:300]!r} was an internal error")

    def _send_broken(self, wire: Wire, data: bytes, number: int) -> None:
        """Text that is not UTF-8 closes its connection with 1007."""
        wire.send_frame(TEXT, data)
        while (frame := wire.receive_frame()).opcode != CLOSE:
            if frame.opcode == PING:
                wire.send_frame(PONG, frame.payload)
        if frame.payload[:2] != (1007).to_bytes(2, "big"):
            self.faults.append(f"{number}: {data[:300]!r} was closed with {frame.payload!r}")
        wire.send_frame(CLOSE, frame.payload[:2])
        wire.socket.close()
        self._wire = None
        self.reconnects += 1


class Bystander:
    """A second connection, whose calls must be answered all along."""

    def __init__(self, wire: Wire, good: Call) -> None:
        self._wire = wire
        self._good = good
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.answered = 0
        self.fault = ""

    def __enter__(self) -> "Bystander":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        self._thread.join(20)
        self._wire.socket.close()

    def _run(self) -> None:
        try:
            while not self._done.wait(0.01):
                answer = self._wire.ask(*self._good)
                assert answer[0] == 3, answer
                self.answered += 1
        except Exception as error:
            self.fault = repr(error)
