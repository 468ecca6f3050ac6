"""Every setting: what there is, how it is read, and where it comes from."""

from __future__ import annotations

from ocppfw.settings.config import Config, read_config
from ocppfw.settings.connections import VALIDATION, VALIDATION_HINT
from ocppfw.settings.plugin_settings import PluginSettings
from ocppfw.settings.setting import Setting
from ocppfw.settings.template_files import read_template_file, shipped_templates
from ocppfw.settings.values import SETTINGS, TOPICS, Settings, reject_unknown

__all__ = [
    "SETTINGS",
    "TOPICS",
    "VALIDATION",
    "VALIDATION_HINT",
    "Config",
    "PluginSettings",
    "Setting",
    "Settings",
    "read_config",
    "read_template_file",
    "reject_unknown",
    "shipped_templates",
]
