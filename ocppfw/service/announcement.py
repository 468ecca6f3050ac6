"""What a central system says at the start."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator

from ocppfw.hooks.manager import PluginManager
from ocppfw.service.listener import LOOPBACK
from ocppfw.settings import Settings
from ocppfw.versions import OcppVersion, Role, Transport

#: Makes the lines from the settings of a central system and the port that it listens on.
Announcement = Callable[[Settings, int], Iterable[str]]


def full_announcement(plugins: PluginManager, settings: Settings, port: int) -> Iterator[str]:
    """Where it listens, what it offers, and how to try that."""
    place = f"{_shown_host(settings.interface)}:{port}{settings.endpoint.rstrip('/')}/"
    offered = [version for version in OcppVersion if version in settings.protocols]
    over_websocket = Transport.WEBSOCKET in settings.transport
    loaded = [plugin.name for plugin in plugins.loaded if Role.CS in plugin.roles]
    yield f"Server is listening on port {port}"
    if over_websocket:
        yield f"Charge points connect to ws://{place}<identity>"
    if settings.soap_versions:
        yield f"Charge points of {_names(settings.soap_versions)} may post SOAP to http://{place}"
    yield f"Versions: {_names(offered)}"
    yield f"Plugins: {', '.join(loaded) or 'none'}"
    yield "To connect a simulated charge point, type in a second terminal:"
    best = OcppVersion.V1_6 if OcppVersion.V1_6 in offered else offered[-1]
    url = f"{'ws' if over_websocket else 'http'}://{place}"
    options = f"--role cp --url {url} --id CP1 --protocol {best.subprotocol}"
    yield f"    {_twistd()} -n --pidfile= ocppfw {options}"


def _shown_host(interface: str | None) -> str:
    """A host by which an interface is reached from this machine."""
    host = LOOPBACK if interface in (None, "", "0.0.0.0", "::") else str(interface)
    return f"[{host}]" if ":" in host else host


def _names(versions: Iterable[OcppVersion]) -> str:
    return ", ".join(version.subprotocol for version in versions)


def _twistd() -> str:
    """The command that started us, as it can be typed again in the same folder."""
    started = sys.argv[0]
    return "twistd" if shutil.which("twistd") == started or "/" not in started else started
