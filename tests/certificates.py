"""Certificates that may be odd, from an authority of their own; trustme makes good ones only."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_EARLY = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
_LATE = datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@dataclass
class Authority:
    """Signs certificates."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=_key)

    @property
    def certificate(self) -> x509.Certificate:
        """Its own certificate."""
        return (
            self._builder("authority", self.key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def trust_file(self, folder: Path) -> Path:
        """A file for SSL_CERT_FILE."""
        path = folder / "authority.pem"
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def issue(
        self,
        folder: Path,
        names: list[x509.GeneralName],
        common_name: str = "localhost",
        expires: datetime.datetime = _LATE,
    ) -> Path:
        """A file with a private key and its certificate, whose subjectAltName has these names.

        Without names it has no subjectAltName.
        """
        key = _key()
        builder = self._builder(common_name, key, expires)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        path = folder / "server.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        return path

    def _builder(
        self,
        common_name: str,
        key: ec.EllipticCurvePrivateKey,
        expires: datetime.datetime = _LATE,
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(_subject(common_name))
            .issuer_name(_subject("authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_EARLY)
            .not_valid_after(expires)
        )
