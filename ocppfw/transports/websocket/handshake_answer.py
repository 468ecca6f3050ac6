"""What a server has answered to a charge point's handshake, as far as it has come."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from socket import socket
from typing import Any, cast

from ocppfw.text import escape_controls
from ocppfw.transports.http_answers import TLS_RECORDS, Asked, explain_status

_LIMIT = 1 << 16  # bytes of an answer that are waited for
_END_OF_HEAD = b"\r\n\r\n"
_BEGINNING = b"HTTP/"
_LONGEST_SHOWN = 60  # bytes of what is not HTTP


@dataclass(frozen=True, slots=True)
class HandshakeAnswer:
    """The bytes that a server has sent.

    Attributes:
        data: all of them.
        status: the HTTP status; None while there is no whole head, or none that can be read.
        headers: by lower-case name.
        body: what there is of it.
        complete: True if nothing is worth waiting for.
    """

    data: bytes
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    complete: bool = True

    def explain(self, asked: Asked) -> str:
        """Why there is no connection; words that follow the name of the server."""
        if self.status is not None:
            verb = "refused the connection" if self.status >= 400 else "answered"
            hint = explain_status(self.status, self.headers, self.body, asked)
            return f"{verb} with HTTP status {self.status}" + (f": {hint}" if hint else "")
        if not self.data:
            tls = f", as one for TLS does; its URL begins with {asked.secure_scheme}://"
            return "closed the connection without an answer" + (tls if asked.secure_scheme else "")
        if self.data.startswith(TLS_RECORDS):
            return f"speaks TLS: the URL must begin with {asked.secure_scheme or 'wss'}://"
        if self.data.startswith(_BEGINNING) and _END_OF_HEAD not in self.data:
            too_long = f"sends a head of more than {_LIMIT} bytes"
            return too_long if self.complete else "closed the connection in the middle of its head"
        return f"does not speak HTTP: it sent {_shown(self.data)}"


def read_answer(data: bytes) -> HandshakeAnswer:
    """Read what has come so far."""
    if not data.startswith(_BEGINNING[: len(data)]):
        return HandshakeAnswer(data)
    if _END_OF_HEAD not in data:
        return HandshakeAnswer(data, complete=len(data) > _LIMIT)
    response = http.client.HTTPResponse(cast(socket, _Received(data)))
    try:
        response.begin()
    except http.client.HTTPException:
        return HandshakeAnswer(data)
    headers = {name.lower(): value for name, value in response.getheaders()}
    body, complete = _body_of(response)
    return HandshakeAnswer(data, response.status, headers, body, complete or len(data) > _LIMIT)


def _body_of(response: http.client.HTTPResponse) -> tuple[bytes, bool]:
    """What there is of a body, and whether that is all."""
    has_end = response.chunked or response.length is not None
    try:
        return response.read(), has_end
    except http.client.IncompleteRead as cut:
        return cut.partial, False


def _shown(data: bytes) -> str:
    cut = data[:_LONGEST_SHOWN].decode(errors="replace")
    more = "…" if len(data) > _LONGEST_SHOWN else ""
    return f"`{escape_controls(cut)}{more}'"


class _Received:
    """Instead of a socket, of which http.client only wants a file to read from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, *_: Any) -> BytesIO:
        """A file to read from."""
        return BytesIO(self._data)
