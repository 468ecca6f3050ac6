"""Where the code of plugins is, for the log: ``FILE:LINE``.

Each plugin is run, with its helper files, in a package of its own (see ``importing``). What lies in
such a package is a plugin's code.
"""

from __future__ import annotations

import inspect
import sys
import traceback
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any

from twisted.python.failure import Failure

from ocppfw.errors import OcppfwError
from ocppfw.marker import PROJECT

#: How the names of the packages of plugins begin.
PREFIX = f"_{PROJECT}_plugin_"
_NEAR = 6  # frames between a plugin's code and ours that it has called


def root_of(module: str) -> str:
    """Name of the package that a module lies in."""
    return module.partition(".")[0]


def package_of(frame: FrameType) -> str:
    """Name of the package of the module whose code runs in a frame."""
    return root_of(frame.f_globals.get("__name__", ""))


def is_of_plugin(frame: FrameType) -> bool:
    """True if the code that runs in a frame is a plugin's."""
    name: str = frame.f_globals.get("__name__", "")
    return name.startswith(PREFIX)


def place_of(error: BaseException | Failure) -> str:
    """Where a fault comes from.

    Returns:
        The innermost code of a plugin that the fault went through; where it went through none,
        the one that has asked for what has failed; else an empty text.
    """
    failure = error if isinstance(error, Failure) else Failure(error)
    fault = failure.value
    assert fault is not None
    if isinstance(fault, SyntaxError) and fault.filename and Path(fault.filename).is_file():
        return f"{fault.filename}:{fault.lineno}"
    passed = [f"{file}:{line}" for file, line in _passed(failure, fault.__traceback__)]
    return passed[-1] if passed else getattr(fault, _ASKED_IN, "")


def place_of_code(function: Any) -> str:
    """Where a function, or the code of a coroutine, is written; empty where Python cannot tell."""
    function = inspect.unwrap(function) if callable(function) else function
    code = getattr(function, "cr_code", getattr(function, "__code__", None))
    return f"{code.co_filename}:{code.co_firstlineno}" if code else ""


def what_is_wrong(error: BaseException) -> str:
    """An error in one line."""
    if isinstance(error, SyntaxError):
        return error.msg
    text = str(error) if isinstance(error, OcppfwError) else f"{type(error).__name__}: {error}"
    return text.replace("\n", " ")


# Nobody may wait for what a plugin has asked for: then no traceback tells who that was.

#: Code of a plugin, and the line that runs.
CallSite = tuple[CodeType, int]
_ASKED_IN = "_ocppfw_asked_in"


def call_site() -> CallSite | None:
    """The code of a plugin that has just called ours, None if none has."""
    frame = sys._getframe(1)
    for _ in range(_NEAR):
        if is_of_plugin(frame):
            return frame.f_code, frame.f_lineno
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return None


def blame(failure: Failure, site: CallSite | None) -> Failure:
    """An errback that lets ``place_of`` find who has asked for what has failed."""
    if site is not None:
        code, line = site
        setattr(failure.value, _ASKED_IN, f"{code.co_filename}:{line}")
    return failure


def _passed(failure: Failure, trace: TracebackType | None) -> list[tuple[str, int]]:
    """Files and lines of plugins that a fault went through, the innermost last."""
    if trace is not None:
        steps = traceback.walk_tb(trace)
        return [(f.f_code.co_filename, line) for f, line in steps if is_of_plugin(f)]
    # What went through a Deferred has no frames any more, only their names.
    files = _files_of_plugins()
    return [(file, line) for _, file, line, *_ in failure.frames if file in files]


def _files_of_plugins() -> set[str | None]:
    modules = [module for name, module in list(sys.modules.items()) if name.startswith(PREFIX)]
    return {getattr(module, "__file__", None) for module in modules}
