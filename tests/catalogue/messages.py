"""Every message of every version and transport, for tests that go through all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ocppfw.catalogue import PayloadSchema, load_catalogue
from ocppfw.versions import OcppVersion, Transport

ONE_FORM = (OcppVersion.V1_2, OcppVersion.V1_5)


@dataclass(frozen=True)
class Message:
    """A request, a response or an unconfirmed message."""

    version: OcppVersion
    transport: Transport
    action: str
    schema: PayloadSchema

    def __str__(self) -> str:
        return f"{self.version}-{self.transport}-{self.schema.name}"


def all_messages() -> Iterator[Message]:
    """All messages; those of 1.2 and 1.5, the same over both transports, only once."""
    for version in OcppVersion:
        for operation in load_catalogue(version).operations.values():
            for transport in Transport:
                form = operation.form(transport)
                if form is None or (transport is Transport.SOAP and version in ONE_FORM):
                    continue
                for schema in (form.request, form.response):
                    if schema is not None:
                        yield Message(version, transport, operation.action, schema)


MESSAGES = list(all_messages())
