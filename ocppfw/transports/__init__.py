"""OCPP over the network: the only room that speaks it through Autobahn and twisted.web."""

from __future__ import annotations

from ocppfw import __version__

#: How our HTTP requests and WebSocket handshakes call this program, unless a setting does.
USER_AGENT = f"ocppfw/{__version__}"
