"""State machines: the transitions of each are one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

State = TypeVar("State")
Event = TypeVar("Event")


class InvalidTransition(Exception):
    """An event that cannot happen in the present state."""


def next_state(table: Mapping[tuple[State, Event], State], state: State, event: Event) -> State:
    """The state after an event.

    Raises:
        InvalidTransition: the table does not have the event in this state.
    """
    try:
        return table[state, event]
    except KeyError:
        raise InvalidTransition(f"{event} cannot happen while {state}") from None
