"""Stations of other people's programs, all with the same few methods."""

import asyncio
import contextlib
import json
import logging
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import websockets
from ocpp.charge_point import camel_to_snake_case, remove_nones, serialize_as_dict
from ocpp.charge_point import snake_to_camel_case as to_camel_case
from ocpp.routing import on
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.typing import Subprotocol

from tests.process.twistd import end_with_parent

HERE = Path(__file__).parent
PATIENCE = 20.0
MODULES = {"1.6": "ocpp.v16", "2.0.1": "ocpp.v201", "2.1": "ocpp.v21"}

Answers = dict[str, Any]


class Peer:
    """A station of somebody else.

    Attributes:
        port: where it listens, if it is a central system.
    """

    port = 0

    def __init__(self) -> None:
        self._received: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.violations: list[str] = []

    def call(self, action: str, payload: Any) -> Any:
        """Call our side; its answer, which the program has found valid."""
        raise NotImplementedError

    def expect(self, action: str) -> Any:
        """The payload of our side's next call of this action; others are passed over."""
        deadline = time.monotonic() + PATIENCE
        seen: list[str] = []
        while True:
            try:
                found, payload = self._received.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {action}, but {seen}") from None
            if found == action:
                return payload
            seen.append(found)


class PythonPeer(Peer):
    """A station of the PyPI package ``ocpp`` on ``websockets``, in a thread of its own."""

    def __init__(self, version: str, answers: Answers) -> None:
        super().__init__()
        self.subprotocol = Subprotocol(f"ocpp{version}")
        self.module = import_module(MODULES[version])
        self.calls = import_module(f"{MODULES[version]}.call")
        self.results = import_module(f"{MODULES[version]}.call_result")
        self._class = self._station_class(answers)
        self._station: Any = None
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop: asyncio.Event = asyncio.Event()
        self._failure: BaseException | None = None

    def call(self, action: str, payload: Any) -> Any:
        """Call our side; its answer."""
        request = getattr(self.calls, action)(**camel_to_snake_case(payload))
        future = asyncio.run_coroutine_threadsafe(
            self._station.call(request, suppress=False), self._loop
        )
        result = future.result(PATIENCE)
        return remove_nones(to_camel_case(serialize_as_dict(result)))

    @contextlib.contextmanager
    def connected(self, url: str, identity: str) -> Iterator["PythonPeer"]:
        """A charge point at our central system."""
        with self._running(self._run_station(url + identity, identity)):
            yield self

    @contextlib.contextmanager
    def listening(self) -> Iterator["PythonPeer"]:
        """A central system for our charge point."""
        with self._running(self._run_central()):
            yield self

    # Private.

    def _station_class(self, answers: Answers) -> type:
        received, results, violations = self._received, self.results, self.violations
        base = self.module.ChargePoint

        def handler(action: str, answer: Any) -> Any:
            def handle(self: Any, **payload: Any) -> Any:
                return getattr(results, action)(**camel_to_snake_case(answer))

            handle.__name__ = f"on_{action}"
            return on(action)(handle)

        class Violations(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                violations.append(record.getMessage())

        async def route_message(self: Any, text: str) -> None:
            frame = json.loads(text)
            await base.route_message(self, text)
            if frame[0] == 2:
                received.put((frame[2], frame[3]))

        logger = logging.getLogger(f"ocpp-peer-{id(self)}")
        logger.propagate = False
        logger.addHandler(Violations(logging.WARNING))
        handlers = {f"on_{action}": handler(action, answers[action]) for action in answers}
        station_class: Any = type("Station", (base,), {**handlers, "route_message": route_message})
        self._logger = logger
        return station_class

    @contextlib.contextmanager
    def _running(self, coroutine: Any) -> Iterator[None]:
        thread = threading.Thread(target=self._run, args=(coroutine,), daemon=True)
        thread.start()
        try:
            assert self._ready.wait(PATIENCE), "the peer is not ready"
            assert self._failure is None, self._failure
            yield
        finally:
            self._loop.call_soon_threadsafe(self._stop.set)
            thread.join(PATIENCE)

    def _run(self, coroutine: Any) -> None:
        try:
            self._loop.run_until_complete(coroutine)
        except BaseException as error:
            self._failure = error
        finally:
            self._ready.set()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    async def _run_station(self, url: str, identity: str) -> None:
        async with connect(url, subprotocols=[self.subprotocol]) as connection:
            assert connection.subprotocol == self.subprotocol
            task = asyncio.create_task(self._serve(connection, identity))
            await self._stop.wait()
        await task

    async def _run_central(self) -> None:
        async def connected(connection: Any) -> None:
            assert connection.subprotocol == self.subprotocol
            await self._serve(connection, connection.request.path.strip("/"))

        async with serve(connected, "127.0.0.1", 0, subprotocols=[self.subprotocol]) as server:
            self.port = server.sockets[0].getsockname()[1]
            self._ready.set()
            await self._stop.wait()

    async def _serve(self, connection: Any, identity: str) -> None:
        self._station = self._class(identity, connection, logger=self._logger)
        self._ready.set()
        with contextlib.suppress(websockets.ConnectionClosed):
            await self._station.start()


class NodePeer(Peer):
    """A station of the npm package ``ocpp-rpc`` in strict mode, in a process of its own.

    Args:
        version: what it speaks.
        answers: by action.
        deflate: options of permessage-deflate in ``ws``, for a central system; None: without.
    """

    script = "rpc_peer.js"

    def __init__(
        self, version: str, answers: Answers, deflate: dict[str, Any] | None = None
    ) -> None:
        super().__init__()
        self._options: dict[str, Any] = {"protocol": f"ocpp{version}", "answers": answers}
        if deflate is not None:
            self._options["deflate"] = deflate
        self._told: queue.Queue[dict[str, Any]] = queue.Queue()
        self._process: Any = None

    def call(self, action: str, payload: Any) -> Any:
        """Call our side; its answer."""
        self._process.stdin.write(json.dumps({"action": action, "payload": payload}) + "\n")
        self._process.stdin.flush()
        told = self._told.get(timeout=PATIENCE)
        assert "result" in told, (action, told)
        return told["result"]

    @contextlib.contextmanager
    def connected(self, url: str, identity: str) -> Iterator["NodePeer"]:
        """A charge point at our central system."""
        with self._running(role="cp", url=url.rstrip("/"), identity=identity):
            yield self

    @contextlib.contextmanager
    def listening(self) -> Iterator["NodePeer"]:
        """A central system for our charge point."""
        with self._running(role="cs"):
            yield self

    # Private.

    @contextlib.contextmanager
    def _running(self, **options: str) -> Iterator[None]:
        self._process = subprocess.Popen(
            ["node", HERE / self.script, json.dumps(self._options | options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=end_with_parent,
        )
        reader = threading.Thread(target=self._read, daemon=True)
        reader.start()
        try:
            self.port = self._told.get(timeout=PATIENCE)["port"]
            yield
        finally:
            self._process.kill()
            self._process.wait()
            reader.join(PATIENCE)
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
            self._process.stdout.close()

    def _read(self) -> None:
        for line in self._process.stdout:
            told = json.loads(line)
            if "received" in told:
                self._received.put((told["received"], told["payload"]))
            elif "violation" in told:
                self.violations.append(told["violation"])
            else:
                self._told.put(told)


def make_peer(kind: str, version: str, answers: Answers) -> Any:
    """A peer of the PyPI package (``ocpp``) or the npm package (``ocpp-rpc``)."""
    if kind == "ocpp":
        return PythonPeer(version, answers)
    require_package("ocpp-rpc")
    return NodePeer(version, answers)


def require_package(name: str) -> None:
    """Skip the test where an npm package is not there."""
    if shutil.which("node") is None:
        pytest.skip("Node is not installed")
    if not (HERE / "node_modules" / name).is_dir():
        pytest.skip("npm ci --prefix tests/interop was not run")
