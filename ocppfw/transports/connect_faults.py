"""Why a connection could not be made, in words that say what to look at."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from OpenSSL import SSL
from twisted.internet.error import (
    ConnectError,
    ConnectionDone,
    ConnectionLost,
    ConnectionRefusedError,
    DNSLookupError,
    NoRouteError,
    TimeoutError,
)
from twisted.python.failure import Failure

from ocppfw.errors import ConnectFailed
from ocppfw.transports.tls import CertificateRefused

_UPGRADE_FAILED = re.compile(r"upgrade failed \[(\d+)\]")
#: What an HTTP status of a refusal says, for a human.
STATUS_HINTS = {
    401: "the server wants other credentials",
    403: "the server does not allow it",
    404: "the server does not know this path or identity",
    426: "the server wants another protocol version",
}


def explain(failure: Failure, url: str) -> str:
    """One sentence for a human.

    Args:
        failure: what ended the attempt.
        url: where the charge point wanted to connect to.
    """
    host = urlsplit(url).netloc.rpartition("@")[2]
    error = failure.value
    if isinstance(error, ConnectFailed):
        return _explain_handshake(str(error), host)
    if isinstance(error, DNSLookupError):
        return f"the host name of {host} cannot be resolved (DNS)"
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens on {host} (connection refused)"
    if isinstance(error, TimeoutError):
        return f"{host} does not answer (time-out)"
    if isinstance(error, NoRouteError):
        return f"there is no route to {host}"
    if isinstance(error, CertificateRefused):
        return f"TLS: the certificate of {host} {error}"
    if isinstance(error, SSL.Error):
        return f"TLS with {host} failed: {_tls_reason(error)}"
    if isinstance(error, ConnectionDone | ConnectionLost):
        return f"{host} closed the connection during the handshake"
    if isinstance(error, ConnectError):
        return f"cannot connect to {host}: {error}"
    return f"cannot connect to {host}: {type(error).__name__}: {error}"


def _explain_handshake(reason: str, host: str) -> str:
    found = _UPGRADE_FAILED.search(reason)
    if not found:
        return f"{host}: {reason}"
    status = int(found[1])
    hint = f": {STATUS_HINTS[status]}" if status in STATUS_HINTS else ""
    return f"{host} refused the connection with HTTP status {status}{hint}"


def _tls_reason(error: SSL.Error) -> str:
    """The last words of OpenSSL's error queue, such as "certificate verify failed"."""
    queue = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return ", ".join(str(entry[-1]) for entry in queue) or str(error) or "no reason given"
