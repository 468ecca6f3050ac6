"""The command ``status``: who is connected, and who could not connect."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from ocppfw.charge_point import NO_ERROR, Connector, ConnectorStatus, charge_point_model
from ocppfw.commands import Argument, Command, Invocation, Option
from ocppfw.console.errors import Misused, whole_number
from ocppfw.console.world import World
from ocppfw.interfaces import Refusal
from ocppfw.service.transactions import transactions_of
from ocppfw.stations.central_system import CentralSystem
from ocppfw.stations.charge_point import ChargePoint
from ocppfw.stations.peer import Peer
from ocppfw.stations.station import Station
from ocppfw.urls import shown_url

_SOME = 20  # refused connections are shown if no number is given
_WIDEST = 30  # characters of a column, so that a long one does not push the others away


class StatusCommand:
    """The command ``status``.

    Args:
        world: the stations.
    """

    def __init__(self, world: World) -> None:
        self._running = world.running

    def command(self, group: str) -> Command:
        """The command, for a group of commands."""
        return Command(
            name="status",
            help="Show the stations, their peers and transactions, and which messages were odd.",
            run=self._run,
            arguments=(
                Argument(
                    name="number",
                    help=f"with --refused: how many, at most (default {_SOME})",
                    required=False,
                ),
            ),
            options=(
                Option(
                    names=("--refused",),
                    help="show the connections that central systems have refused, and why",
                ),
            ),
            example="status",
            group=group,
        )

    def _run(self, invocation: Invocation) -> None:
        number = invocation.arguments.get("number")
        if "refused" in invocation.options:
            lines = self._refused(_SOME if number is None else whole_number("number", number))
        elif number is not None:
            raise Misused("status: a number is for --refused")
        else:
            lines = self._connected()
        for line in lines:
            invocation.say(line)

    def _connected(self) -> Iterator[str]:
        running = self._running
        if not running.stations:
            yield "Nothing is running: start_cs <port>, start_cp <url> <id>"
        for central_system in running.central_systems:
            yield from _about_central_system(running.port_of(central_system), central_system)
        for charge_point in running.charge_points:
            yield f"{_about_charge_point(charge_point)}{_owed(charge_point)}"
            yield from _about_connectors(charge_point)

    def _refused(self, number: int) -> Iterator[str]:
        running = self._running
        if not running.central_systems:
            yield "No central system is running: start_cs <port>"
        for central_system in running.central_systems:
            refusals = central_system.refusals
            shown = list(refusals.last(number))
            title = f"Central system on port {running.port_of(central_system)}"
            if not len(refusals):
                yield f"{title}: no connection was refused"
                continue
            count = f"the last {len(shown)} of {len(refusals)}"
            yield f"{title}, refused connections ({count}, the newest last):"
            yield from _table([_row(refusal) for refusal in shown])


def _about_central_system(port: int, station: CentralSystem) -> Iterator[str]:
    versions = ", ".join(version.subprotocol for version in station.versions)
    peers = station.connected_peers
    heard_of = sum(peer.connection.heard_of for peer in peers)
    connected = f"{_count(heard_of)} connected"
    yield f"Central system on port {port}: {versions}; {connected}{_kept(station)}"
    for peer in peers:
        about = f"  #{peer.identity}: {peer.version.subprotocol} {_where(peer)}"
        yield f"{about}{_running(peer)}{_odd(station, peer)}"


def _where(peer: Peer) -> str:
    if peer.connection.heard_of:
        return f"from {peer.address}"
    return f"at {peer.address}, not heard of yet"


def _count(number: int) -> str:
    return f"{number} charge point{'' if number == 1 else 's'}"


def _about_charge_point(station: ChargePoint) -> str:
    about = f"ChargePoint #{station.identity}: {station.version.subprotocol}"
    url = shown_url(station.url)
    if station.peer is None:
        return f"{about}, not connected with {url}{_kept(station)}"
    if not station.peer.connection.heard_of:
        return f"{about}, can call {url}, which has not answered yet{_kept(station)}"
    about = f"{about}, connected with {url}{_kept(station)}"
    return f"{about}{_running(station.peer)}{_odd(station, station.peer)}"


def _owed(station: ChargePoint) -> str:
    """How many messages about transactions the central system has not had."""
    outbox = charge_point_model(station).outbox
    waiting = f"; waiting messages: {len(outbox)}" if len(outbox) else ""
    return f"{waiting}; dropped messages: {len(outbox.dropped)}" if outbox.dropped else waiting


def _about_connectors(station: ChargePoint) -> Iterator[str]:
    """The connectors at which something is going on."""
    model = charge_point_model(station)
    model.advance()
    for connector in model.connectors.values():
        if connector.status is not ConnectorStatus.AVAILABLE:
            yield f"  connector {connector.number}: {', '.join(_seen_at(connector))}"


def _seen_at(connector: Connector) -> Iterator[str]:
    yield str(connector.status)
    if connector.error_code != NO_ERROR:
        yield connector.error_code
    if connector.cable:
        yield "plugged in" if connector.plugged else "cable out of the vehicle"
    if connector.transaction is not None:
        token = connector.transaction.token
        yield f"card {token['idToken'] if isinstance(token, dict) else token}"
    if connector.transaction is not None and connector.transaction.running:
        yield f"{connector.meter.power} W"
        yield f"{connector.meter.register - connector.transaction.meter_start} Wh"
    if connector.limit is not None:
        yield f"limit {connector.limit} W"
    if connector.ev is not None:
        yield f"battery {connector.ev.state_of_charge:.1f} %"


def _kept(station: Station) -> str:
    settings = station.settings
    return f", store {shown_url(settings.store)}" if settings.keeps else ""


def _running(peer: Peer) -> str:
    running = transactions_of(peer).running
    return f", transactions: {', '.join(map(str, running))}" if running else ""


def _odd(station: Station, peer: Peer) -> str:
    summary = station.odd_messages.summary_of(peer)
    return f"; odd messages: {summary}" if summary else ""


def _row(refusal: Refusal) -> list[str]:
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(refusal.time.timestamp()))
    who = refusal.path or "-" if refusal.identity is None else f"#{refusal.identity}"
    return [moment, refusal.address, str(refusal.status), who, refusal.reason]


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [min(_WIDEST, max(map(len, column))) for column in zip(*rows, strict=True)]
    for *cells, last in rows:
        padded = (f"{cell:{width}}" for cell, width in zip(cells, widths, strict=False))
        yield f"  {'  '.join(padded)}  {last}"
