"""TLS as a client: whether the server is the one that we wanted.

Twisted's own check of the host name lets everybody pass where it cannot check: when a certificate
has no subjectAltName, only one that names no host (e-mail), or a bad one (``DNS:*``).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from OpenSSL import SSL
from service_identity import VerificationError
from service_identity.cryptography import (
    extract_patterns,
    verify_certificate_hostname,
    verify_certificate_ip_address,
)
from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import optionsForClientTLS
from twisted.python.failure import Failure
from zope.interface import implementer

from ocppfw.urls import ascii_host

_MODE = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
_UNKNOWN_AUTHORITY = (
    "is not signed by an authority that this machine trusts; the environment variable"
    " SSL_CERT_FILE may name a file with the certificates of others"
)
# X509_V_ERR_... of OpenSSL's x509_vfy.h, for which pyOpenSSL has no words.
_CHAIN_FAULTS = {
    9: "is not valid yet",
    10: "has expired",
    **dict.fromkeys((18, 19, 20, 21), _UNKNOWN_AUTHORITY),  # self-signed, issuer not found
}


class CertificateRefused(Exception):
    """We do not trust a server; the text says what is wrong with its certificate."""


@implementer(IOpenSSLClientConnectionCreator)
class ServerCheck:
    """Makes TLS connections with one host.

    Its certificate must be issued for the host, by an authority that the system trusts.

    Args:
        host: name or IP address, as in the URL.
    """

    def __init__(self, host: str) -> None:
        self._host = ascii_host(host)
        self._options: Any = optionsForClientTLS(host)

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        """What Twisted asks for before each handshake."""
        connection: SSL.Connection = self._options.clientConnectionForTLS(tlsProtocol)
        connection.set_verify(_MODE, partial(self._verify, tlsProtocol))
        return connection

    def _verify(
        self, protocol: Any, _: Any, certificate: Any, error: int, depth: int, ok: int
    ) -> bool:
        """Whether a certificate of the chain is good; OpenSSL asks from the authority's down."""
        try:
            self._check(certificate, error, depth, ok)
        except Exception as fault:
            # For who has wanted the connection; the server is told by an alert of OpenSSL.
            protocol._reason = Failure(fault)
            return False
        return True

    def _check(self, certificate: Any, error: int, depth: int, ok: int) -> None:
        if not ok:
            fault = f"is refused by OpenSSL, verify error {error}"
            raise CertificateRefused(_CHAIN_FAULTS.get(error, fault))
        if depth == 0:
            self._check_names(certificate.to_cryptography())

    def _check_names(self, certificate: Any) -> None:
        """Hold the names of the server's own certificate against the host (RFC 9525)."""
        is_address = isIPAddress(self._host) or isIPv6Address(self._host)
        check = verify_certificate_ip_address if is_address else verify_certificate_hostname
        try:
            names = extract_patterns(certificate)
            if names:
                check(certificate, self._host)
        except VerificationError:
            raise CertificateRefused("is for another host name") from None
        except Exception as fault:
            raise CertificateRefused(f"has a bad subjectAltName: {fault}") from fault
        if not names:
            raise CertificateRefused("names no host: it has no subjectAltName that does")
