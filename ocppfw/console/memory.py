"""What the prompt remembers of the frames and envelopes that have passed."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred

from ocppfw.interfaces import Envelope, Peer
from ocppfw.rpc.frames import Call, Send, parse
from ocppfw.service.transactions import transactions_of
from ocppfw.stations.trace import Trace


class Memory(Trace):
    """The trace of the prompt, which also remembers what has passed.

    Args:
        show: takes a line of the trace.
        show_secrets: True shows secrets, too.
    """

    def __init__(self, show: Callable[[str], None], show_secrets: bool) -> None:
        super().__init__(show, show_secrets)
        self._earlier: set[str] = set()  # actions that came while the last command ran
        self._now: set[str] = set()
        self._awaited: list[tuple[str, Deferred[None]]] = []

    @property
    def active(self) -> bool:
        """True: what is not shown is remembered all the same."""
        return True

    def frame_received(self, peer: Peer, text: str) -> None:
        """Show and remember a frame that came from a peer."""
        super().frame_received(peer, text)
        message = parse(text, peer.version)
        transactions_of(peer).note(message)
        if isinstance(message, Call | Send):
            self._heard(message.action)

    def frame_sent(self, peer: Peer, text: str) -> None:
        """Show and remember a frame that goes to a peer."""
        super().frame_sent(peer, text)
        transactions_of(peer).note(parse(text, peer.version))

    def envelope_received(self, peer: Peer, envelope: Envelope) -> None:
        """Show and remember an envelope that came from a peer."""
        super().envelope_received(peer, envelope)
        transactions_of(peer).note(envelope.message)
        if isinstance(envelope.message, Call):
            self._heard(envelope.action)

    def envelope_sent(self, peer: Peer, envelope: Envelope) -> None:
        """Show and remember an envelope that goes to a peer."""
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
