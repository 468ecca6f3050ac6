"""The templates of charge points: those that are shipped, and files of others."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from ocppfw.errors import SettingsError
from ocppfw.text import did_you_mean

SHIPPED = Path(__file__).with_name("templates")
_SUFFIX = ".toml"


def shipped_templates() -> list[str]:
    """The names of the shipped templates."""
    return sorted(path.name.removesuffix(_SUFFIX) for path in SHIPPED.glob(f"*{_SUFFIX}"))


def read_template_file(template: str) -> dict[str, Any]:
    """What a template holds, as read from TOML.

    Args:
        template: the name of a shipped one, or the path of a file, which has a ``/`` or ends in
            ``.toml``.

    Raises:
        SettingsError: there is no such one, or it is not TOML.
    """
    path = _path_of(template)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(error.strerror or str(error)) from None
    except RecursionError:
        raise SettingsError("tables or lists are nested too deeply") from None
    except ValueError as error:  # not UTF-8, not TOML, a number of thousands of digits
        raise SettingsError(str(error)) from None


def _path_of(template: str) -> Path:
    if "/" in template or template.endswith(_SUFFIX):
        return Path(template)
    names = shipped_templates()
    if template not in names:
        hint = did_you_mean(template, names) or f"; there is {', '.join(names)}."
        file = f"./{template}{_SUFFIX}"
        raise SettingsError(f"no such template{hint} A file is given with its path, such as {file}")
    return SHIPPED / f"{template}{_SUFFIX}"
