"""What a command of the prompt is.

One object feeds everything: what the prompt runs and completes, ``help``, ``--help``, and the
page about the commands. A plugin offers commands of its own with the hook ``console_commands``::

    from ocppfw import Argument, Command, hookimpl

    def _present(invocation):
        tag = invocation.arguments["tag"]
        invocation.say(f"{tag} is presented to {len(invocation.stations)} charge points")

    @hookimpl
    def console_commands():
        tag = Argument(name="tag", help="id tag of the card")
        return [Command(name="present", help="Present a card.", run=_present, arguments=(tag,))]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from ocppfw.errors import PluginError
from ocppfw.versions import OcppVersion, Role

if TYPE_CHECKING:
    from ocppfw.interfaces import Station

#: First words after ``ocppfw`` that stand for programs of their own, now or later.
RESERVED = ("test", "record", "replay", "report", "call", "attach", "certs", "doctor")

#: How the names of commands begin that send what a role asks for.
PREFIXES = {Role.CP: "", Role.CS: "remote_"}
# The names that ocppjs has; those that the actions would give are there, too.
_OLD_NAMES = {
    "RemoteStartTransaction": "remote_starttransaction",
    "RemoteStopTransaction": "remote_stoptransaction",
    "RequestStartTransaction": "remote_starttransaction",
    "RequestStopTransaction": "remote_stoptransaction",
}
# The commands of the prompt that stand for no operation.
_OTHERS = (
    *(
        "start_cs",
        "start_cp",
        "stop_cs",
        "stop_cp",
        "status",
        "templates",
        "set",
        "raw",
        "wait",
        "sleep",
    ),
    *("websocket_ping_cs", "websocket_ping_cp", "help", "quit", "plugins", "load", "unload"),
    *(f"{prefix}{name}" for prefix in PREFIXES.values() for name in ("send", "send_raw")),
)

#: Gives the words that completion offers.
Choices = Callable[[], Iterable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """Something that is named by its place.

    Attributes:
        name: what it is called in help texts.
        help: what it is, in a few words.
        required: False if it may be left out; only others like it may follow.
        choices: what completion offers.
    """

    name: str
    help: str
    required: bool = True
    choices: Choices | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Something that is named by a word with a dash.

    Attributes:
        names: as typed, such as ``-i`` and ``--interval``; the last one, without dashes, is its
            key in ``Invocation.options``.
        help: what it is for, in a few words.
        value: what its value is called in help texts; None for an option without a value.
        choices: what completion offers.
        verbatim: True if only quotes around the whole value are taken away (JSON, frames).
        repeatable: True if it may be given more than once; its value is then a list of values.
    """

    names: tuple[str, ...]
    help: str
    value: str | None = None
    choices: Choices | None = None
    verbatim: bool = False
    repeatable: bool = False

    @property
    def key(self) -> str:
        """Its key in ``Invocation.options``."""
        return self.names[-1].lstrip("-")


@dataclass(slots=True, kw_only=True)
class Invocation:
    """A command as it was typed.

    Attributes:
        arguments: values by the arguments' names; those left out are missing.
        options: values by the options' keys, True for one without a value; likewise. That of one
            that may be repeated is a list.
        assignments: what was typed as ``name=value``, in its order.
        stations: the central systems and charge points that run; for the command of a plugin,
            those of its role.
        say: shows a line.
    """

    arguments: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    assignments: list[tuple[str, str]] = field(default_factory=list)
    stations: Sequence[Station] = ()
    say: Callable[[str], None] = print


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command.

    Attributes:
        name: what is typed.
        help: what it does; the first sentence stands in lists.
        run: does it. What it raises as ``OcppfwError`` is shown in one line; an awaitable (a
            Deferred, or a coroutine of Deferreds) that it returns is waited for.
        arguments: what is named by its place.
        options: what is named by a word with a dash.
        example: a line that can be typed.
        group: heading under which it is listed.
        aliases: further names.
        fields: the fields that ``name=value`` may set, as ``ocppfw.catalogue.Field``, given the
            options typed before; None if the command takes no fields.
        versions: the versions of OCPP in which it can be used; empty for all.

    Raises:
        PluginError: the name or an alias is one of ``RESERVED``.
    """

    name: str
    help: str
    run: Callable[[Invocation], Any]
    arguments: tuple[Argument, ...] = ()
    options: tuple[Option, ...] = ()
    example: str = ""
    group: str = "Plugins"
    aliases: tuple[str, ...] = ()
    fields: Callable[[Mapping[str, Any]], Sequence[Any]] | None = None
    versions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (self.name, *self.aliases):
            if name in RESERVED:
                raise PluginError(f"command {name}: the name is reserved; take another one")

    @property
    def summary(self) -> str:
        """The first sentence of its help."""
        return self.help.partition(". ")[0].rstrip(".") + "."

    @property
    def syntax(self) -> str:
        """How it is typed, in one line."""
        words = [f"<{a.name}>" if a.required else f"[{a.name}]" for a in self.arguments]
        words += [f"[{_with_value(option.names[0], option)}]" for option in self.options]
        if self.fields is not None:
            words.append("[name=value ...]")
        return " ".join([self.name, *words])

    @property
    def usage(self) -> list[str]:
        """The lines that say how it is typed, and what its words mean."""
        named = [(argument.name, argument.help) for argument in self.arguments]
        named += [(_with_value(", ".join(o.names), o), o.help) for o in self.options]
        width = max((len(name) for name, _ in named), default=0)
        return [f"Usage: {self.syntax}", *(f"  {name:{width}}  {text}" for name, text in named)]


def names_for(action: str, asking: Role) -> tuple[str, ...]:
    """The names of the command that sends an action, the usual one first.

    Args:
        action: what is asked.
        asking: the role that asks.
    """
    name = f"{PREFIXES[asking]}{action.lower()}"
    return (_OLD_NAMES[action], name) if action in _OLD_NAMES else (name,)


@cache
def built_in_names() -> frozenset[str]:
    """Every name of a command that the prompt has without plugins."""
    from ocppfw.catalogue.actions import actions_of  # the prompt is not always there

    names = {*_OTHERS}
    for version in OcppVersion:
        for action in actions_of(version):
            for role in action.answering_roles:
                names.update(names_for(action.name, role.other))
    return frozenset(names)


def _with_value(names: str, option: Option) -> str:
    return f"{names} {option.value}" if option.value else names
