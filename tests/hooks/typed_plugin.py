"""A plugin with annotations: mypy checks it, a test loads it."""

from __future__ import annotations

from typing import Any

from ocppfw import (
    Argument,
    Call,
    CallError,
    CallResult,
    CentralSystem,
    ChargePoint,
    Command,
    Connection,
    ConnectionRequest,
    Envelope,
    Invocation,
    Peer,
    Send,
    Station,
    Store,
    hookimpl,
)

role = "cp"


@hookimpl
async def station_started(station: ChargePoint) -> None:
    station.log.info("{version} it is.", version=station.version)
    station.later(1.0, _look, station)
    await station.run(_look(station))


async def _look(station: ChargePoint) -> str:
    store: Store = station.store
    return f"{store.get('seen', 'count', 0)} with {station.peer}"


@hookimpl
async def cp_reset(
    station: ChargePoint, peer: Peer, call: Call, payload: dict[str, Any]
) -> dict[str, str]:
    call.after_answer(_reboot, peer)
    await station.in_thread(print, payload["type"])
    return {"status": "Accepted"}


def _reboot(peer: Peer, sent: bool) -> None:
    connection: Connection = peer.connection
    connection.abort()


@hookimpl
def call_received(station: Station, call: Call | Send) -> None:
    station.log.info(call.action)


@hookimpl
def call_answered(call: Call, answer: CallResult | CallError) -> None:
    assert call.message_id == answer.message_id


@hookimpl
def connection_requested(request: ConnectionRequest) -> None:
    request.data["typed_plugin"]["user"] = request.user


@hookimpl
def console_commands() -> list[Command]:
    return [Command(name="count", help="Count.", run=_count, arguments=(_WHAT,))]


_WHAT = Argument(name="what", help="what to count")


def _count(invocation: Invocation) -> None:
    invocation.say(", ".join(station.label for station in invocation.stations))


def names(central_system: CentralSystem, envelope: Envelope) -> list[str]:
    """What else may be said in annotations."""
    return [*central_system.peers, envelope.action]
