"""What a setting is, and how one is declared."""

from __future__ import annotations

import dataclasses
import keyword
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, overload

from ocppfw.errors import SettingsError
from ocppfw.settings.parsers import Parser
from ocppfw.versions import Role

T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        name: as on the command line and in the config file.
        default: the value where none is given, as it would be typed.
        help: one sentence.
        parse: turns what was typed, or read from TOML, into the value; raises ValueError
            with what it should have been.
        role: who has it; None for both.
        repeatable: may be given more than once on the command line.
        flag: takes no value on the command line.
        own: the roles in which it may be given for one charge point alone.
        mask: gives what was typed or read from TOML, right or wrong, and the value, as they may
            be shown: without secrets.
    """

    name: str
    default: Any
    help: str
    parse: Parser[Any]
    role: Role | None
    repeatable: bool
    flag: bool
    own: tuple[Role, ...]
    mask: Callable[[Any], Any]

    @property
    def attribute(self) -> str:
        """The setting's name as an attribute of ``Settings``."""
        name = self.name.replace("-", "_")
        return f"{name}_" if keyword.iskeyword(name) else name

    def value_of(self, given: Any, prefix: str = "") -> Any:
        """The value of what was typed or read from TOML; None stays None.

        Raises:
            SettingsError: it is not one that the setting may have; the text begins with the prefix.
        """
        if given is None:
            return None
        try:
            return self.parse(given)
        except ValueError as error:
            shown = self.mask(given)
            if isinstance(shown, list) and len(shown) == 1:
                shown = shown[0]  # what may be repeated, and was not
            text = f"{prefix}{self.name}: must be {error}, not {shown!r}"
            raise SettingsError(text) from None


def _mask_nothing(value: Any) -> Any:
    return value


@overload
def setting(
    default: None,
    help: str,
    parse: Parser[T],
    role: Role | None = None,
    *,
    repeatable: bool = False,
    flag: bool = False,
    own: tuple[Role, ...] = (),
    mask: Callable[[Any], Any] = _mask_nothing,
) -> T | None: ...


@overload
def setting(
    default: object,
    help: str,
    parse: Parser[T],
    role: Role | None = None,
    *,
    repeatable: bool = False,
    flag: bool = False,
    own: tuple[Role, ...] = (),
    mask: Callable[[Any], Any] = _mask_nothing,
) -> T: ...


def setting(
    default: Any,
    help: str,
    parse: Parser[Any],
    role: Role | None = None,
    *,
    repeatable: bool = False,
    flag: bool = False,
    own: tuple[Role, ...] = (),
    mask: Callable[[Any], Any] = _mask_nothing,
) -> Any:
    """Declare a setting as an attribute of a dataclass; see ``Setting``.

    Its name is that of the attribute, with hyphens. mypy holds the attribute's type against
    what ``parse`` returns, and wants ``| None`` where there is no default.
    """
    return dataclasses.field(
        default_factory=lambda: None if default is None else parse(default),
        metadata={"declared": (default, help, parse, role, repeatable, flag, own, mask)},
    )


def declared_in(topic: type) -> Iterator[Setting]:
    """The settings that a dataclass declares, in its order."""
    for attribute in dataclasses.fields(topic):
        name = attribute.name.rstrip("_").replace("_", "-")
        yield Setting(name, *attribute.metadata["declared"])
