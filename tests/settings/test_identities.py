"""Settings of single charge points: what they may be, and what they win over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ocppfw.errors import SettingsError
from ocppfw.settings import SETTINGS, Config, Settings, read_config
from ocppfw.versions import OcppVersion, Role

CS = {"role": "cs"}
CP = {"role": "cp"}


def refused(role: str, name: str, value: Any, identity: str = "CP7") -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.build({"role": role}, identities={identity: {name: value}})
    return str(caught.value)


def test_the_identity_wins_over_everything() -> None:
    tables = {"CP7": {"call-timeout": 1, "protocol": "ocpp2.1"}}
    settings = Settings.build(CP | {"call-timeout": 2}, {"call-timeout": "3"}, identities=tables)
    assert settings.call_timeout == settings.for_identity("CP8").call_timeout == 3
    assert settings.for_identity("CP7").call_timeout == 1
    assert settings.for_identity("CP7").protocol is OcppVersion.V2_1


def test_of_two_ways_to_give_a_password_the_own_one_wins() -> None:
    tables = {
        "KEY": {"authorization-key-file": "k"},
        "FILE": {"password-file": "f"},
        "BOTH": {"authorization-key-file": "k", "password-file": "f"},
        "NONE": {},
    }
    settings = Settings.build(CP | {"password-file": "all"}, identities=tables)
    own = {name: settings.for_identity(name) for name in tables}
    found = {name: (s.password_file, s.authorization_key_file) for name, s in own.items()}
    assert found == {
        "KEY": (None, "k"),
        "FILE": ("f", None),
        "BOTH": ("f", "k"),
        "NONE": ("all", None),
    }


def test_what_is_not_its_own_is_shared_also_when_it_changes_later() -> None:
    settings = Settings.build(CS, identities={"CP7": {"call-timeout": 1}})
    own = settings.for_identity("CP7")
    settings.call_timeout, settings.ping_interval = 5, 7
    assert (own.call_timeout, own.ping_interval, own.hook_timeout) == (1, 7, 20)
    assert own.for_identity("CP7") is own


def test_one_without_a_table_has_the_settings_of_all() -> None:
    settings = Settings.build(CS, identities={"CP7": {}})
    assert settings.for_identity("CP8") is settings


def test_what_is_derived_from_settings_is_derived_from_its_own() -> None:
    tables = {"CP7": {"url": "http://host/"}}
    settings = Settings.build(CP | {"url": "ws://host/"}, identities=tables)
    assert not settings.is_soap
    assert settings.for_identity("CP7").is_soap


@pytest.mark.parametrize("role", Role)
def test_only_some_may_be_its_own(role: Role) -> None:
    for setting in SETTINGS:
        if role not in setting.own:
            text = refused(role, setting.name, setting.default)
            assert text.startswith(f"identity.CP7.{setting.name}: a charge point")


def test_a_central_system_cannot_have_what_only_a_charge_point_of_ours_can() -> None:
    text = refused("cs", "url", "ws://host/")
    assert text == (
        "identity.CP7.url: a charge point of a central system has none of its own, only"
        " default-protocol, no-subprotocol, origins, ping-interval, ping-timeout, call-timeout,"
        " calls-in-flight, max-queued-calls, validation, soap-peer-timeout"
    )


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("call-timout", 1, "identity.CP7.call-timout: no such setting, did you mean identity.CP7."),
        ("call-timeout", "x", "identity.CP7.call-timeout: must be a number of seconds"),
        ("call-timeout", 0, "identity.CP7.call-timeout: must be a number of seconds"),
    ],
)
def test_a_fault_names_the_identity(name: str, value: Any, said: str) -> None:
    assert refused("cs", name, value).startswith(said)


@pytest.mark.parametrize("identity", ["", "a\nb", "x" * 256])
def test_a_table_must_be_of_a_possible_identity(identity: str) -> None:
    assert f"identity.{identity!r}: must" in refused("cs", "call-timeout", 1, identity)


def test_the_config_file_has_a_table_for_each(tmp_path: Path) -> None:
    path = tmp_path / "ocppfw.toml"
    path.write_text('role = "cs"\n[identity."CP 7"]\ncall-timeout = 5\n[identity.CP8]\n')
    assert read_config(path) == Config(
        settings={"role": "cs"}, identities={"CP 7": {"call-timeout": 5}, "CP8": {}}
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('identity = "CP7"', "identity: must be tables, [identity.NAME]"),
        ("[identity]\nCP7 = 1", "identity.CP7: must be a table, [identity.CP7]"),
        ('role = "cs"\n[identity.CP7]\nport = 1', "identity.CP7.port: a charge point of a central"),
    ],
)
def test_a_fault_of_the_config_file_names_the_file(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "ocppfw.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_config(path)
    assert str(caught.value).startswith(f"{path}: {said}")
