"""Random mutations of valid frames, the same for the same seed."""

import copy
import json
import random
import re
from typing import Any

from ocppfw.catalogue import load_catalogue
from ocppfw.versions import OcppVersion, Role

_ODD_VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    2**31,
    -(2**63),
    2**64,
    10**300,
    1e308,
    "",
    " ",
    "x" * 10_000,
    "\x00\x1b[31m\r\n",
    "\u2028\u202e\ufeff",
    "\N{AUTOMOBILE}" * 300,
    "2026-13-45T99:99:99Z",
    "__class__",
    "{0} %s %n {peer}",
    [],
    {},
    [[]],
    [{}] * 50,
    {"": ""},
    {"a": {"a": {"a": []}}},
]
_ODD_IDS: list[Any] = [None, 0, "", [], {}, "x" * 36, "x" * 37, "x" * 255, "x" * 256, "-1", "ö\x00"]


def seeds(version: str, role: str, without: tuple[str, ...] = ()) -> list[tuple[str, Any]]:
    """A valid call of every action that a station of this role answers."""
    answered = load_catalogue(OcppVersion(version)).answered_by(Role(role))
    return [
        (action, operation.request.example())
        for action, operation in sorted(answered.items())
        if operation.response is not None and action not in without
    ]


class Mutator:
    """Makes frames out of valid ones.

    Args:
        seed: the same seed makes the same frames.
        seeds: valid calls, as action and payload.
    """

    def __init__(self, seed: Any, seeds: list[tuple[str, Any]]) -> None:
        self._random = random.Random(seed)
        self._seeds = seeds
        self._count = 0

    def frame(self) -> bytes:
        """The next frame: mutated as JSON, as text or as bytes, up to four times."""
        self._count += 1
        action, payload = self._random.choice(self._seeds)
        message = [2, f"fuzz-{self._count}", action, copy.deepcopy(payload)]
        for _ in range(self._random.choice((0, 1, 1, 1, 2, 3))):
            mutated = self._random.choice(self._structural)(self, message)
            message = json.loads(json.dumps(mutated))  # so that no part is in two places
        text = json.dumps(message, ensure_ascii=self._random.random() < 0.5)
        if self._random.random() < 0.25:
            text = self._random.choice(self._textual)(self, text)
        data = text.encode("utf-8", "surrogatepass")
        if self._random.random() < 0.2:
            data = self._random.choice(self._binary)(self, data)
        return data

    # Of the JSON value.

    def _places(self, value: Any) -> list[tuple[Any, Any]]:
        """Every container in a value, with each of its keys or indices."""
        keys = value if isinstance(value, dict) else range(len(value))
        found = [(value, key) for key in keys]
        for key in keys:
            if isinstance(value[key], dict | list):
                found += self._places(value[key])
        return found

    def _place(self, message: Any) -> tuple[Any, Any]:
        places = self._places(message)
        return self._random.choice(places) if places else ([None], 0)

    def _swap_type(self, message: Any) -> Any:
        holder, key = self._place(message)
        value = holder[key]
        swapped = [str(value), [value], {"value": value}, len(str(value)), value is None]
        holder[key] = self._random.choice(swapped)
        return message

    def _odd_value(self, message: Any) -> Any:
        holder, key = self._place(message)
        holder[key] = copy.deepcopy(self._random.choice(_ODD_VALUES))
        return message

    def _remove(self, message: Any) -> Any:
        holder, key = self._place(message)
        del holder[key]
        return message

    def _insert(self, message: Any) -> Any:
        holder, key = self._place(message)
        value = copy.deepcopy(self._random.choice(_ODD_VALUES))
        if isinstance(holder, dict):
            holder[self._random.choice(["surplus", "", "idTag", "customData", "\x00"])] = value
        else:
            holder.insert(key, value)
        return message

    def _repeat(self, message: Any) -> Any:
        holder, key = self._place(message)
        if isinstance(holder, list):
            holder[key:key] = [holder[key]] * self._random.choice((1, 2, 100))
        else:
            holder[key] = [holder[key]] * 3
        return message

    def _odd_id(self, message: Any) -> Any:
        if len(message) > 1:
            message[1] = copy.deepcopy(self._random.choice(_ODD_IDS))
        return message

    def _odd_kind(self, message: Any) -> Any:
        if message:
            message[0] = self._random.choice([3, 4, 5, 6, 0, -2, 9, "2", None, 2.5, [2], 10**30])
        return message

    def _nest(self, message: Any) -> Any:
        holder, key = self._place(message)
        for _ in range(self._random.choice((2, 20, 200))):
            holder[key] = [holder[key]] if self._random.random() < 0.5 else {"a": holder[key]}
        return message

    _structural = (
        _swap_type,
        _odd_value,
        _odd_value,
        _remove,
        _remove,
        _insert,
        _insert,
        _repeat,
        _odd_id,
        _odd_kind,
        _nest,
    )

    # Of the text.

    def _truncate(self, text: str) -> str:
        return text[: self._random.randrange(len(text) + 1)]

    def _double(self, text: str) -> str:
        start, end = sorted(self._random.choices(range(len(text) + 1), k=2))
        return text[:end] + text[start:end] + text[end:]

    def _swap_characters(self, text: str) -> str:
        start, end = sorted(self._random.choices(range(len(text) + 1), k=2))
        return text[:start] + text[start:end][::-1] + text[end:]

    def _replace_character(self, text: str) -> str:
        place = self._random.randrange(len(text) + 1)
        character = self._random.choice(['"', "\\", "{", "}", "[", "]", ",", ":", "\x00", "ß", "9"])
        return text[:place] + character + text[place + 1 :]

    def _rename(self, text: str) -> str:
        word = self._random.choice(re.findall(r'"(\w+)"', text) or ["x"])
        return text.replace(word, self._random.choice([word.upper(), word[1:], word * 2, "ü"]))

    _textual = (_truncate, _double, _swap_characters, _replace_character, _rename)

    # Of the bytes.

    def _flip(self, data: bytes) -> bytes:
        flipped = bytearray(data)
        for _ in range(self._random.choice((1, 1, 5))):
            if flipped:
                flipped[self._random.randrange(len(flipped))] ^= 1 << self._random.randrange(8)
        return bytes(flipped)

    def _random_bytes(self, data: bytes) -> bytes:
        place = self._random.randrange(len(data) + 1)
        return data[:place] + self._random.randbytes(self._random.choice((1, 4, 50))) + data[place:]

    def _cut(self, data: bytes) -> bytes:
        place = self._random.randrange(len(data) + 1)
        return data[:place] + data[place + self._random.choice((1, 3, 20)) :]

    _binary = (_flip, _flip, _random_bytes, _cut)


def id_to_answer(data: bytes) -> str | None:
    """The id under which a frame must be answered; None if it need not be answered.

    That is: JSON, an array of four that begins with 2, and an id that an answer can carry.
    """
    try:
        message = json.loads(
            data.decode(), parse_constant=_refuse, parse_float=_finite, parse_int=_whole
        )
        json.dumps(message, ensure_ascii=False).encode()  # has no half of a surrogate pair
    except (ValueError, RecursionError):
        return None
    if type(message) is not list or len(message) != 4 or type(message[0]) is not int:
        return None
    _, message_id, _, _ = message
    usable = type(message_id) is str and 0 < len(message_id) <= 255
    return message_id if message[0] == 2 and usable else None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _whole(digits: str) -> int:
    _finite(digits)
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("beyond what JSON numbers are good for (RFC 8259 section 6)")
    return number
