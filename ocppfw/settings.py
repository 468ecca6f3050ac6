"""Every setting, once: this list feeds the code, ``--help``, the config file and the docs."""

from __future__ import annotations

import difflib
import keyword
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import idna

from ocppfw.errors import SettingsError
from ocppfw.versions import OcppVersion, Role, Transport

Parser = Callable[[Any], Any]


def _integer(low: int, high: int) -> Parser:
    def parse(value: Any) -> int:
        try:
            number = int(value) if isinstance(value, str) else value
        except ValueError:
            number = None
        if type(number) is not int or not low <= number <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return number

    return parse


def _seconds(low: float = 0) -> Parser:
    def parse(value: Any) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = -1.0
        if isinstance(value, bool) or not low <= number < 1e9:
            raise ValueError(f"a number of seconds, at least {low:g}")
        return number

    return parse


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text")
    return value


def _texts(value: Any) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError("a text or a list of texts")
    return texts


def _switch(value: Any) -> bool:
    if value in ("on", True):
        return True
    if value in ("off", False):
        return False
    raise ValueError("on or off")


def _role(value: Any) -> Role:
    try:
        return Role(value)
    except ValueError:
        raise ValueError("cs (central system) or cp (charge point)") from None


def _protocol(value: Any) -> OcppVersion:
    version = OcppVersion.from_subprotocol(value) if isinstance(value, str) else None
    if version is None:
        raise ValueError("one of " + ", ".join(v.subprotocol for v in OcppVersion))
    return version


def _protocols(value: Any) -> tuple[OcppVersion, ...]:
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not names:
        raise ValueError("subprotocol names, separated by commas")
    return tuple(_protocol(name.strip()) for name in map(_text, names))


def _endpoint(value: Any) -> str:
    path = _text(value)
    if not path.startswith("/") or "?" in path or "#" in path:
        raise ValueError("a path that begins with /")
    return path


def _url_of(*schemes: str) -> Parser:
    def parse(value: Any) -> str:
        url = _text(value)
        if not is_url(url, schemes):
            raise ValueError(" or ".join(f"{scheme}://HOST[:PORT][/PATH]" for scheme in schemes))
        return url

    return parse


def is_url(text: str, schemes: Iterable[str]) -> bool:
    """True for an address with a scheme of these, a host, and nothing but a port and a path."""
    if " " in text or not text.isprintable():  # urlsplit would pass over some of these
        return False
    try:
        parts = urlsplit(text)
        usable = parts.scheme in schemes and parts.hostname and parts.port != 0
        ascii_host(parts.hostname or "")
    except ValueError:
        return False
    extra = parts.query or parts.fragment or "@" in parts.netloc or parts.netloc.endswith(":")
    return bool(usable) and not extra


def ascii_host(host: str) -> str:
    """A host as it goes on the wire: an IP address as it is, an international name encoded.

    Raises:
        ValueError: it is no host name that can be looked up.
    """
    if ":" in host:
        IPv6Address(host)
        return host
    return idna.encode(host).decode()  # as Twisted does


def _transports(value: Any) -> tuple[Transport, ...]:
    names = value.split(",") if isinstance(value, str) else value
    try:
        found = tuple(dict.fromkeys(Transport(name.strip()) for name in names))
    except (AttributeError, TypeError, ValueError):
        found = ()
    if not found:
        raise ValueError("websocket, soap, or both separated by a comma")
    return found


def _one_of(*choices: str) -> Parser:
    def parse(value: Any) -> str:
        if value not in choices:
            raise ValueError(" or ".join(choices))
        return str(value)

    return parse


def _soap_addresses(value: Any) -> dict[str | None, str]:
    """Addresses by identity; the one under None is a template for all others."""
    found: dict[str | None, str] = {}
    for text in _texts(value):
        named = _NAMED_ADDRESS.fullmatch(text)
        if not named or not is_url(named["url"].replace("{id}", "id"), ("http", "https")):
            raise ValueError("IDENTITY=http://HOST:PORT/PATH, or http://HOST:PORT/PATH with {id}")
        found[named["identity"]] = named["url"]
    return found


