"""One setting alone: its value, or why it cannot have it."""

from __future__ import annotations

from typing import Any

import pytest

from ocppfw.errors import SettingsError
from ocppfw.settings import Settings


def built(name: str, value: Any) -> Any:
    attribute = "from_" if name == "from" else name.replace("-", "_")
    return getattr(Settings.build({name: value}), attribute)


def refused(name: str, value: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.build({name: value})
    text = str(caught.value)
    assert text.startswith(f"{name}: ")
    return text
