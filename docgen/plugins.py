"""The plugin that answers an operation with its example."""

from __future__ import annotations

import json
from typing import Any

from ocppfw.catalogue import Operation
from ocppfw.versions import Role

_HEAD = """\
from ocppfw import hookimpl

versions = ("{version}",)


@hookimpl
def {hook}"""
_WIDTH = 88


def plugin_source(operation: Operation, role: Role) -> str:
    """A whole plugin.

    Args:
        operation: what it answers.
        role: the side that answers.
    """
    head = _HEAD.format(version=operation.version, hook=operation.hook_name(role))
    if operation.response is None:
        # Nothing is answered to a SEND (2.1 part 4, section 4.2.4).
        return f"{head}(payload):\n    print(payload)\n"
    return f"{head}():\n    return {python_literal(operation.response.example(), 4)}\n"


def python_literal(value: Any, indent: int) -> str:
    """A JSON value as Python source: on one line if it fits, else a line for each member.

    Args:
        value: the value.
        indent: how far the line is indented that it ends up in.
    """
    if isinstance(value, dict):
        parts = [f"{json.dumps(k)}: {python_literal(v, indent + 4)}" for k, v in value.items()]
        opening, closing = "{}"
    elif isinstance(value, list):
        parts = [python_literal(item, indent + 4) for item in value]
        opening, closing = "[]"
    else:
        return json.dumps(value) if isinstance(value, str) else repr(value)
    line = f"{opening}{', '.join(parts)}{closing}"
    if indent + len(line) <= _WIDTH and "\n" not in line:
        return line
    inner = "\n" + " " * (indent + 4)
    return f"{opening}{inner}{f',{inner}'.join(parts)},\n{' ' * indent}{closing}"
