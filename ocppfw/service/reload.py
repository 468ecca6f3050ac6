"""What a process takes over while it runs: its config file, changed plugins, another log file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred, DeferredLock
from twisted.logger import Logger

from ocppfw.errors import PluginError, SettingsError
from ocppfw.hooks.manager import PluginManager
from ocppfw.service.live_settings import Effect, effect_of, shown_value
from ocppfw.service.process_log import ProcessLog
from ocppfw.service.running import RunningStations
from ocppfw.settings import SETTINGS, Setting, Settings
from ocppfw.stations.trace import Trace
from ocppfw.text import escape_controls

#: The settings of the process, and those of its plugins by the plugins' names.
Read = tuple[Settings, dict[str, dict[str, Any]]]

_ABSENT = object()

log = Logger()


class Reload:
    """Takes over what has changed, when it is called, and says in the log what that was.

    Args:
        settings: the settings in force, which the stations share.
        running: the stations.
        plugins: their plugins.
        trace: their trace.
        process_log: where the log goes; None where somebody else decides that.
        read: reads the config file again; may raise SettingsError.
    """

    def __init__(
        self,
        settings: Settings,
        running: RunningStations,
        plugins: PluginManager,
        trace: Trace,
        process_log: ProcessLog | None,
        read: Callable[[], Read],
    ) -> None:
        self._settings = settings
        self._running = running
        self._plugins = plugins
        self._trace = trace
        self._process_log = process_log
        self._read = read
        self._lock = DeferredLock()

    def __call__(self) -> Deferred[None]:
        """Fires when all is done, one reload after the other."""
        return self._lock.run(lambda: Deferred.fromCoroutine(self._reload()))

    # Private.

    async def _reload(self) -> None:
        self._reopen_log()
        try:
            settings, plugin_settings = self._read()
            settings.check_default_protocol(settings.default_protocol)
            stale = self._plugins.stale(plugin_settings)
        except (SettingsError, PluginError) as error:
            log.error("reload: {error}; all stays as it is", error=escape_controls(str(error)))
            return
        tables = _other_tables(self._settings, settings)
        differences = [*_differences(self._settings, settings)]
        for name in tables:
            log.warn("reload: {name} ({effect})", name=name, effect=Effect.RESTART)
        for difference in differences:
            self._take_over(difference)
        for name in stale:
            await self._load(name, plugin_settings.get(name, {}))
        if not (tables or differences or stale):
            log.info("reload: no setting and no plugin has changed")

    def _reopen_log(self) -> None:
        if self._process_log is None:
            return
        try:
            self._process_log.reopen()
        except OSError as error:
            log.error("reload: the log goes on in the old file: {error}", error=error)

    def _take_over(self, difference: _Difference) -> None:
        if difference.effect is Effect.RESTART:
            log.warn("reload: {difference}", difference=difference)
            return
        difference.take_over()
        self._trace.shows = bool(self._settings.trace)
        for station in self._running.stations:
            station.setting_changed(difference.setting.name)
        log.info("reload: {difference}", difference=difference)

    async def _load(self, name: str, settings: Mapping[str, Any]) -> None:
        try:
            await self._plugins.load(name, settings)
        except PluginError as error:
            text = "reload: plugin {name} stays as it is: {error}"
            log.error(text, name=name, error=escape_controls(str(error)))
        else:
            log.info("reload: plugin {name} loaded", name=name)


@dataclass(frozen=True, slots=True)
class _Difference:
    """A setting that is to be another.

    Attributes:
        prefix: whose it is: empty for that of all, or ``identity.ID.``.
        setting: the setting.
        present: the values in force, by attribute.
        wanted: those that are wanted; where one is missing, the value of all is.
    """

    prefix: str
    setting: Setting
    present: dict[str, Any]
    wanted: Mapping[str, Any]

    @property
    def effect(self) -> Effect:
        """When it takes effect."""
        return effect_of(self.setting)

    def take_over(self) -> None:
        """Put it in force."""
        attribute = self.setting.attribute
        if attribute in self.wanted:
            self.present[attribute] = self.wanted[attribute]
        else:
            del self.present[attribute]

    def __str__(self) -> str:
        name, attribute = f"{self.prefix}{self.setting.name}", self.setting.attribute
        if attribute in self.wanted:
            value = shown_value(self.setting.mask(self.wanted[attribute]))
            return escape_controls(f"{name}={value} ({self.effect})")
        return f"{name} is that of all ({self.effect})"


def _differences(settings: Settings, new: Settings) -> Iterator[_Difference]:
    """The settings that differ, those of identities with a table in both among them."""
    yield from _differing("", vars(settings), vars(new))
    for identity in settings.identities.keys() & new.identities.keys():
        present, wanted = vars(settings.identities[identity]), vars(new.identities[identity])
        yield from _differing(f"identity.{identity}.", present, wanted)


def _differing(
    prefix: str, present: dict[str, Any], wanted: Mapping[str, Any]
) -> Iterator[_Difference]:
    for setting in SETTINGS:
        attribute = setting.attribute
        if present.get(attribute, _ABSENT) != wanted.get(attribute, _ABSENT):
            yield _Difference(prefix, setting, present, wanted)


def _other_tables(settings: Settings, new: Settings) -> list[str]:
    """The tables of identities that are new, or gone."""
    names = settings.identities.keys() ^ new.identities.keys()
    return [f"identity.{name}" for name in sorted(names)]
