"""A command for every operation of every version, and the old two levels of misuse."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from twisted.internet.defer import Deferred

from ocppfw.catalogue import Field, Operation, load_catalogue
from ocppfw.commands import PREFIXES, Command, Invocation, Option, names_for
from ocppfw.console.errors import CommandFailed, Misused
from ocppfw.console.typed_transactions import ACTIONS, TypedTransactions
from ocppfw.console.world import WHO, World
from ocppfw.errors import CallFailed, OcppfwError, PayloadInvalid
from ocppfw.service.arguments import plain
from ocppfw.service.defaults import default_payload
from ocppfw.service.payloads import build_payload
from ocppfw.service.transactions import transactions_of
from ocppfw.stations.charge_point import ChargePoint
from ocppfw.stations.peer import Peer
from ocppfw.versions import OcppVersion, Role, Transport

GROUPS = {Role.CP: "Sent by a charge point", Role.CS: "Sent by a central system"}
_MOST_FAULTS = 3  # that are shown
_FORCE = Option(names=("--force",), help="send it although it breaks its schema")
_EXAMPLES = {
    "bootnotification": 'bootnotification chargePointVendor="DBT" chargePointModel="NQC-ACDC"',
    "starttransaction": "starttransaction connectorId=1 idTag=044943121F1D80",
    "metervalues": "metervalues connectorId=1",
    "remote_reset": 'remote_reset type="Soft"',
    "remote_starttransaction": "remote_starttransaction connectorId=1",
    "remote_changeconfiguration": "remote_changeconfiguration key=HeartbeatInterval value=600",
}

#: The operations that a command stands for, by version.
Operations = Mapping[OcppVersion, Operation]


def operations_by_name(asking: Role) -> dict[str, dict[OcppVersion, Operation]]:
    """What a role may ask for, by the name of the command."""
    found: dict[str, dict[OcppVersion, Operation]] = {}
    for version in OcppVersion:
        for action, operation in load_catalogue(version).called_by(asking).items():
            name, *_ = names_for(action, asking)
            found.setdefault(name, {})[version] = operation
    return dict(sorted(found.items()))


class OperationCommands:
    """The commands that send something.

    Args:
        world: the stations.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._operations = {role: operations_by_name(role) for role in Role}

    def commands(self) -> Iterator[Command]:
        """All of them."""
        for role in (Role.CP, Role.CS):
            yield self._send_command(role)
            yield self._send_raw_command(role)
            for name, operations in self._operations[role].items():
                yield self._operation_command(role, name, operations)

    def in_use(self, role: Role) -> list[str]:
        """Names of the commands that a station of a role has now."""
        versions = self._world.versions_in_use(role)
        return [name for name, found in self._operations[role].items() if versions & set(found)]

    # Making them.

    def _operation_command(self, role: Role, name: str, operations: Operations) -> Command:
        actions = list(dict.fromkeys(operation.action for operation in operations.values()))
        return Command(
            name=name,
            help=f"Send {' or '.join(actions)}.",
            run=partial(self._run, role, name, operations),
            options=(self._who(role), _FORCE),
            example=_EXAMPLES.get(name, name),
            group=GROUPS[role],
            aliases=tuple(alias for a in actions for alias in names_for(a, role)[1:]),
            fields=partial(self._fields, role, operations),
            versions=tuple(operations),
        )

    def _who(self, role: Role) -> Option:
        if role is Role.CP:
            return Option(
                names=("--id",),
                value="id",
                help="charge point that sends; not needed when there is one",
                choices=lambda: [each.identity for each in self._world.running.charge_points],
            )
        return Option(
            names=("--remote-id",),
            value="id",
            help="charge point that gets it; not needed when one is connected",
            choices=lambda: [peer.identity for peer in self._world.running.connected_charge_points],
        )

    def _send_command(self, role: Role) -> Command:
        name = f"{PREFIXES[role]}send"
        return Command(
            name=name,
            help="Send a call with any action and any payload. A payload that is not JSON goes"
            " out as it is, and no answer is then waited for.",
            run=partial(self._send, role),
            options=(
                self._who(role),
                Option(names=("-n", "--name"), value="action", help="action; must be given"),
                Option(
                    names=("-p", "--payload"),
                    value="payload",
                    help="payload; must be given",
                    verbatim=True,
                ),
            ),
            example=f'{name} -n DataTransfer -p {{"vendorId":"example"}}',
            group=GROUPS[role],
        )

    def _send_raw_command(self, role: Role) -> Command:
        name = f"{PREFIXES[role]}send_raw"
        return Command(
            name=name,
            help="Send any text as a frame, over SOAP as an envelope. The answer of a call is"
            " waited for.",
            run=partial(self._send_raw, role),
            options=(
                self._who(role),
                Option(
                    names=("-e", "--envelope"),
                    value="text",
                    help="text of the frame or envelope; must be given",
                    verbatim=True,
                ),
                Option(names=("-h", "--headers"), help="over SOAP: show the HTTP headers, too"),
            ),
            example=f'{name} -e [2,"1","{"Heartbeat" if role is Role.CP else "ClearCache"}",{{}}]',
            group=GROUPS[role],
        )

    # Running them.

    def _peer(self, role: Role, options: Mapping[str, Any]) -> Peer:
        return self._world.peer(role, options.get(WHO[role]))

    def _fields(
        self, role: Role, operations: Operations, options: Mapping[str, Any]
    ) -> Sequence[Field]:
        try:
            version = self._peer(role, options).version
        except OcppfwError:
            version = OcppVersion.V1_6
        operation = operations.get(version) or list(operations.values())[-1]
        return operation.request.fields

    async def _run(
        self, role: Role, name: str, operations: Operations, invocation: Invocation
    ) -> None:
        options = invocation.options
        peer = self._peer(role, options)
        operation = operations.get(peer.version)
        if operation is None:
            known = ", ".join(operations)
            raise CommandFailed(f"OCPP {peer.version} has no {name}; it is in {known}")
        default = default_payload(operation, role, peer.station.now(), transactions_of(peer))
        typed = {re.split(r"[.\[]", field)[0] for field, _ in invocation.assignments}
        if operation.action in ACTIONS and isinstance(peer.station, ChargePoint):
            default = TypedTransactions(peer.station, operation.action).fill(default, typed)
        force = "force" in options
        assignments = [(field, _with_file(text)) for field, text in invocation.assignments]
        transport = peer.transport
        try:
            payload = build_payload(operation, default, assignments, force, transport)
        except PayloadInvalid as error:
            faults = "; ".join(map(str, error.violations[:_MOST_FAULTS]))
            text = f"{error.action} not sent: {faults} (--force sends it)"
            raise CommandFailed(text) from None
        if operation.is_send:
            peer.send(operation.action, payload, check=not force)
        elif force or not await _happen(peer, operation, payload):
            await call(peer, operation.action, payload, check=not force)

    async def _send(self, role: Role, invocation: Invocation) -> None:
        action, payload = _required(invocation.options, "name", "payload")
        peer = self._peer(role, invocation.options)
        try:
            parsed = orjson.loads(payload)
        except ValueError as error:
            if peer.transport is Transport.SOAP:
                text = f"--payload: {error}; {PREFIXES[role]}send_raw sends any XML"
                raise CommandFailed(text) from None
            peer.send_raw(f'[2,"raw",{orjson.dumps(action).decode()},{payload}]')
        else:
            await call(peer, action, parsed, check=False)

    async def _send_raw(self, role: Role, invocation: Invocation) -> None:
        [text] = _required(invocation.options, "envelope")
        peer = self._peer(role, invocation.options)
        shows_headers = "headers" in invocation.options
        if shows_headers and peer.transport is not Transport.SOAP:
            raise CommandFailed("--headers: only SOAP has HTTP headers")
        answered = peer.send_raw(text)
        if answered is None:
            return
        result = await _outcome(peer, "the call", answered)
        if shows_headers:
            invocation.say(f"HTTP headers sent: {_json(result.headers)}")
            invocation.say(f"HTTP {result.answer.status}, headers: {_json(result.answer.headers)}")


