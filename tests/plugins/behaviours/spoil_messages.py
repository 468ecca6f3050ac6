"""Empties every message once it is on the wire, as an observer may not, but can."""

from __future__ import annotations

from typing import Any

from ocppfw import hookimpl

autoload = False


@hookimpl
def call_answered(call: Any, answer: Any) -> None:
    """What was asked, and what was answered."""
    _empty(call.payload)
    _empty(getattr(answer, "payload", None))


@hookimpl
def call_sent(call: Any) -> None:
    """What we have asked."""
    _empty(call.payload)


def _empty(node: Any) -> None:
    if isinstance(node, dict):
        inner = list(node.values())
    elif isinstance(node, list):
        inner = list(node)
    else:
        return
    for each in inner:
        _empty(each)
    node.clear()
