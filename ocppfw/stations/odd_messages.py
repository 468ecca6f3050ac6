"""Messages of peers that break their schema: refused, or repaired and reported, or let pass.

Which, says the setting ``validation`` of the peer. Each kind is logged once for an identity and
counted from then on; the trace is marked every time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from twisted.logger import Logger

from ocppfw.catalogue import PayloadSchema
from ocppfw.errors import PayloadInvalid, Violation, ViolationKind
from ocppfw.interfaces import Peer, Taps
from ocppfw.rpc.frames import Call, Send
from ocppfw.settings import VALIDATION_HINT
from ocppfw.stations.tally import Kind, Tally

_MOST_NAMED = 10  # faults in one line


class OddMessages:
    """What becomes of the messages of a station's peers that break their schema.

    Args:
        label: how the station is called in logs.
        taps: the trace is among them.
    """

    log = Logger()

    def __init__(self, label: str, taps: Taps) -> None:
        self._label = label
        self._taps = taps
        self._tally = Tally()

    def take(
        self, peer: Peer, message: Call | Send, schema: PayloadSchema, payload: Any, subject: str
    ) -> Any:
        """What is handed over in place of a payload that breaks its schema.

        Args:
            peer: who has sent it.
            message: the peer's call, or ours that it answers; learns of the violations.
            schema: what the payload breaks.
            payload: as it came.
            subject: what it is the payload of, for the log.

        Returns:
            The payload itself where ``validation`` is off, a repaired copy where it is report.

        Raises:
            PayloadInvalid: nothing is handed over, because ``validation`` is strict.
        """
        mode = peer.settings.validation
        if mode == "off":
            return payload
        violations = schema.check(payload)
        if mode == "strict":
            self.refuse(peer, subject, violations)
            raise PayloadInvalid(message.action, violations, payload)
        repaired = schema.repaired(payload)
        message.violations = violations
        found = () if schema.is_valid(repaired) else schema.check(repaired)
        left = {violation.path for violation in found}
        missing = {each.path for each in found if each.kind is ViolationKind.OCCURRENCE}
        missing -= {each.path for each in violations if each.kind is ViolationKind.OCCURRENCE}
        self.report(peer, subject, violations, left, missing)
        return repaired

    def report(
        self,
        peer: Peer,
        subject: str,
        violations: Sequence[Violation],
        left: Collection[str],
        absent: Collection[str] = (),
    ) -> None:
        """Say what was wrong with a message that is handed over all the same.

        Args:
            peer: who has sent it.
            subject: the message.
            violations: what was wrong.
            left: the paths where something still is.
            absent: the paths of what was null, and may not be left out.
        """

        def done(violation: Violation) -> str:
            if violation.path in absent:
                return "taken as absent"
            return "left as it is" if violation.path in left else "repaired"

        found = _kinds(subject, violations, done)
        said = {kind: f"{violation} ({kind.done})" for kind, violation in found.items()}
        self._taps.mark(peer, f"{subject} is odd: {_listed(said.values())}")
        if new := self._tally.count(peer.identity, said):
            self._warn(peer, f"{subject} is odd: {_listed(said[kind] for kind in new)}")

    def refuse(self, peer: Peer, subject: str, violations: Sequence[Violation]) -> None:
        """Say what is wrong with a message that strict refuses, and what would let it pass.

        Args:
            peer: who has sent it.
            subject: the message.
            violations: what is wrong.
        """
        found = _kinds(subject, violations, lambda _: "refused")
        if new := self._tally.count(peer.identity, found):
            faults = _listed(str(found[kind]) for kind in new)
            self._warn(peer, f"{subject} was refused: {faults} {VALIDATION_HINT}")

    def summary_of(self, peer: Peer) -> str:
        """What was wrong with the messages of a peer, and how often; empty if nothing was."""
        return self._tally.summary_of(peer.identity)

    def connection_lost(self, peer: Peer) -> None:
        """Say what was only counted so far."""
        if news := self._tally.news_of(peer.identity):
            self._warn(peer, f"odd messages so far: {news}")

    # Private.

    def _warn(self, peer: Peer, text: str) -> None:
        self.log.warn("{station}: {peer}: {text}", station=self._label, peer=peer, text=text)


def _kinds(
    subject: str, violations: Iterable[Violation], done: Callable[[Violation], str]
) -> dict[Kind, Violation]:
    """The kinds of fault in one message, each with the first example; one fault at a place."""
    by_path: dict[str, Violation] = {}
    for violation in violations:
        by_path.setdefault(violation.path, violation)
    found: dict[Kind, Violation] = {}
    for violation in by_path.values():
        found.setdefault(Kind.of(subject, violation, done(violation)), violation)
    return found


def _listed(parts: Iterable[str]) -> str:
    texts = list(parts)
    further = len(texts) - _MOST_NAMED
    return "; ".join([*texts[:_MOST_NAMED], *([f"and {further} more"] if further > 0 else [])])
