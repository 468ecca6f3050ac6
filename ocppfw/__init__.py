"""ocppfw: charge points and central systems that speak OCPP, with all behaviour in plugins."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ocppfw.commands import Argument, Command, Invocation, Option
from ocppfw.errors import (
    CallFailed,
    CallTimedOut,
    CatalogueError,
    ConnectFailed,
    ConnectionRefused,
    NoAnswer,
    NotConnected,
    OcppfwError,
    PayloadInvalid,
    PluginError,
    QueueFull,
    SettingsError,
    StorageError,
)
from ocppfw.marker import DROP, hookimpl
from ocppfw.settings import PluginSettings

if TYPE_CHECKING:
    from ocppfw.interfaces import (
        CentralSystem,
        ChargePoint,
        Connection,
        ConnectionRequest,
        Envelope,
        Peer,
        Station,
    )
    from ocppfw.rpc.frames import Call, CallError, CallResult, Send
    from ocppfw.store import Store
else:
    # What plugins annotate with needs Twisted, so it is imported when it is asked for.
    _HOMES = {
        "ocppfw.interfaces": (
            "CentralSystem",
            "ChargePoint",
            "Connection",
            "ConnectionRequest",
            "Envelope",
            "Peer",
            "Station",
        ),
        "ocppfw.rpc.frames": ("Call", "CallError", "CallResult", "Send"),
        "ocppfw.store": ("Store",),
    }

    def __getattr__(name: str) -> Any:
        for home, names in _HOMES.items():
            if name in names:
                return getattr(import_module(home), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__version__ = "0.1.0"

__all__ = [
    "DROP",
    "Argument",
    "Call",
    "CallError",
    "CallFailed",
    "CallResult",
    "CallTimedOut",
    "CatalogueError",
    "CentralSystem",
    "ChargePoint",
    "Command",
    "ConnectFailed",
    "Connection",
    "ConnectionRefused",
    "ConnectionRequest",
    "Envelope",
    "Invocation",
    "NoAnswer",
    "NotConnected",
    "OcppfwError",
    "Option",
    "PayloadInvalid",
    "Peer",
    "PluginError",
    "PluginSettings",
    "QueueFull",
    "Send",
    "SettingsError",
    "Station",
    "StorageError",
    "Store",
    "__version__",
    "hookimpl",
]
