"""The envelope of a request, as it came, and how its answer goes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from ocppfw.soap import decoded
from ocppfw.transports.http.requests import Reply

#: Takes an answer, or None for no answer at all; tells whether somebody was there.
AnswerSender = Callable[[Reply | None], bool]


@dataclass
class Received:
    """The envelope of a request, as it came.

    Attributes:
        data: its bytes.
        charset: that of Content-Type, in small letters; None where it names none.
    """

    data: bytes
    charset: str | None

    @cached_property
    def text(self) -> str:
        """The same for who looks at it; what its encoding does not know is replaced."""
        return decoded(self.data, self.charset)
