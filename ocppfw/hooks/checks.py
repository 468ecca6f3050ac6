"""What a module must fulfil to be a plugin; the messages name file, hook and fault."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ocppfw.commands import Command, built_in_names
from ocppfw.errors import PluginError
from ocppfw.hooks import specs
from ocppfw.hooks.places import place_of, what_is_wrong
from ocppfw.marker import PROJECT
from ocppfw.settings import PluginSettings
from ocppfw.text import did_you_mean
from ocppfw.versions import OcppVersion, Role

#: Names of the answer hooks, each with the versions that have its action.
AnswerHooks = Mapping[str, frozenset[OcppVersion]]

_ROLE_PREFIXES = tuple(f"{role}_" for role in Role)
#: Hooks that only stations of one role call.
_ONLY_AT = {"card_presented": Role.CS, "connection_failed": Role.CP}
#: Hooks that cannot wait, each with what can.
_AT_ONCE = {
    "call_requested": "to wait before it is decided, use connection_requested or the answer hook",
    "console_commands": "the function of a Command may be async",
}


def check_module(module: types.ModuleType, path: Path, answer_hooks: AnswerHooks) -> None:
    """Check a plugin's constants and hook implementations.

    Args:
        module: the executed module.
        path: its file, for messages.
        answer_hooks: every answer hook with its versions.

    Raises:
        PluginError: the first fault found.
    """
    for fault in _faults(module, answer_hooks):
        raise PluginError(f"{path}: {fault}")


def commands_of(function: Callable[[], Any], place: str) -> list[Command]:
    """The commands that a plugin offers.

    Args:
        function: its ``console_commands``.
        place: where that is written.

    Raises:
        PluginError: it fails or returns something else, or one of the commands has the name of
            another one.
    """
    try:
        commands = list(function() or ())
        if not all(isinstance(command, Command) for command in commands):
            raise TypeError("must return a list of ocppfw.Command")
    except (Exception, SystemExit) as error:
        fault = f"console_commands: {what_is_wrong(error)}"
        raise PluginError(f"{place_of(error) or place}: {fault}") from error
    taken = set(built_in_names())
    for name in [name for command in commands for name in (command.name, *command.aliases)]:
        if name in taken:
            whose = "the prompt has" if name in built_in_names() else "the plugin has already"
            fault = f"command {name}: {whose} one of this name; take another one"
            raise PluginError(f"{place}: console_commands: {fault}")
        taken.add(name)
    return commands


def _faults(module: types.ModuleType, answer_hooks: AnswerHooks) -> Iterator[str]:
    yield from _constant_faults(module)
    yield from _class_faults(module, module)
    for name, function in inspect.getmembers(module, inspect.isroutine):
        options = getattr(function, f"{PROJECT}_impl", None)
        if options is not None:
            yield from _hook_faults(module, options.get("specname") or name, function, answer_hooks)
        elif name.startswith(_ROLE_PREFIXES) and function.__module__ == module.__name__:
            yield f"{name}: begins like a hook, but is not marked with @hookimpl"


def _constant_faults(module: types.ModuleType) -> Iterator[str]:
    role = getattr(module, "role", None)
    if role is not None and role not in list(Role):
        yield f"role = {role!r}: must be 'cs' or 'cp'"
    versions = getattr(module, "versions", ())
    known = ", ".join(repr(version.value) for version in OcppVersion)
    if not isinstance(versions, tuple | list | set | frozenset) or not all(
        version in list(OcppVersion) for version in versions
    ):
        yield f"versions = {versions!r}: must be a tuple of {known}"
    if not isinstance(getattr(module, "autoload", True), bool):
        yield "autoload: must be True or False"
    if not isinstance(getattr(module, "SETTINGS", PluginSettings()), PluginSettings):
        yield "SETTINGS: must be ocppfw.PluginSettings(name=(default, help), ...)"


def _class_faults(module: types.ModuleType, owner: Any) -> Iterator[str]:
    """Hooks in classes, which nobody would call."""
    called = {getattr(function, "__func__", None) for function in vars(module).values()}
    for value in list(vars(owner).values()):
        if not inspect.isclass(value) or value.__module__ != module.__name__:
            continue
        for function in map(inspect.unwrap, vars(value).values()):
            if hasattr(function, f"{PROJECT}_impl") and function not in called:
                place = f"{function.__qualname__} (line {function.__code__.co_firstlineno})"
                yield f"{place}: must be a function of the module, not of a class, to be a hook"
        yield from _class_faults(module, value)


def _hook_faults(
    module: types.ModuleType, hook: str, function: Any, answer_hooks: AnswerHooks
) -> Iterator[str]:
    known = [*specs.FIXED_HOOKS, *answer_hooks]
    if hook not in known:
        yield f"{hook}: there is no such hook{did_you_mean(hook, known)}"
        return
    options = getattr(function, f"{PROJECT}_impl")
    if options.get("wrapper") or options.get("hookwrapper"):
        yield f"{hook}: hook wrappers are not supported; use tryfirst=True, or a changing hook"
    if hook in _AT_ONCE and inspect.iscoroutinefunction(function):
        yield f"{hook}: cannot be async, because its result is needed at once; {_AT_ONCE[hook]}"
    specification = getattr(specs, hook, specs.answer_hook)
    arguments = list(inspect.signature(specification).parameters)
    for argument in inspect.signature(function).parameters.values():
        if argument.name not in arguments:
            yield f"{hook}: has no argument {argument.name}; it has {', '.join(arguments)}"
        elif argument.kind is not argument.POSITIONAL_OR_KEYWORD:
            yield f"{hook}: the argument {argument.name} must be a plain one"
        elif argument.default is not argument.empty:
            # pluggy would never give it another value.
            yield f"{hook}: the argument {argument.name} must not have a default"
    yield from _of_the_other_role(module, hook)
    if hook in answer_hooks:
        yield from _of_other_versions(module, hook, answer_hooks[hook])


def _of_the_other_role(module: types.ModuleType, hook: str) -> Iterator[str]:
    role = getattr(module, "role", None)
    called_at = _ONLY_AT.get(hook, hook[:2] if hook.startswith(_ROLE_PREFIXES) else role)
    if role is not None and role != called_at:
        yield f"{hook}: would never be called, because role = {role!r}"


def _of_other_versions(
    module: types.ModuleType, hook: str, hook_versions: frozenset[OcppVersion]
) -> Iterator[str]:
    versions = getattr(module, "versions", OcppVersion)
    if not hook_versions.intersection(map(OcppVersion, versions)):
        yield f"{hook}: would never be called, because no version in {tuple(versions)} has it"
