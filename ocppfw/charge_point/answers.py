"""Answers that may be odd."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ocppfw.errors import PayloadInvalid, Violation, ViolationKind


@contextlib.contextmanager
def reading_answer(action: str, answer: Any) -> Iterator[None]:
    """A block that takes from an answer what it needs.

    Where ``validation`` is not strict, an answer may lack what its schema requires, or be no
    object at all.

    Args:
        action: the action of our call.
        answer: its answer.

    Raises:
        PayloadInvalid: the block has not found what it needs.
    """
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        violation = Violation(ViolationKind.OCCURRENCE, "", "lacks what is needed of it")
        raise PayloadInvalid(action, [violation], answer) from error
