"""The line that sends an operation from the prompt."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from ocppfw.catalogue import Field, Operation
from ocppfw.versions import Role

_PLAIN = re.compile(r"[\w.:/+-]+")
_LONGEST = 40
_MOST = 4
# What the prompt knows better than any example: the present moment and the last transaction, of
# which a TransactionEvent has nothing else.
_REMEMBERED = ("transactionId",)
_ALL_REMEMBERED = ("TransactionEvent",)


def prompt_line(operation: Operation, asking: Role) -> str:
    """The command of an operation, with the fields that one would type.

    Args:
        operation: what is asked.
        asking: the role that sends it.
    """
    return " ".join([command_name(operation.action, asking), *_assignments(operation)])


def command_name(action: str, asking: Role) -> str:
    """Name of the command that sends an action.

    Those of a central system begin with ``remote_``; a Remote or Request of the action itself
    (RemoteStartTransaction, RequestStartTransaction) is then left out.
    """
    if asking is Role.CP:
        return action.lower()
    return "remote_" + re.sub(r"^(Remote|Request)(?=(Start|Stop)T)", "", action).lower()


def _assignments(operation: Operation) -> list[str]:
    if operation.action in _ALL_REMEMBERED:
        return []
    found = _of_members(operation.request.fields, operation.request.example(), "")
    return list(itertools.islice(found, _MOST))


def _of_members(fields: Iterable[Field], example: dict[str, Any], above: str) -> Iterator[str]:
    """Assignments to the required members of an object that have one value."""
    for field in fields:
        if not field.required or field.is_list or field.name in _REMEMBERED:
            continue
        value = example[field.name]
        if field.type == "object":
            yield from _of_members(field.fields, value, f"{above}{field.name}.")
        elif field.type not in ("dateTime", "any") and len(_typed(value)) <= _LONGEST:
            yield f"{above}{field.name}={_typed(value)}"


def _typed(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    return json.dumps(value)
