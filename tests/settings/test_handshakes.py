"""The settings that say which handshakes a central system takes."""

from __future__ import annotations

from typing import Any

import pytest

from ocppfw.errors import SettingsError
from ocppfw.settings import Settings
from ocppfw.versions import OcppVersion
from tests.settings.single import built, refused

V = OcppVersion


def test_default_protocol() -> None:
    assert built("default-protocol", "ocpp1.6") is V.V1_6
    assert built("default-protocol", "none") is None
    for wrong in ("1.6", "", "ocpp1.6,ocpp1.5", 1.6):
        assert "must be one of ocpp1.2, ocpp1.5, " in refused("default-protocol", wrong)
        assert "ocpp2.1, or none, not" in refused("default-protocol", wrong)


def test_default_protocol_must_be_offered() -> None:
    settings = Settings.build({"protocols": "ocpp1.5,ocpp1.6"})
    for version in (V.V1_5, V.V1_6, None):
        settings.check_default_protocol(version)
    with pytest.raises(SettingsError, match=r"default-protocol: ocpp2\.1 is not in protocols"):
        settings.check_default_protocol(V.V2_1)


@pytest.mark.parametrize("value", ["path", "query:cp", "query:charge-point_id.1~"])
def test_identity_from(value: str) -> None:
    assert built("identity-from", value) == value


@pytest.mark.parametrize("wrong", ["", "query", "query:", "query:a=b", "query:a&b", "header:x", 7])
def test_a_wrong_identity_from(wrong: Any) -> None:
    assert "must be " in refused("identity-from", wrong)


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ("all", ("all",)),
        ("NULL, https://Example.org:8443", ("null", "https://example.org:8443")),
        (["file://", "app-x.y+z://[::1]"], ("file://", "app-x.y+z://[::1]")),
    ],
)
def test_origins(value: Any, origins: tuple[str, ...]) -> None:
    assert built("origins", value) == origins


@pytest.mark.parametrize(
    "wrong", ["", "all,", "example.org", "https://a/b", "https://a@b", "https://", [], 7, ["*"], {}]
)
def test_wrong_origins(wrong: Any) -> None:
    assert "must be " in refused("origins", wrong)
