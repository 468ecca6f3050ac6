"""A central system of the PyPI package ``ocpp`` on ``websockets``, as its documentation shows.

Set up for speed: no logging, no compression, and payloads validated in place instead of by a
pool of threads, which more than doubles its rate.
"""

import argparse
import asyncio
import contextlib
from datetime import UTC, datetime
from itertools import count
from typing import Any

import ocpp.messages
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

ACCEPTED = {"status": "Accepted"}
transaction_ids = count(1)


class Peer(ChargePoint):
    """The central system's side of one connection."""

    @on("Heartbeat")
    def heartbeat(self) -> Any:
        """The time."""
        return call_result.Heartbeat(current_time=datetime.now(UTC).isoformat())

    @on("MeterValues")
    def meter_values(self, **_: Any) -> Any:
        """Thanks."""
        return call_result.MeterValues()

    @on("StatusNotification")
    def status_notification(self, **_: Any) -> Any:
        """Thanks."""
        return call_result.StatusNotification()

    @on("Authorize")
    def authorize(self, **_: Any) -> Any:
        """Everybody is welcome."""
        return call_result.Authorize(id_tag_info=ACCEPTED)

    @on("StartTransaction")
    def start_transaction(self, **_: Any) -> Any:
        """Everybody is welcome."""
        return call_result.StartTransaction(next(transaction_ids), id_tag_info=ACCEPTED)

    @on("StopTransaction")
    def stop_transaction(self, **_: Any) -> Any:
        """Goodbye."""
        return call_result.StopTransaction(id_tag_info=ACCEPTED)


async def connected(connection: ServerConnection) -> None:
    """Serves one charge point until it hangs up."""
    assert connection.request is not None
    with contextlib.suppress(ConnectionClosed):
        await Peer(connection.request.path.strip("/"), connection).start()


async def main(port: int) -> None:
    """Listens on 127.0.0.1."""
    ocpp.messages.ASYNC_VALIDATION = False
    subprotocols = [Subprotocol("ocpp1.6")]
    async with serve(
        connected, "127.0.0.1", port, subprotocols=subprotocols, compression=None, backlog=1024
    ) as server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(main(parser.parse_args().port))
