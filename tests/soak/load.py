"""Good charge points over both transports, and attackers beside them, spread over a time."""

from __future__ import annotations

import asyncio
import contextlib
import random
import select
import socket
import struct
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from itertools import product, starmap
from typing import Any

from benchmarks.wire import KEY_OCTET, WireError
from benchmarks.workloads import WORKLOADS
from tests.process.envelopes import envelope
from tests.soak.lines import PATIENCE, Line, text_frame

_STEPS = WORKLOADS["mix"]
_BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}
_SOAP_BOOT = (
    "<bootNotificationRequest><chargePointVendor>V</chargePointVendor>"
    "<chargePointModel>M</chargePointModel></bootNotificationRequest>"
)
_WSDL = b"GET /?wsdl HTTP/1.1\r\nHost: x\r\n\r\n"
_PIPELINED = 4 << 20  # bytes of requests whose answers are not read
_SLOW_CALLS = 2000  # their answers are more than the buffers of the system take
_SLOW_PAGES = 30
_SMALL_BUFFER = 4096
_EACH_HALF = 2  # half messages of a kind at once
_LARGEST_HALF = 1_000_000  # bytes; max-message-size is a little more
_HELD = 3.0  # seconds that a half message stays one

Hours = Callable[[int], None]
Work = Coroutine[Any, Any, None]


@dataclass(frozen=True)
class Size:
    """How much there is of the load, evenly spread over its time.

    Attributes:
        seconds: its time.
        connections: charge points that stay connected.
        calls: what they ask, all together.
        identities: charge points that come over WebSocket, ask something and go.
        soap_identities: charge points that ask something over SOAP.
    """

    seconds: float
    connections: int
    calls: int
    identities: int
    soap_identities: int