_NAMED_ADDRESS = re.compile(r"(?:(?P<identity>.+?)=)?(?P<url>https?://.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        name: as on the command line and in the config file.
        default: the value where none is given, as it would be typed.
        help: one sentence.
        parse: turns what was typed, or read from TOML, into the value; raises ValueError
            with what it should have been.
        role: who has it; None for both.
        repeatable: may be given more than once on the command line.
        flag: takes no value on the command line.
    """

    name: str
    default: Any
    help: str
    parse: Parser
    role: Role | None = None
    repeatable: bool = False
    flag: bool = False

    @property
    def attribute(self) -> str:
        """The setting's name as an attribute of ``Settings``."""
        name = self.name.replace("-", "_")
        return f"{name}_" if keyword.iskeyword(name) else name


_ALL_PROTOCOLS = ",".join(version.subprotocol for version in OcppVersion)

SETTINGS: tuple[Setting, ...] = (
    Setting("role", None, "cs: a central system, cp: charge points.", _role),
    Setting(
        "port", 9000, "TCP port to listen on; 0 picks a free one.", _integer(0, 65535), Role.CS
    ),
    Setting(
        "interface",
        None,
        "Address to listen on. Default: 127.0.0.1; a SOAP charge point listens on the address"
        " from which it reaches its central system.",
        _text,
    ),
    Setting(
        "endpoint",
        "/",
        "Path before the identity of the charge points; over SOAP the path itself.",
        _endpoint,
        Role.CS,
    ),
    Setting("protocols", _ALL_PROTOCOLS, "Versions to offer.", _protocols, Role.CS),
    Setting(
        "transport",
        "websocket,soap",
        "Transports to offer; SOAP is for 1.2, 1.5 and 1.6.",
        _transports,
        Role.CS,
    ),
    Setting(
        "url",
        None,
        "Central system to connect to: ws:// or wss://; http:// or https:// for SOAP.",
        _url_of("ws", "wss", "http", "https"),
        Role.CP,
    ),
    Setting(
        "from",
        None,
        "SOAP: address of our own service, which the central system is told. Default: one that"
        " it can reach.",
        _url_of("http", "https"),
        Role.CP,
    ),
    Setting(
        "remote-port",
        None,
        "SOAP: port to listen on; 0 picks a free one. Default: that of --from, or a free one.",
        _integer(0, 65535),
        Role.CP,
    ),
    Setting(
        "id", ["CP1"], "Identity; a pattern such as CP%04d with --count.", _texts, Role.CP, True
    ),
    Setting("count", 1, "Charge points per pattern, from 1 on.", _integer(1, 100_000), Role.CP),
    Setting("protocol", "ocpp1.6", "Version to speak.", _protocol, Role.CP),
    Setting(
        "connectors", 2, "Connectors (2.x: EVSEs) of each charge point.", _integer(1, 100), Role.CP
    ),
    Setting(
        "manual", False, "Do not boot, do not report: answer only.", _switch, Role.CP, flag=True
    ),
    Setting(
        "reconnect-delay",
        1,
        "Seconds before the first reconnect, then doubled.",
        _seconds(0.01),
        Role.CP,
    ),
    Setting(
        "reconnect-max-delay", 60, "Longest time between two attempts.", _seconds(0.01), Role.CP
    ),
    Setting("plugins", [], "A further folder of plugins; a later one wins.", _texts, None, True),
    Setting(
        "plugin",
        [],
        "Load this plugin, too, although it does not load by itself.",
        _texts,
        None,
        True,
    ),
    Setting("trace", None, "on or off: show every frame. Default: on in the foreground.", _switch),
    Setting("ping-interval", 300, "Seconds between WebSocket pings, 0 for none.", _seconds()),
    Setting(
        "ping-timeout",
        30,
        "Seconds without a pong after which a connection is dropped.",
        _seconds(0.1),
    ),
    Setting(
        "handshake-timeout",
        10,
        "Seconds for the opening handshake; over HTTP for connecting, and between two requests.",
        _seconds(0.1),
    ),
    Setting("close-timeout", 5, "Seconds for the closing handshake.", _seconds(0.1)),
    Setting(
        "compression",
        "on",
        "on or off: allow permessage-deflate, and compressed answers to SOAP requests.",
        _switch,
    ),
    Setting(
        "request-encoding",
        "identity",
        "SOAP: how our requests are sent: identity (as they are), gzip or deflate.",
        _one_of("identity", "gzip", "deflate"),
    ),
    Setting(
        "request-timeout",
        30,
        "Seconds from the first byte of an HTTP request to its last.",
        _seconds(0.1),
    ),
    Setting(
        "soap-learn-address",
        "same-host",
        "Which From of a SOAP charge point is taken as its address: one on the host that the"
        " request comes from (same-host), any, or none (never).",
        _one_of("same-host", "any", "never"),
        Role.CS,
    ),
    Setting(
        "soap-address",
        [],
        "Address of a SOAP charge point, as IDENTITY=URL, or of all others, as a URL with {id};"
        " it wins over what is learned.",
        _soap_addresses,
        Role.CS,
        True,
    ),
    Setting(
        "soap-peer-timeout",
        None,
        "Seconds of silence after which a SOAP charge point counts as lost. Default: twice the"
        " heartbeat interval that it was told, and 60.",
        _seconds(0.1),
        Role.CS,
    ),
    Setting(
        "max-soap-peers",
        10_000,
        "SOAP charge points that may be connected at once.",
        _integer(1, 10_000_000),
        Role.CS,
    ),
    Setting(
        "max-message-size",
        1 << 20,
        "Bytes of the largest message to take.",
        _integer(1024, 1 << 30),
    ),
    Setting("call-timeout", 30, "Seconds that a peer has to answer a call.", _seconds(0.01)),
    Setting(
        "calls-in-flight", 1, "Calls of ours under way at once on a connection.", _integer(1, 1000)
    ),
    Setting(
        "max-queued-calls",
        100,
        "Calls of ours that may wait on a connection.",
        _integer(1, 100_000),
    ),
    Setting("hook-timeout", 20, "Seconds that a plugin has to answer.", _seconds(0.01)),
)


class Settings(SimpleNamespace):
    """The values of all settings, as attributes: ``settings.ping_interval``."""

    @classmethod
    def build(cls, *sources: Mapping[str, Any]) -> Settings:
        """Defaults, changed by each source in turn.

        Args:
            sources: setting names with their values as typed or as read from TOML.

        Raises:
            SettingsError: an unknown name, with the nearest known one, or a wrong value.
        """
        merged: dict[str, Any] = {}
        for source in sources:
            merged.update(source)
        reject_unknown(merged, (setting.name for setting in SETTINGS))
        values = {}
        for setting in SETTINGS:
            given = merged.get(setting.name, setting.default)
            values[setting.attribute] = None if given is None else _parsed(setting, given)
        return cls(**values)


def reject_unknown(names: Iterable[str], known: Iterable[str], prefix: str = "") -> None:
    """Raise SettingsError for the first name that is not known, naming the nearest one."""
    known = list(known)
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f", did you mean {prefix}{near[0]}?" if near else ""
            raise SettingsError(f"{prefix}{name}: no such setting{hint}")


def read_config(path: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Read a config file.

    Args:
        path: a TOML file whose top-level keys are setting names; plugins have their own
            settings in tables ``[plugin.NAME]``.

    Returns:
        The settings by name, and the plugins' settings by plugin name.

    Raises:
        SettingsError: the file cannot be read, is no TOML, or has a setting that is unknown or
            has a wrong value; the text names file and reason.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    # ``plugin`` is a list of names where it is a setting, and a table of tables where not.
    plugins = content.pop("plugin") if isinstance(content.get("plugin"), dict) else {}
    for name, table in plugins.items():
        if not isinstance(table, dict):
            raise SettingsError(f"{path}: plugin.{name}: must be a table, [plugin.{name}]")
    try:
        Settings.build(content)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from None
    return content, plugins


def _parsed(setting: Setting, given: Any) -> Any:
    try:
        return setting.parse(given)
    except ValueError as error:
        raise SettingsError(f"{setting.name}: must be {error}, not {given!r}") from None


class PluginSettings:
    """The settings of one plugin, declared in the plugin as its constant ``SETTINGS``.

    ::

        SETTINGS = PluginSettings(interval=(300, "Seconds between heartbeats."))

    ``SETTINGS.interval`` is then the value: the default, or what ``[plugin.NAME]`` in the
    config file or ``--set NAME.interval=60`` says. The default's type is the value's type.

    Args:
        declared: for each setting, its default (str, int, float or bool) and a help text.
    """

    def __init__(self, **declared: tuple[Any, str]) -> None:
        self._help = {name: text for name, (_, text) in declared.items()}
        self._values = {name: default for name, (default, _) in declared.items()}

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(f"no setting {name!r} is declared") from None

    def describe(self) -> list[tuple[str, Any, str]]:
        """Name, present value and help text of each setting."""
        return [(name, value, self._help[name]) for name, value in self._values.items()]

    def update(self, plugin: str, given: Mapping[str, Any]) -> None:
        """Take over values.

        Args:
            plugin: the plugin's name, for messages.
            given: values by setting name, as read from TOML or as typed.

        Raises:
            SettingsError: an unknown name or a value of another type than the default's.
        """
        reject_unknown(given, self._values, prefix=f"{plugin}.")
        changed = {name: self._convert(plugin, name, value) for name, value in given.items()}
        self._values.update(changed)

    def _convert(self, plugin: str, name: str, value: Any) -> Any:
        default = self._values[name]
        try:
            if isinstance(default, bool):
                return _switch({"true": True, "false": False}.get(value, value))
            if isinstance(value, str):  # also what was typed for a number
                return type(default)(value)
            if type(value) is type(default) or (type(default), type(value)) == (float, int):
                return type(default)(value)
            raise ValueError
        except (TypeError, ValueError):
            wanted = type(default).__name__
            raise SettingsError(f"{plugin}.{name}: must be of type {wanted}") from None
