"""How strictly an envelope is judged: the setting ``validation`` of whoever sent it."""

from __future__ import annotations

from typing import Any

from lxml import etree

from ocppfw.errors import OcppfwError, Violation, ViolationKind
from ocppfw.soap.services import BodyElement


class Leniency:
    """What becomes of what breaks the rules in an envelope.

    Args:
        validation: strict, report or off.

    Attributes:
        is_strict: True refuses it.
        repairs: True puts right what can be put right; False leaves it as it came.
        oddities: what was let pass and the payload alone does not show.
        of_body: those of them that are wrong with the body.
        left: the paths of those that could not be put right.
    """

    __slots__ = ("is_strict", "left", "oddities", "of_body", "repairs")

    def __init__(self, validation: str) -> None:
        self.is_strict = validation == "strict"
        self.repairs = validation == "report"
        # Most envelopes have none: a good one is not to pay for lists.
        self.oddities: tuple[Violation, ...] = ()
        self.of_body: tuple[Violation, ...] = ()
        self.left: tuple[str, ...] = ()

    def let_pass(self, oddity: Violation, refusal: OcppfwError) -> None:
        """Let something odd pass.

        Raises:
            OcppfwError: the refusal, where this is strict.
        """
        if self.is_strict:
            raise refusal
        self.oddities += (oddity,)

    def read(self, message: BodyElement, element: etree._Element, found: Violation) -> Any:
        """The payload of a body that does not obey the schema.

        Args:
            message: what the body should be.
            element: of the body.
            found: what is wrong with it.

        Raises:
            BodyInvalid: there is too much of it.
        """
        payload = message.read_leniently(element, self.repairs)
        # What is wrong with a payload is said by those who check payloads.
        if message.is_valid(payload):
            self.oddities += (found,)
            self.of_body += (found,)
            if not message.can_be_written(payload):
                self.left += (found.path,)
        return payload


#: Lets nothing pass.
STRICT = Leniency("strict")


def oddity(path: str, message: str) -> Violation:
    """Something odd about an envelope itself."""
    return Violation(ViolationKind.VALUE, path, message)
