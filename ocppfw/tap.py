"""The twistd plugin: ``twistd -n ocppfw --help`` shows what it takes."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.application.service import IService
from twisted.logger import ILogObserver
from twisted.python import usage

from ocppfw import __version__
from ocppfw.errors import OcppfwError, SettingsError
from ocppfw.service.build import ProcessService, build_service, show_line
from ocppfw.service.listener import CannotListen
from ocppfw.service.open_files import raise_file_limit
from ocppfw.service.process_log import ProcessLog
from ocppfw.service.read_loop import shorten_reads
from ocppfw.service.reload import Reload
from ocppfw.service.signals import call_on_hang_up, end_reactor_on_signals
from ocppfw.service.standard_output import show
from ocppfw.service.steady_clock import make_steady
from ocppfw.settings import SETTINGS, Config, Setting, Settings, read_config
from ocppfw.text import did_you_mean, escape_controls
from ocppfw.versions import Role

_EPILOG = """
Settings can also stand in a TOML file given with --config, under the same names; the command
line wins. A table [plugin.NAME] there holds the settings of a plugin, and loads it; a table
[identity."ID"] holds those of one charge point, which win over all others.

Examples:
  twistd -n --pidfile= ocppfw --role cs --port 9000
  twistd -n --pidfile= ocppfw --role cp --url ws://127.0.0.1:9000/ --id CP1 --protocol ocpp1.5
  twistd -n --pidfile= ocppfw --role cp --url ws://127.0.0.1:9000/ --id CP%04d --count 100
  twistd -n --pidfile= ocppfw --role cp --url http://127.0.0.1:9000/ --id CP1 --protocol ocpp1.5
