"""Requests that follow each other on one HTTP connection, taken in turn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twisted.internet.interfaces import IAddress, IHalfCloseableProtocol
from twisted.web.http import HTTPChannel
from twisted.web.http_headers import Headers
from zope.interface import implementer

from ocppfw.transports.http.requests import wants_websocket


@implementer(IHalfCloseableProtocol)
class TurnTakingChannel(HTTPChannel):
    """A connection on which a request is taken when the answer before it is out.

    Out is what the operating system has taken: Twisted's channel answers all requests that have
    come, and keeps the answers, so that who sends requests and does not read fills the memory.

    Attributes:
        answering: True from the last byte of a request until its answer is written.
    """

    transport: Any
    site: Any
    answering = False
    _sends_no_more = False
    _peer: IAddress | None = None
    _host: IAddress | None = None

    def __init__(self) -> None:
        super().__init__()
        self._answer: list[bytes] = []  # the pieces of it that were written so far

    def getPeer(self) -> IAddress:
        """The address of the other side, which Twisted wants to know with each request."""
        if self._peer is None:
            self._peer = super().getPeer()
        return self._peer

    def getHost(self) -> IAddress:
        """Our address, of which the system is asked only once."""
        if self._host is None:
            self._host = super().getHost()
        return self._host

    def dataReceived(self, data: bytes) -> None:
        """A piece of a request; one that must wait is the last that is read for now."""
        if self.paused:
            self._networkProducer.pauseProducing()
        super().dataReceived(data)

    def allContentReceived(self) -> None:
        """A request is there."""
        self.answering = True
        super().allContentReceived()

    def writeHeaders(self, version: bytes, code: bytes, reason: bytes, headers: Headers) -> None:
        """The head of an answer, which goes out together with the body."""
        self._answer += (version, b" ", code, b" ", reason, b"\r\n")
        for name, values in headers.getAllRawHeaders():
            for value in values:
                self._answer += (name, b": ", value, b"\r\n")
        self._answer.append(b"\r\n")

    def write(self, data: bytes) -> None:
        """A piece of an answer."""
        self._answer.append(data)

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Some pieces of an answer."""
        self._answer += iovec

    def requestDone(self, request: Any) -> None:
        """It was answered: as a pull producer we are told when all of that is out."""
        self.answering = False
        self._send_answer()
        if self.persistent:
            self.transport.unregisterProducer()
            self.transport.registerProducer(self, False)  # which calls resumeProducing()
            self.paused = True  # what has come stays where it is
        super().requestDone(request)
        if self.paused and self._buffer:
            self._networkProducer.pauseProducing()  # there is enough to do

    def resumeProducing(self) -> None:
        """What we have written is out."""
        super().resumeProducing()
        if self.paused:
            self.paused = False
            self.transport.unregisterProducer()
            self.transport.registerProducer(self, True)
            self._take_next()

    def loseConnection(self) -> None:
        """Hang up when all is out, which must be in time."""
        self._send_answer()
        super().loseConnection()
        self.setTimeout(self.timeOut)

    def timeoutConnection(self) -> None:
        """Nothing has come for some time, or what we have written was not read."""
        if self.paused or self.transport.disconnecting:
            self.site.note_cut(
                self.transport.getPeer().host, f"it has not read an answer for {self.timeOut:g} s"
            )
            self.transport.abortConnection()
        else:
            self.loseConnection()  # between two requests there is nothing to be said

    def readConnectionLost(self) -> None:
        """The client sends no more; what it has asked for is answered all the same."""
        self._sends_no_more = True
        # A WebSocket is of no use to who sends no more.
        asked = self.answering and not wants_websocket(self.requests[0])
        if not asked and not (self.paused and self._buffer):
            self.loseConnection()

    def writeConnectionLost(self) -> None:
        """We send no more."""

    # Private.

    def _send_answer(self) -> None:
        """Hand over what was written in one piece, which Twisted looks at only once."""
        answer = b"".join(self._answer)
        self._answer = []
        self.transport.write(answer)

    def _take_next(self) -> None:
        if waiting := self.clearLineBuffer():
            self.dataReceived(waiting)
        if self._sends_no_more and not (self.answering or self.paused):
            self.loseConnection()
