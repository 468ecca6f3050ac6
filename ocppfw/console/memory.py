"""What the prompt remembers of the frames and envelopes that have passed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from ocppfw.interfaces import Envelope
from ocppfw.rpc.frames import Call, CallResult, Send, parse
from ocppfw.stations.trace import Trace

_KEY = "console"
_MOST_STARTS = 100


class Transactions:
    """The transactions between a central system and a charge point.

    Attributes:
        running: ids of those that run, the last started last.
        last: id of the one that was started last, None if there was none.
        events: how many events of it were sent (2.x).
    """

    def __init__(self) -> None:
        self.running: list[Any] = []
        self.last: Any = None
        self.events = 0
        self._starts: list[str] = []

    def note(self, message: Any) -> None:
        """Learn from a message."""
        if isinstance(message, Call) and isinstance(message.payload, dict):
            self._note_call(message.message_id, message.action, message.payload)
        elif isinstance(message, CallResult) and message.message_id in self._starts:
            self._starts.remove(message.message_id)
            if isinstance(message.payload, dict):
                self._start(message.payload.get("transactionId"))

    def _note_call(self, message_id: str, action: str, payload: dict[str, Any]) -> None:
        if action == "StartTransaction":
            self._starts = [*self._starts[-_MOST_STARTS:], message_id]
        elif action == "StopTransaction":
            self._stop(payload.get("transactionId"))
        elif action == "TransactionEvent":
            info = payload.get("transactionInfo")
            self._note_event(payload.get("eventType"), info if isinstance(info, dict) else {})

    def _note_event(self, kind: Any, info: dict[str, Any]) -> None:
        transaction = info.get("transactionId")
        if kind == "Ended":
            self._stop(transaction)
        elif transaction not in self.running:
            self._start(transaction)
        else:
            self.events += 1

    def _start(self, transaction: Any) -> None:
        if isinstance(transaction, (int, str)):
            self.last = transaction
            self.events = 1
            self.running.append(transaction)

    def _stop(self, transaction: Any) -> None:
        if transaction in self.running:
            self.running.remove(transaction)


def transactions_of(peer: Any) -> Transactions:
    """The transactions with a peer; they outlive a connection."""
    found: Transactions = peer.station.data[_KEY].setdefault(peer.identity, Transactions())
    return found


class Memory(Trace):
    """The trace of the prompt, which also remembers what has passed.

    Args:
        show: takes a line of the trace.
        show_secrets: True shows secrets, too.

    Attributes:
        shows: False to remember only.
    """

    def __init__(self, show: Callable[[str], None], show_secrets: bool) -> None:
        super().__init__(show, show_secrets)
        self.shows = True
        self._earlier: set[str] = set()  # actions that came while the last command ran
        self._now: set[str] = set()
        self._awaited: list[tuple[str, Deferred[None]]] = []

    def frame_received(self, peer: Any, text: str) -> None:
        """Show and remember a frame that came from a peer."""
        if self.shows:
            super().frame_received(peer, text)
        message = parse(text, peer.version)
        transactions_of(peer).note(message)
        if isinstance(message, Call | Send):
            self._heard(message.action)

    def frame_sent(self, peer: Any, text: str) -> None:
        """Show and remember a frame that goes to a peer."""
        if self.shows:
            super().frame_sent(peer, text)
        transactions_of(peer).note(parse(text, peer.version))

    def envelope_received(self, peer: Any, envelope: Envelope) -> None:
        """Show and remember an envelope that came from a peer."""
        if self.shows:
            super().envelope_received(peer, envelope)
        transactions_of(peer).note(envelope.message)
        if isinstance(envelope.message, Call):
            self._heard(envelope.action)

    def envelope_sent(self, peer: Any, envelope: Envelope) -> None:
        """Show and remember an envelope that goes to a peer."""
        if self.shows:
            super().envelope_sent(peer, envelope)
        transactions_of(peer).note(envelope.message)

    def next_command(self) -> None:
        """A command begins; what came before the one that has just ended is forgotten."""
        self._earlier, self._now = self._now, set()

    def wait_for(self, action: str) -> Deferred[None]:
        """Fires when one of our stations is asked for an action.

        What came since the last command began counts, so that nothing slips through between
        the two commands of a script.
        """
        arrived: Deferred[None] = Deferred(lambda _: self._awaited.remove(entry))
        entry = (action, arrived)
        if action in self._earlier | self._now:
            arrived.callback(None)
        else:
            self._awaited.append(entry)
        return arrived

    def _heard(self, action: str) -> None:
        self._now.add(action)
        due = [entry for entry in self._awaited if entry[0] == action]
        for entry in due:
            self._awaited.remove(entry)
            entry[1].callback(None)
