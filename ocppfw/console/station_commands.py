"""The commands that start, show and set stations."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from twisted.internet.defer import Deferred

from ocppfw.charge_point import Template
from ocppfw.commands import Argument, Command, Invocation, Option
from ocppfw.console.errors import CommandFailed, Misused, whole_number
from ocppfw.console.status import StatusCommand
from ocppfw.console.world import WHO, World
from ocppfw.errors import ConnectFailed, OcppfwError
from ocppfw.service.build import AUTOSTART
from ocppfw.service.credentials import check_password
from ocppfw.service.live_settings import describe_settings, parse_changes, setting_fields
from ocppfw.service.templates import read_template
from ocppfw.settings import SETTINGS, Settings, shipped_templates
from ocppfw.versions import SOAP_VERSIONS, OcppVersion, Role, Transport

GROUP = "Stations"
_VERSIONS = [version.subprotocol for version in OcppVersion]
_TRANSPORT = Option(
    names=("-t", "--transport"),
    value="transport",
    help="websocket (default) or soap, which is for 1.2, 1.5 and 1.6",
    choices=lambda: [*Transport],
)
_STORE = Option(
    names=("--store",),
    value="url",
    help="where to keep what must survive a restart: sqlite:///FILE, or none (default): in memory",
)
_TEMPLATE = Option(
    names=("--template",),
    value="template",
    help="what it is like: a shipped template (templates lists them), or a file, ./mine.toml",
    choices=shipped_templates,
)
_FURTHER_URL = Option(
    names=("--url",),
    value="url",
    help="a further central system, to fall back to; may be repeated",
    repeatable=True,
)
_INTERVAL = Option(
    names=("-i", "--interval"),
    value="seconds",
    help="between WebSocket pings, 0 for none (default 300)",
)
_WHO_IT_IS = (
    Option(
        names=("--user",),
        value="user",
        help="for central systems that ask for user and password (default the identity)",
    ),
    Option(names=("--ask-password",), help="ask for the password, which is not shown"),
    Option(names=("--password-file",), value="file", help="file with the password"),
    Option(
        names=("--authorization-key-file",),
        value="file",
        help="in 1.6: file with the AuthorizationKey in hexadecimal digits, the password",
    ),
    Option(
        names=("--header",),
        value="header",
        help='further HTTP header, such as "X-Api-Key: 7f3a"; may be repeated',
        repeatable=True,
    ),
    Option(
        names=("--subprotocol",),
        value="required|optional",
        help="whether the central system must name the version (default required)",
        choices=lambda: ("required", "optional"),
    ),
)


class StationCommands:
    """The commands that start, show and set stations.

    Args:
        world: the stations.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def commands(self) -> Iterator[Command]:
        """All of them."""
        yield self._start_cs_command()
        yield self._start_cp_command()
        yield from self._stop_commands()
        yield self._templates_command()
        yield StatusCommand(self._world).command(GROUP)
        yield self._set_command()
        for name, role in (("websocket_ping_cs", Role.CP), ("websocket_ping_cp", Role.CS)):
            yield self._ping_command(name, role)

    # Making them.

    def _set_command(self) -> Command:
        whose = Argument(
            name="cs|cp", help="central systems or charge points", choices=lambda: Role
        )
        return Command(
            name="set",
            help="Change settings of the running central systems or charge points. Without"
            " name=value it lists them.",
            run=self._set,
            arguments=(whose,),
            example="set cs websocket_ping_interval=120",
            group=GROUP,
            fields=lambda _: setting_fields(),
        )

    def _templates_command(self) -> Command:
        return Command(
            name="templates",
            help="List the shipped templates, which say what a charge point is like.",
            run=_list_templates,
            example="templates",
            group=GROUP,
        )

    def _start_cs_command(self) -> Command:
        return Command(
            name="start_cs",
            help="Start a central system.",
            run=self._start_cs,
            arguments=(Argument(name="port", help="TCP port to listen on; 0 picks a free one"),),
            options=(
                _INTERVAL,
                Option(
                    names=("-u", "--endpoint"),
                    value="path",
                    help="path before the identity of the charge points (default /)",
                ),
                Option(
                    names=("-p", "--protocols"),
                    value="protocol,...",
                    help="versions to offer (default all)",
                    choices=lambda: _VERSIONS,
                ),
                Option(
                    names=("--default-protocol",),
                    value="protocol",
                    help="version to speak with a charge point that offers none of ours",
                    choices=lambda: _VERSIONS,
                ),
                _TRANSPORT,
                _STORE,
                Option(
                    names=("--soap-address",),
                    value="id=url",
                    help="with -t soap: where a charge point listens, so that it can be called"
                    " before it asks; may be repeated",
                    repeatable=True,
                ),
                Option(
                    names=("--interface",),
                    value="address",
                    help="address to listen on (default 127.0.0.1)",
                ),
            ),
            example="start_cs 9000 -u /simulator",
            group=GROUP,
        )

    def _start_cp_command(self) -> Command:
        return Command(
            name="start_cp",
            help="Start a charge point, and connect it. It then keeps itself connected.",
            run=self._start_cp,
            arguments=(
                Argument(name="url", help="central system, such as ws://localhost:9000/simulator"),
                Argument(name="id", help="identity of the charge point"),
            ),
            options=(
                Option(
                    names=("-p", "--protocol"),
                    value="protocol",
                    help="version to speak (default that of the template, else ocpp1.5)",
                    choices=lambda: _VERSIONS,
                ),
                _TEMPLATE,
                _FURTHER_URL,
                _INTERVAL,
                _TRANSPORT,
                _STORE,
                Option(
                    names=("-f", "--from"),
                    value="url",
                    help="with -t soap: where the central system finds us, such as"
                    " http://localhost:9001",
                ),
                Option(
                    names=("-r", "--remote-port"),
                    value="port",
                    help="port for remote actions, with -t soap",
                ),
                *_WHO_IT_IS,
                Option(
                    names=("--auto",),
                    help="boot, report and keep the heartbeat by itself; this loads"
                    f" {AUTOSTART}, which all charge points then have",
                ),
            ),
            example="start_cp ws://localhost:9000/simulator id01",
            group=GROUP,
        )

    def _stop_commands(self) -> Iterator[Command]:
        running = self._world.running
        port = Argument(
            name="port",
            help="port of the central system; not needed when there is one",
            required=False,
            choices=lambda: [str(running.port_of(each)) for each in running.central_systems],
        )
        identity = Argument(
            name="id",
            help="identity of the charge point; not needed when there is one",
            required=False,
            choices=lambda: [each.identity for each in running.charge_points],
        )
        yield Command(
            name="stop_cs",
            help="Stop a central system: answer what was asked, end its connections.",
            run=self._stop_cs,
            arguments=(port,),
            example="stop_cs 9000",
            group=GROUP,
        )
        yield Command(
            name="stop_cp",
            help="Stop a charge point: answer what was asked, end its connection.",
            run=self._stop_cp,
            arguments=(identity,),
            example="stop_cp id01",
            group=GROUP,
        )

    def _ping_command(self, name: str, role: Role) -> Command:
        who = WHO[role]
        target = "central system" if role is Role.CP else "charge point"
        return Command(
            name=name,
            help=f"Send a WebSocket ping to a {target}, and wait for the pong.",
            run=partial(self._ping, role),
            options=(
                Option(
                    names=(f"--{who}",), value="id", help="charge point; needed if there are more"
                ),
            ),
            example=name,
            group=GROUP,
        )

    # Running them.

    def _start_cs(self, invocation: Invocation) -> None:
        options = invocation.options
        transport = _transport(options)
        _check_soap_options(transport, options, "soap-address")
        given = {"port": invocation.arguments["port"], "transport": transport.value}
        if transport is Transport.SOAP:
            given["protocols"] = _SOAP_PROTOCOLS
        settings = Settings.build({"role": "cs"}, given, _settings(options))
        self._world.running.start_central_system(settings)

    async def _start_cp(self, invocation: Invocation) -> None:
        options = invocation.options
        urls = [invocation.arguments["url"], *options.get("url", ())]
        for url in urls:
            _check_url(url, _transport(options), options)
        given = {"role": "cp", "protocol": _usual_protocol(options)}
        settings = Settings.build(given, _settings(options), {"url": urls})
        password = await self._password() if "ask-password" in options else None
        if "auto" in options and not self._is_loaded(AUTOSTART):
            await self._world.plugins.load(AUTOSTART)
        identities = [invocation.arguments["id"]]
        [station] = self._world.running.start_charge_points(identities, settings, password)
        try:
            await station.attempted()
        except ConnectFailed:
            raise CommandFailed("") from None  # the log has said why

    async def _password(self) -> bytes:
        if self._world.ask_secret is None:
            raise CommandFailed("--ask-password needs a terminal; --password-file names a file")
        try:
            return check_password(await self._world.ask_secret("Password: "))
        except ValueError as error:
            raise CommandFailed(f"the password {error}") from None

    def _stop_cs(self, invocation: Invocation) -> Deferred[None]:
        port = invocation.arguments.get("port")
        running = self._world.running
        number = None if port is None else whole_number("port", port)
        return running.stop_station(running.central_system(number))

    def _stop_cp(self, invocation: Invocation) -> Deferred[None]:
        running = self._world.running
        return running.stop_station(running.charge_point(invocation.arguments.get("id")))

    def _is_loaded(self, plugin: str) -> bool:
        return any(each.name == plugin for each in self._world.plugins.loaded)

    def _set(self, invocation: Invocation) -> None:
        [role_name] = invocation.arguments.values()
        if role_name not in list(Role):
            raise Misused(f"set: cs or cp, not `{role_name}'")
        role = Role(role_name)
        stations = self._world.running.stations_of(role)
        if not stations:
            kind = "central system" if role is Role.CS else "charge point"
            raise CommandFailed(f"no {kind} is running")
        changes = parse_changes(invocation.assignments)
        for change in changes:
            invocation.say(change.apply(stations, self._world.memory))
        if not changes:
            for line in describe_settings(stations, role, self._world.memory):
                invocation.say(line)

    async def _ping(self, role: Role, invocation: Invocation) -> None:
        peer = self._world.peer(role, invocation.options.get(WHO[role]))
        host = peer.host
        seconds = peer.settings.ping_timeout
        if peer.transport is Transport.SOAP:
            raise CommandFailed(f"{peer} speaks SOAP, which has no ping; WebSocket has")

        def expired(*_: Any) -> None:
            raise CommandFailed(f"{peer}: no pong within {seconds:g} s")

        ponged = peer.connection.ping().addTimeout(seconds, self._world.reactor, expired)
        invocation.say(f"PING sent to: {host}")
        try:
            await ponged
        except OcppfwError as error:
            raise CommandFailed(str(error)) from None
        invocation.say(f"PONG received from: {host}")


