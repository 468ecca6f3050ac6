"""Ports: how one is taken and given back."""

from __future__ import annotations

import errno
import socket
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, TimeoutError, maybeDeferred
from twisted.internet.error import CannotListenError

from ocppfw.errors import SettingsError
from ocppfw.transports.buffers import Buffers

LOOPBACK = "127.0.0.1"
_LISTEN_BACKLOG = 1024
#: By the fault what may help, and whether that is another port or another interface.
_WAYS_OUT: dict[int | None, tuple[str, bool]] = {
    errno.EADDRINUSE: ("; another port may be free, 0 takes any", True),
    errno.EACCES: ("; ports below 1024 may be for root only, 0 takes any that is free", True),
    errno.EADDRNOTAVAIL: ("; no interface of this machine has that address", False),
}


class ListeningService(Service):
    """Listens on a port as long as it runs.

    Args:
        buffers: all connections of the process.
        reactor: Twisted's reactor.
    """

    def __init__(self, buffers: Buffers, reactor: Any) -> None:
        self._buffers = buffers
        self._reactor = reactor
        self._port: Any = None
        self._site: Any = None

    #: the setting that chooses the port
    port_setting: str

    @property
    def place(self) -> tuple[str, int]:
        """Interface and port to listen on; port 0 stands for a free one."""
        raise NotImplementedError

    @property
    def port(self) -> int:
        """The port that we listen on; before that, the one that is wanted."""
        return self.place[1] if self._port is None else int(self._port.getHost().port)

    def listen(self) -> None:
        """Take the port, unless that is done.

        Raises:
            CannotListen: it cannot be had; the text says why.
        """
        if self._port is None:
            interface, port = self.place
            self._site = self._make_site()
            try:
                self._port = self._reactor.listenTCP(
                    port, self._site, backlog=_LISTEN_BACKLOG, interface=interface
                )
            except CannotListenError as error:
                raise self._cannot_listen(error.socketError) from None
            self._site.connections.count_on(self._port)

    def try_port(self) -> None:
        """Take the port and give it back: twistd goes to the background before it listens.

        Raises:
            CannotListen: it cannot be had; the text says why.
        """
        interface, port = self.place
        family = socket.AF_INET6 if ":" in interface else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((interface, port))
            except OSError as error:
                raise self._cannot_listen(error) from None

    def privilegedStartService(self) -> None:
        """Listen, while we still may use a low port."""
        self.listen()
        super().privilegedStartService()

    def _cannot_listen(self, error: OSError) -> CannotListen:
        interface, port = self.place
        hint, of_port = _WAYS_OUT.get(error.errno, ("", True))
        setting = self.port_setting if of_port else "interface"
        text = f"cannot listen on {interface} port {port}: {error.strerror or error}{hint}"
        return CannotListen(text, setting if hint else None)

    def _stop_listening(self) -> Deferred[Any]:
        return maybeDeferred(self._port.stopListening)

    def _make_site(self) -> Any:
        """What answers on the port."""
        raise NotImplementedError


def within(seconds: float, expected: Deferred[Any], reactor: Any) -> Deferred[Any]:
    """Wait for something, but not for ever."""
    expected.addTimeout(seconds, reactor)
    return expected.addErrback(lambda failure: failure.trap(TimeoutError) and None)


class CannotListen(SettingsError):
    """A port cannot be had.

    Attributes:
        setting: the one that may help, as far as is known.
    """

    def __init__(self, text: str, setting: str | None) -> None:
        super().__init__(text)
        self.setting = setting
