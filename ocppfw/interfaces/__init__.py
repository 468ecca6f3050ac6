"""The typed seams: what stations, transports, hooks and plugins know of each other.

A plugin imports what it annotates with from ``ocppfw``::

    from ocppfw import Call, ChargePoint, Peer, hookimpl

    @hookimpl
    def cp_reset(station: ChargePoint, peer: Peer, call: Call) -> dict[str, str]: ...
"""

from __future__ import annotations

from ocppfw.interfaces.handed_over import (
    ConnectionRequest,
    Envelope,
    PluginData,
    Refusal,
    new_plugin_data,
)
from ocppfw.interfaces.stations import CentralSystem, ChargePoint, Connection, Peer, Station
from ocppfw.interfaces.transports import (
    Answerer,
    CentralSystemHost,
    ChargePointHost,
    Host,
    Refusals,
    Taps,
)

__all__ = [
    "Answerer",
    "CentralSystem",
    "CentralSystemHost",
    "ChargePoint",
    "ChargePointHost",
    "Connection",
    "ConnectionRequest",
    "Envelope",
    "Host",
    "Peer",
    "PluginData",
    "Refusal",
    "Refusals",
    "Station",
    "Taps",
    "new_plugin_data",
]