class Load:
    """All of it, from one seed.

    Args:
        port: of a central system.
        size: how much.
        set_clock: has the wall clock of the central system go wrong by some hours; None for none.

    Attributes:
        answered: calls that were answered well, by who asked.
        attacks: what was done by attackers.
        faults: what was not as it must be.
    """

    def __init__(self, port: int, size: Size, set_clock: Hours | None) -> None:
        self._port = port
        self._size = size
        self._set_clock = set_clock
        self._random = random.Random(11)
        self.answered: Counter[str] = Counter()
        self.attacks: Counter[str] = Counter()
        self.faults: list[str] = []

    async def run(self) -> None:
        """All at once; ends when each has got what he asked for."""
        size, every_second = self._size, round(self._size.seconds)
        async with asyncio.TaskGroup() as group:
            for number in range(size.connections):
                group.create_task(self._told(self._stay(number), f"CP{number}"))
            for count, work in (
                (size.identities, self._visit),
                (size.soap_identities, self._post),
                (every_second, self._pipeline),
                (every_second, self._read_calls_slowly),
                (every_second, self._read_pages_slowly),
                (every_second, self._send_halves),
                (every_second // 2, self._jump),
            ):
                group.create_task(self._spread(count, work))

    # Private.

    async def _spread(self, count: int, work: Callable[[int], Work]) -> None:
        """Begin something so many times, evenly."""
        async with asyncio.TaskGroup() as group:
            async for number in _paced(count, self._size.seconds):
                group.create_task(self._told(work(number), f"{work.__name__} {number}"))

    async def _told(self, work: Awaitable[None], who: str) -> None:
        try:
            await work
        except (OSError, WireError, TimeoutError, ValueError, LookupError) as error:
            self.faults.append(f"{who}: {error!r}")

    # Who is to be served.

    async def _stay(self, number: int) -> None:
        """One charge point and its transactions."""
        calls = self._size.calls // self._size.connections
        await asyncio.sleep(self._random.random() * self._size.seconds / calls)
        transaction = 0
        async with Line() as line:
            await line.open(self._port, f"CP{number}")
            async for call in _paced(calls, self._size.seconds):
                step = _STEPS[call % len(_STEPS)]
                asked = line.call(f"{number}-{call}", step.action, step.payload(transaction))
                answer = await asyncio.wait_for(asked, PATIENCE)
                if not step.is_right(answer):
                    raise WireError(f"{step.action} was answered with {answer}")
                transaction = answer.get("transactionId", transaction)
                self.answered["staying"] += 1

    async def _visit(self, number: int) -> None:
        """A charge point that nobody has seen before, and will not see again."""
        async with Line() as line, asyncio.timeout(PATIENCE):
            await line.open(self._port, f"VISITOR{number}")
            for action, payload in (("BootNotification", _BOOT), ("Heartbeat", {})):
                await line.call(action, action, payload)
                self.answered["visiting"] += 1
            await line.close()

    async def _post(self, number: int) -> None:
        """The same over SOAP, on a connection of its own."""
        body = envelope(_SOAP_BOOT, f"SOAP{number}", version="1.6")
        async with Line() as line, asyncio.timeout(PATIENCE):
            await line.connect(self._port)
            await line.send(_post(len(body)) + body)
            answer = await line.http_answer()
            if b" 200 " not in answer or b"bootNotificationResponse" not in answer:
                raise WireError(f"BootNotification was answered with {answer!r}")
            self.answered["soap"] += 1

    # Who is to be borne, and what is well-formed is to be answered.

    async def _pipeline(self, number: int) -> None:
        """Requests without end, and nothing is read until we are cut off."""
        async with Line() as line, asyncio.timeout(PATIENCE):
            await line.connect(self._port)
            line.begin_sending(_WSDL * (_PIPELINED // len(_WSDL)))
            await _cut_off(line.socket)
            self.attacks["pipelines cut off"] += 1

    async def _read_calls_slowly(self, number: int) -> None:
        """Many calls at once, and their answers piece by piece."""
        async with Line(_SMALL_BUFFER) as line, asyncio.timeout(PATIENCE):
            await line.open(self._port, f"SLOW{number}")
            calls = [f'[2,"{each}","Heartbeat",{{}}]'.encode() for each in range(_SLOW_CALLS)]
            line.begin_sending(b"".join(map(text_frame, calls)))
            for each in range(_SLOW_CALLS):
                if each % 100 == 0:
                    await asyncio.sleep(_HELD * 100 / _SLOW_CALLS)
                await line.result(str(each))
                self.answered["slow"] += 1
            await line.close()

    async def _read_pages_slowly(self, number: int) -> None:
        """Many requests at once, and their answers one by one."""
        async with Line(_SMALL_BUFFER) as line, asyncio.timeout(PATIENCE):
            await line.connect(self._port)
            await line.send(_WSDL * _SLOW_PAGES)
            for _ in range(_SLOW_PAGES):
                await asyncio.sleep(_HELD / _SLOW_PAGES)
                answer = await line.http_answer()
                if b" 200 " not in answer or b"definitions>" not in answer:
                    raise WireError(f"no WSDL: {answer[:200]!r}")
                self.answered["slow"] += 1

    async def _send_halves(self, number: int) -> None:
        """Half messages of every kind, held for some time; then we hang up, or are cut off."""
        names = (f"{number}-{each}" for each in range(_EACH_HALF))
        await asyncio.gather(*starmap(self._hold, product(_HALF_MESSAGES, names)))

    async def _hold(self, kind: Callable[[int], bytes], name: str) -> None:
        size = self._random.randrange(_LARGEST_HALF)
        in_good_order = self._random.random() < 0.5
        async with Line() as line, asyncio.timeout(PATIENCE):
            if kind in _FRAMES:
                await line.open(self._port, f"HALF{name}")
            else:
                await line.connect(self._port)
            with contextlib.suppress(ConnectionError):  # we may be cut off
                await line.send(kind(size))
            await asyncio.sleep(_HELD)
            if not in_good_order:
                now = struct.pack("ii", 1, 0)  # the connection is reset
                line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
        self.attacks["half messages"] += 1

    async def _jump(self, number: int) -> None:
        """The wall clock of the central system is set."""
        if self._set_clock is not None:
            self._set_clock((1, 0, -1, 24)[number % 4])
            self.attacks["clock jumps"] += 1


async def _paced(count: int, seconds: float) -> AsyncIterator[int]:
    """Numbers, evenly spread over a time; one that is late comes at once."""
    began = time.monotonic()
    for number in range(count):
        await asyncio.sleep(max(0, began + number * seconds / count - time.monotonic()))
        yield number


async def _cut_off(connection: socket.socket) -> None:
    """Wait for the end of a connection without reading."""
    ended = select.poll()
    ended.register(connection, select.POLLHUP | select.POLLERR)
    while not ended.poll(0):
        await asyncio.sleep(0.1)


def _post(length: int) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length


def _half_head(size: int) -> bytes:
    return b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * (size % 8000)


def _half_body(size: int) -> bytes:
    return _post(_LARGEST_HALF) + b" " * size


def _half_frame(size: int) -> bytes:
    head = bytes([0x81, 0xFF]) + struct.pack("!Q", _LARGEST_HALF) + bytes([KEY_OCTET]) * 4
    return head + b" " * size


def _first_fragment(size: int) -> bytes:
    return bytes([0x01]) + text_frame(b" " * (size % 60_000))[1:]


_FRAMES = (_half_frame, _first_fragment)
_HALF_MESSAGES = (_half_head, _half_body, *_FRAMES)
