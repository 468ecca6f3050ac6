"""Why a connection could not be made, in words that say what to look at."""

from __future__ import annotations

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

_PLAIN = {"wss": "ws", "https": "http"}
# What OpenSSL says to bytes that are no TLS.
_NOT_TLS = ("wrong version number", "packet length too long", "http request")


def explain(failure: Failure, url: str) -> str:
    """One sentence for a human.

    Args:
        failure: what ended the attempt.
        url: where the charge point wanted to connect to.
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    error = failure.value
    if isinstance(error, ConnectFailed):
        return f"{host} {error}"
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
        return _explain_tls(error, host, parts.scheme)
    if isinstance(error, ConnectionDone | ConnectionLost):
        return f"{host} closed the connection during the handshake"
    if isinstance(error, ConnectError):
        return f"cannot connect to {host}: {error}"
    return f"cannot connect to {host}: {type(error).__name__}: {error}"


def no_tls_answer(url: str) -> str:
    """What is said of a server that hangs up during the handshake of TLS; follows its name."""
    plain = _PLAIN[urlsplit(url).scheme]
    return f"closed the connection during the handshake of TLS; without TLS the URL begins with {plain}://"


def _explain_tls(error: SSL.Error, host: str, scheme: str) -> str:
    # The last words of each entry of OpenSSL's error queue.
    queue = error.args[0] if error.args and isinstance(error.args[0], list) else []
    reasons = [str(entry[-1]) for entry in queue]
    if any(reason in _NOT_TLS for reason in reasons):
        return f"{host} does not speak TLS: the URL must begin with {_PLAIN[scheme]}://"
    return f"TLS with {host} failed: {', '.join(reasons) or str(error) or 'no reason given'}"