async def _happen(peer: Peer, operation: Operation, payload: Any) -> bool:
    """Have a transaction begin or end at the charge point; False where it is about none."""
    if operation.action not in ACTIONS or not isinstance(peer.station, ChargePoint):
        return False
    about = TypedTransactions(peer.station, operation.action)
    entry = about.happen(payload)
    if entry is not None:
        await about.delivered(entry)
    return entry is not None


async def call(peer: Peer, action: str, payload: Any, check: bool) -> None:
    """Call a peer, and wait for its answer, which the trace shows.

    Raises:
        CommandFailed: the peer refused, or its answer breaks its schema.
        OcppfwError: another fault, whose text says enough.
    """
    await _outcome(peer, action, peer.call(action, payload, check=check), payload)


async def _outcome(peer: Peer, action: str, answered: Deferred[Any], payload: Any = None) -> Any:
    try:
        return await answered
    except CallFailed as error:
        raise CommandFailed(f"{peer} refused {action}: {error}") from None
    except PayloadInvalid as error:
        if error.payload is payload:  # ours, which the transport cannot carry
            raise CommandFailed(f"not sent: {error}") from None
        raise CommandFailed(f"{peer} answered with a fault: {error}") from None
    except OcppfwError as error:
        raise CommandFailed(f"{peer}: {error}") from None


def _with_file(text: str) -> str:
    """The JSON in the file that ``@NAME`` stands for; another text as it is."""
    if not text.startswith("@"):
        return text
    path = Path(plain(text[1:]))
    try:
        content = path.read_text(encoding="utf-8")
        orjson.loads(content)
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror or error}") from None
    except ValueError as error:
        raise CommandFailed(f"{path}: {error}") from None
    return content.strip()


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _required(options: Mapping[str, Any], *keys: str) -> list[str]:
    missing: Iterable[str] = [key for key in keys if key not in options]
    if missing:
        raise Misused(f"--{', --'.join(missing)} must be given")
    return [options[key] for key in keys]
