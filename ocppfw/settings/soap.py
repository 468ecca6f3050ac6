"""The settings of OCPP over SOAP."""

from __future__ import annotations

from dataclasses import dataclass

from ocppfw.settings import parsers
from ocppfw.settings.setting import setting
from ocppfw.versions import Role


@dataclass(kw_only=True)
class SoapSettings:
    """SOAP."""

    from_: str | None = setting(
        None,
        "SOAP: address of our own service, which the central system is told. Default: one that"
        " it can reach.",
        parsers.url_of("http", "https"),
        Role.CP,
        mask=parsers.mask_urls,
    )
    remote_port: int | None = setting(
        None,
        "SOAP: port to listen on; 0 picks a free one. Default: that of --from, or a free one.",
        parsers.integer(0, 65535),
        Role.CP,
    )
    request_encoding: str = setting(
        "identity",
        "SOAP: how our requests are sent: identity (as they are), gzip or deflate.",
        parsers.one_of("identity", "gzip", "deflate"),
    )
    request_timeout: float = setting(
        30, "Seconds from the first byte of an HTTP request to its last.", parsers.seconds(0.1)
    )
    soap_learn_address: str = setting(
        "same-host",
        "Which From of a SOAP charge point is taken as its address: one on the host that the"
        " request comes from (same-host), any, or none (never).",
        parsers.one_of("same-host", "any", "never"),
        Role.CS,
    )
    soap_address: dict[str | None, str] = setting(
        [],
        "Address of a SOAP charge point, as IDENTITY=URL, which can then be called before it asks;"
        " or of all others, as a URL with {id}. It wins over what is learned.",
        parsers.soap_addresses,
        Role.CS,
        repeatable=True,
        mask=parsers.mask_urls,
    )
    soap_peer_timeout: float | None = setting(
        None,
        "Seconds of silence after which a SOAP charge point counts as lost. Default: twice the"
        " heartbeat interval that it was told, and 60.",
        parsers.seconds(0.1),
        Role.CS,
        own=(Role.CS,),
    )
    max_soap_peers: int = setting(
        10_000,
        "SOAP charge points that may be connected at once; the one that was silent longest makes"
        " room for the next.",
        parsers.integer(1, 10_000_000),
        Role.CS,
    )
