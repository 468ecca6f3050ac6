"""The settings of charge points."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ocppfw.settings import parsers
from ocppfw.settings.setting import setting
from ocppfw.versions import OcppVersion, Role

_CP = (Role.CP,)


@dataclass(kw_only=True)
class ChargePointSettings:
    """Charge points."""

    url: list[str] = setting(
        [],
        "Central system to connect to: ws:// or wss://; http:// or https:// for SOAP. Further ones"
        " are tried in their order while those before them do not answer.",
        parsers.some_of(
            parsers.url_of(
                *("ws", "wss", "http", "https"),
                query=True,
                user_goes=" (they are given by user and password-file)",
            )
        ),
        Role.CP,
        repeatable=True,
        own=_CP,
        mask=parsers.mask_urls,
    )
    id: list[str] = setting(
        ["CP1"],
        "Identity; a pattern such as CP%04d with --count.",
        parsers.texts,
        Role.CP,
        repeatable=True,
    )
    count: int = setting(
        1, "Charge points per pattern, from 1 on.", parsers.integer(1, 100_000), Role.CP
    )
    template: str | None = setting(
        None,
        "What the charge point is like: the name of a shipped template, or the path of a TOML file"
        " such as ./mine.toml.",
        parsers.text,
        Role.CP,
        own=_CP,
    )
    protocol: OcppVersion | None = setting(
        None,
        "Version to speak. Default: that of the template, else ocpp1.6.",
        parsers.protocol,
        Role.CP,
        own=_CP,
    )
    user: str | None = setting(
        None,
        "User for the central system (HTTP Basic). Default: the identity.",
        parsers.user,
        Role.CP,
        own=_CP,
    )
    password_file: str | None = setting(
        None,
        "File with the password for the central system (HTTP Basic): one line of UTF-8.",
        parsers.text,
        Role.CP,
        own=_CP,
    )
    authorization_key_file: str | None = setting(
        None,
        "In 1.6, instead of password-file: file with the AuthorizationKey, 32 to 40 hexadecimal"
        " digits.",
        parsers.text,
        Role.CP,
        own=_CP,
    )
    header: dict[str, str] = setting(
        [],
        "Further HTTP header of our requests, as NAME: VALUE.",
        parsers.headers,
        Role.CP,
        repeatable=True,
        own=_CP,
        mask=parsers.mask_headers,
    )
    subprotocol: str = setting(
        "required",
        "required or optional: whether the central system must name the version that it speaks.",
        parsers.one_of("required", "optional"),
        Role.CP,
        own=_CP,
    )
    connectors: int | None = setting(
        None,
        "Connectors (2.x: EVSEs) of each charge point. Default: those of the template, else 2.",
        parsers.integer(1, 100),
        Role.CP,
        own=_CP,
    )
    manual: bool = setting(
        False, "Do not boot, do not report: answer only.", parsers.switch, Role.CP, flag=True
    )
    trigger_boot: str = setting(
        "reject",
        "reject or accept: what becomes of a TriggerMessage that asks for a BootNotification of one"
        " that is accepted.",
        parsers.one_of("reject", "accept"),
        Role.CP,
        own=_CP,
    )
    reconnect_delay: float = setting(
        1,
        "Seconds before the first reconnect, then doubled.",
        parsers.seconds(0.01),
        Role.CP,
        own=_CP,
    )
    reconnect_max_delay: float = setting(
        60, "Longest time between two attempts.", parsers.seconds(0.01), Role.CP, own=_CP
    )
    tx_attempts: int = setting(
        3,
        "In 1.2 and 1.5: how often a message about a transaction is sent that is refused.",
        parsers.integer(1, 1_000),
        Role.CP,
        own=_CP,
    )
    tx_interval: float = setting(
        60,
        "In 1.2 and 1.5: seconds before it is sent again, times the number of attempts so far.",
        parsers.seconds(0),
        Role.CP,
        own=_CP,
    )
    tx_pause: float = setting(
        0.1,
        "Seconds between two messages about transactions that have waited for a connection.",
        parsers.seconds(0),
        Role.CP,
        own=_CP,
    )

    return_interval: float = setting(
        60,
        "Seconds between two looks whether the first url answers again, while connected with a"
        " later one; 0 for never.",
        parsers.seconds(),
        Role.CP,
        own=_CP,
    )

    @property
    def is_soap(self) -> bool:
        """True for a charge point that speaks SOAP: the scheme of its first URL says so."""
        return any(urlsplit(url).scheme in ("http", "https") for url in self.url[:1])
