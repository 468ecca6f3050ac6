"""Every setting: what there is, how it is read, and where it comes from."""

from __future__ import annotations

from ocppfw.settings.config import read_config
from ocppfw.settings.plugin_settings import PluginSettings
from ocppfw.settings.table import SETTINGS, Setting
from ocppfw.settings.values import Settings, reject_unknown

__all__ = ["SETTINGS", "PluginSettings", "Setting", "Settings", "read_config", "reject_unknown"]
