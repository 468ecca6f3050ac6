"""Example: asks every charge point that connects for its configuration."""

from __future__ import annotations

from twisted.logger import Logger

from ocppfw import OcppfwError, hookimpl
from ocppfw.catalogue import redact

role = "cs"
autoload = False  # load it with: --plugin cs_example

log = Logger()


@hookimpl
async def connection_opened(station, peer):
    """Send a call, wait for its answer, and say what it was."""
    action, payload = _question(peer.version)
    try:
        answer = await peer.call(action, payload)
    except OcppfwError as error:  # refused, too late, connection lost
        log.warn("{peer}: {action} failed: {error}", peer=peer, action=action, error=error)
    else:
        shown = redact(action, answer)  # a configuration may hold a password
        log.info("{peer}: {action} answered {answer}", peer=peer, action=action, answer=shown)


def _question(version):
    """What fits the version: 1.2 cannot read a configuration, 2.x has variables instead."""
    if version == "1.2":
        return "ClearCache", {}
    if version in ("1.5", "1.6"):
        return "GetConfiguration", {}
    heartbeat = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
    return "GetVariables", {"getVariableData": [heartbeat]}
