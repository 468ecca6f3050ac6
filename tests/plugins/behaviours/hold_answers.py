"""Holds back the answers to calls until they are released."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from ocppfw import hookimpl

autoload = False

_held: list[Deferred[None]] = []


@hookimpl
def change_sent_frame(text: str) -> Deferred[None] | None:
    if not text.startswith("[3"):
        return None
    _held.append(Deferred())
    return _held[-1]


def release() -> None:
    for held in _held:
        held.callback(None)
    _held.clear()
