"""ocppfw: charge points and central systems that speak OCPP, with all behaviour in plugins."""

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
)
from ocppfw.marker import DROP, hookimpl
from ocppfw.settings import PluginSettings

__version__ = "0.1.0"

__all__ = [
    "DROP",
    "Argument",
    "CallFailed",
    "CallTimedOut",
    "CatalogueError",
    "Command",
    "ConnectFailed",
    "ConnectionRefused",
    "Invocation",
    "NoAnswer",
    "NotConnected",
    "OcppfwError",
    "Option",
    "PayloadInvalid",
    "PluginError",
    "PluginSettings",
    "QueueFull",
    "SettingsError",
    "__version__",
    "hookimpl",
]