"""


def _help_of(setting: Setting) -> str:
    role = {Role.CS: "(cs) ", Role.CP: "(cp) ", None: ""}[setting.role]
    repeat = " May be repeated." if setting.repeatable else ""
    default = setting.default
    shown = ", ".join(default) if isinstance(default, list) else default
    tail = "" if shown in (None, "", False) else f" [default: {shown}]"
    return f"{role}{setting.help}{repeat}{tail}"


class Options(usage.Options):
    """The command line of ``twistd ocppfw``, made from the list of settings."""

    synopsis = "[options]"
    longdesc = "Runs a central system (--role cs) or charge points (--role cp) that speak OCPP."
    optParameters = [
        ["config", None, None, "TOML file with settings."],
        *[[s.name, None, None, _help_of(s)] for s in SETTINGS if not s.repeatable and not s.flag],
    ]
    optFlags = [[s.name, None, _help_of(s)] for s in SETTINGS if s.flag]
    log: ProcessLog | None = None  # one in a process; None where twistd was told another one
    parent: Any

    def __init__(self) -> None:
        super().__init__()
        self.given: dict[str, Any] = {}
        self.given_to_plugins: dict[str, dict[str, Any]] = {}
        self._config: Path | None = None
        self.settings: Settings
        self.plugin_settings: dict[str, dict[str, Any]]

    def opt_set(self, assignment: str) -> None:
        """A setting of a plugin, as NAME.key=value. May be repeated."""
        name, equals, value = assignment.partition("=")
        plugin, dot, key = name.partition(".")
        if not (equals and dot and plugin and key):
            raise usage.UsageError(f"--set {assignment}: must be NAME.key=value")
        self.given_to_plugins.setdefault(plugin, {})[key] = value

    def opt_password(self, _: str) -> None:
        """Refused, since everybody on the machine could read it; see --password-file."""
        raise usage.UsageError(
            "--password: everybody on this machine could read it in the list of processes; write"
            " it into a file, and give --password-file FILE"
        )

    def opt_version(self) -> None:
        """Show the version and exit."""
        show(f"ocppfw {__version__}\n")
        raise SystemExit(0)

    def opt_help(self) -> None:
        """Display this help and exit."""
        show(f"{self}\n")
        raise SystemExit(0)

    def parseOptions(self, options: Any = None) -> None:
        """Read the command line; a fault in it is one line, not the whole help."""
        try:
            super().parseOptions(options)
        except usage.UsageError as error:
            help_text = " (twistd ocppfw --help shows the options)"
            raise _last_word(f"{error}{self._hint(str(error))}{help_text}") from None

    def _hint(self, fault: str) -> str:
        """What an option that is not known, or was cut too short, may stand for."""
        found = re.match(r"option --(\S+) not (recognized|a unique prefix)", fault)
        if found is None:
            return ""
        name, known = found[1], [each.rstrip("=") for each in self.longOpt]
        if found[2] != "recognized":
            possible = [f"--{each}" for each in sorted(known) if each.startswith(name)]
            return f" of {' or '.join(possible)}"
        if name in [each.rstrip("=") for each in getattr(self.parent, "longOpt", ())]:
            return ", it is one of twistd: give it before the word ocppfw"
        return did_you_mean(name, known, "--")

    def getUsage(self, width: int | None = None) -> str:
        """The help text, with examples."""
        return super().getUsage(width) + _EPILOG

    def postOptions(self) -> None:
        """Put defaults, config file and command line together, and take over the log."""
        for setting in SETTINGS:
            if not setting.repeatable and self[setting.name] not in (None, 0):
                self.given[setting.name] = (
                    bool(self[setting.name]) if setting.flag else self[setting.name]
                )
        if self["config"] is not None:
            self._config = Path(self["config"])
        try:
            self.settings, self.plugin_settings = self.read()
        except SettingsError as error:
            raise usage.UsageError(str(error)) from None
        if self._config is not None:
            self._config = self._config.absolute()  # --rundir has no say in it later
        if not self.parent.get("logger") and not self.parent.get("syslog"):
            self._take_over_log()
        _check_user(self.parent.get("uid"))
        if self.parent.get("pidfile"):
            _check_writable("pidfile", Path(self.parent["rundir"], self.parent["pidfile"]))

    def read(self) -> tuple[Settings, dict[str, dict[str, Any]]]:
        """The settings, and those of plugins: defaults, config file and command line in one.

        Raises:
            SettingsError: the config file cannot be read, or a setting is wrong.
        """
        config = Config() if self._config is None else read_config(self._config)
        settings = Settings.build(config.settings, self.given, identities=config.identities)
        _check_role(settings, config.settings | self.given)
        if settings.trace is None:
            settings.trace = self.foreground
        return settings, _merged(config.plugins, self.given_to_plugins)

    @property
    def foreground(self) -> bool:
        """True for ``twistd -n``."""
        return bool(self.parent["nodaemon"])

    @property
    def on_terminal(self) -> bool:
        """True where a terminal shows the log, or takes Ctrl-C."""
        streams = (sys.stdin, sys.stdout)
        return self.foreground and any(each is not None and each.isatty() for each in streams)

    def _take_over_log(self) -> None:
        """Have twistd log where it would, in the form that this program has."""
        name, foreground = self.parent.get("logfile"), self.parent["nodaemon"]
        to_output = name == "-" or (foreground and not name)
        if to_output and not foreground:
            raise usage.UsageError("--logfile: a daemon has no standard output; give a file")
        if to_output and sys.stdout is None:
            raise usage.UsageError("standard output is closed: give --logfile FILE before ocppfw")
        path = None if to_output else Path(name or "twistd.log").resolve()
        _check_writable("logfile", path)
        Options.log = ProcessLog(path)
        # twistd takes the name of a callable without arguments, nothing else.
        self.parent["logger"] = "ocppfw.tap.Options.open_log"

    @staticmethod
    def open_log() -> ILogObserver:
        """Open the log; what logs to it."""
        from twisted.internet import reactor

        assert Options.log is not None
        return Options.log.open(reactor)


def _adder(name: str, text: str) -> Callable[[Options, str], None]:
    def add(self: Options, value: str) -> None:
        self.given.setdefault(name, []).append(value)

    add.__doc__ = text
    return add


for _setting in SETTINGS:
    if _setting.repeatable:
        setattr(Options, f"opt_{_setting.attribute}", _adder(_setting.name, _help_of(_setting)))


def _check_writable(option: str, path: Path | None) -> None:
    """Refuse a file that twistd could not write; it would end with a traceback.

    Raises:
        UsageError: the file, or a new one in its folder, cannot be written.
    """
    if path is None:
        return
    try:
        if path.exists():
            path.open("rb+").close()
        else:
            tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        missing = f"there is no folder {path.parent}"
        reason = error.strerror if path.parent.is_dir() else missing
        raise usage.UsageError(f"--{option} {path}: {reason}") from None


def _check_user(uid: int | None) -> None:
    """Refuse a user that twistd could not become; it would end with a traceback.

    Raises:
        UsageError: there is no such user, or we may not become another one.
    """
    if uid is None:
        return
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        raise usage.UsageError(f"--uid {uid}: there is no such user") from None
    if os.geteuid() not in (0, uid):
        raise usage.UsageError(f"--uid {uid}: only root can become {name}")


def _teller() -> Callable[[str], None] | None:
    """Tells who has started a daemon what runs, on his standard output; None if that is closed."""
    if sys.stdout is None:
        return None
    log = f", log {Options.log.path}" if Options.log is not None else ""
    terminal = os.dup(1)  # the daemon gives up its own

    def tell(what: str) -> None:
        with contextlib.suppress(OSError):  # he does not read it
            os.write(terminal, f"ocppfw: {what}; process {os.getpid()}{log}\n".encode())
        os.close(terminal)

    return tell


def _merged(
    first: dict[str, dict[str, Any]], second: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    return {name: first.get(name, {}) | second.get(name, {}) for name in first | second}


def _check_role(settings: Settings, given: dict[str, Any]) -> None:
    """A role is needed, and settings of the other role would be ignored without a word."""
    if settings.role is None:
        raise SettingsError("role: must be given, --role cs (central system) or --role cp")
    for setting in SETTINGS:
        if setting.name in given and setting.role not in (None, settings.role):
            raise SettingsError(f"{setting.name}: is only for --role {setting.role}")


def _last_word(text: str) -> SystemExit:
    """Ends the process with status 1 and one line."""
    return SystemExit(escape_controls(f"ocppfw: {text}"))


def makeService(options: Options) -> IService:
    """The service that twistd runs; a fault in settings or plugins ends the process."""
    from twisted.internet import reactor

    make_steady(reactor)
    raise_file_limit()
    try:
        tell = None if options.parent["nodaemon"] else _teller()
        service = build_service(options.settings, options.plugin_settings, reactor, show_line, tell)
    except CannotListen as error:
        option = f" (--{error.setting})" if error.setting else ""
        raise _last_word(f"{error}{option}") from None
    except OcppfwError as error:
        raise _last_word(str(error)) from None
    shorten_reads(reactor)
    _heed_signals(options, service, reactor)
    return service


def _heed_signals(options: Options, service: ProcessService, reactor: Any) -> None:
    if options.on_terminal:  # then SIGHUP says that the terminal is closed
        end_reactor_on_signals(reactor, signal.SIGHUP)
        return
    end_reactor_on_signals(reactor)
    reload = Reload(
        options.settings,
        service.stations,
        service.plugins,
        service.trace,
        Options.log,
        options.read,
    )
    call_on_hang_up(reactor, reload, foreground=options.foreground)
