"""Why a post has no answer, in words that say what to look at."""

from __future__ import annotations

from collections.abc import Mapping

from OpenSSL import SSL
from twisted.internet.error import ConnectError, ConnectionClosed, DNSLookupError
from twisted.python.failure import Failure
from twisted.web.client import RequestTransmissionFailed, ResponseFailed

from ocppfw.errors import CallFailed, NotConnected, OcppfwError
from ocppfw.transports.connect_faults import explain
from ocppfw.transports.http.compression import BodyRefused
from ocppfw.transports.http_answers import Asked, explain_status
from ocppfw.transports.soap.client import HttpAnswer
from ocppfw.transports.tls import CertificateRefused
from ocppfw.urls import shown_url
from ocppfw.versions import Role

_UNREACHABLE = (ConnectError, ConnectionClosed, DNSLookupError, SSL.Error, CertificateRefused)
_WRAPPERS = (RequestTransmissionFailed, ResponseFailed)


def explained(failure: Failure, url: str) -> OcppfwError | None:
    """What the failure of a post is for whoever called; None if it is none of HTTP's.

    Args:
        failure: that of ``SoapClient.post``.
        url: where it was posted to.
    """
    cause = _cause(failure)
    if cause.check(BodyRefused):
        return CallFailed("GenericError", str(cause.value))
    if is_unreachable(failure):
        return NotConnected(_reason(cause, url))
    if failure.check(*_WRAPPERS):
        return CallFailed("GenericError", "the answer is not HTTP")
    if failure.check(ValueError):  # so Twisted says that it does not take an address
        return NotConnected(f"cannot use {shown_url(url)}: {failure.value}")
    return None


def status_words(answer: HttpAnswer, url: str, headers: Mapping[str, str], role: Role) -> str:
    """What the status of an answer says, if it is no good one; else nothing.

    Args:
        answer: what came back.
        url: where was posted to.
        headers: the further headers of the post.
        role: who has posted.
    """
    if answer.status < 300:
        return ""
    by_charge_point = role is Role.CP
    asked = Asked.by_charge_point(url, headers) if by_charge_point else Asked.by_central_system(url)
    return explain_status(answer.status, answer.headers, answer.body, asked)


def is_unreachable(failure: Failure) -> bool:
    """True for the failure of a post that nobody has answered."""
    return _cause(failure).check(*_UNREACHABLE) is not None


def _cause(failure: Failure) -> Failure:
    """What lies under the wrappers of Twisted's HTTP client."""
    while reasons := getattr(failure.value, "reasons", None):
        failure = reasons[0]
    return failure


def _reason(failure: Failure, url: str) -> str:
    shown = shown_url(url)
    if failure.check(ConnectionClosed):
        return f"{shown} closed the connection without an answer"
    return f"cannot reach {shown}: {explain(failure, url)}"