# The names of settings, by those of the options that are called otherwise.
_OTHER_NAMES = {"interval": "ping-interval"}
_NAME_WIDTH = 14
_OF_STATIONS = {setting.name for setting in SETTINGS} - {"transport"}
_SCHEMES = {Transport.WEBSOCKET: ("ws", "wss"), Transport.SOAP: ("http", "https")}
_SOAP_PROTOCOLS = ",".join(version.subprotocol for version in SOAP_VERSIONS)


def _settings(options: dict[str, Any]) -> dict[str, Any]:
    """The settings that the options stand for."""
    named = {_OTHER_NAMES.get(key, key): value for key, value in options.items()}
    return {name: value for name, value in named.items() if name in _OF_STATIONS}


def _usual_protocol(options: dict[str, Any]) -> str:
    """The version that a charge point speaks where no option names one."""
    template = read_template(options["template"]) if "template" in options else Template()
    return (template.protocol or OcppVersion.V1_5).subprotocol


def _list_templates(invocation: Invocation) -> None:
    for name in shipped_templates():
        invocation.say(f"  {name:{_NAME_WIDTH}}  {read_template(name).description}")


def _transport(options: dict[str, Any]) -> Transport:
    given = options.get("transport", Transport.WEBSOCKET)
    if given not in list(Transport):
        raise CommandFailed(f"-t: websocket or soap, not `{given}'")
    return Transport(given)


def _check_url(url: str, transport: Transport, options: dict[str, Any]) -> None:
    schemes = _SCHEMES[transport]
    if urlsplit(url).scheme not in schemes:
        usual = " or ".join(f"{scheme}://" for scheme in schemes)
        other = " (-t soap is for http)" if urlsplit(url).scheme in _SCHEMES[Transport.SOAP] else ""
        raise CommandFailed(f"url: with -t {transport} it begins with {usual}{other}")
    _check_soap_options(transport, options, "from", "remote-port")


def _check_soap_options(transport: Transport, options: dict[str, Any], *names: str) -> None:
    for name in names:
        if name in options and transport is not Transport.SOAP:
            raise CommandFailed(f"--{name} is for -t soap only")
