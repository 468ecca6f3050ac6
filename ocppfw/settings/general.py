"""The settings of the process."""

from __future__ import annotations

from dataclasses import dataclass

from ocppfw.settings import parsers
from ocppfw.settings.setting import setting
from ocppfw.versions import Role


@dataclass(kw_only=True)
class GeneralSettings:
    """General."""

    role: Role | None = setting(None, "cs: a central system, cp: charge points.", parsers.role)
    plugins: list[str] = setting(
        [],
        "A further folder of plugins; a later one wins.",
        parsers.texts,
        repeatable=True,
    )
    plugin: list[str] = setting(
        [],
        "Load this plugin, too, although it does not load by itself.",
        parsers.texts,
        repeatable=True,
    )
    store: str = setting(
        "none",
        "Where to keep what must survive a restart: sqlite:///FILE,"
        " postgresql://USER:PASSWORD@HOST/NAME, or none: in memory.",
        parsers.store,
        mask=parsers.mask_urls,
    )
    trace: bool | None = setting(
        None, "on or off: show every frame. Default: on in the foreground.", parsers.switch
    )

    @property
    def keeps(self) -> bool:
        """True where what must survive a restart does."""
        return self.store != parsers.IN_MEMORY
