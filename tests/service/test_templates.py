"""Templates: what a TOML file may say, and what is said where it is wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from ocppfw.charge_point import CarTemplate, ConnectorTemplate, Template
from ocppfw.errors import SettingsError
from ocppfw.service.plans import USUAL, plan_charge_points
from ocppfw.service.templates import build_template, read_template
from ocppfw.settings import Settings, shipped_templates
from ocppfw.versions import OcppVersion

SHIPPED = ["ac-wallbox", "dc-fast", "minimal-core", "old-box-1.2", "soap-box-1.5", "twin-ac-post"]

TEXT_OF_20 = "a text of 1 to 20 characters, all of them printable"


def built(text: str) -> Template:
    return build_template(tomllib.loads(text))


def refused(text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        built(text)
    return str(caught.value)


def plan(**given: Any) -> Any:
    named = {name.replace("_", "-"): value for name, value in given.items()}
    [found] = plan_charge_points(["CP1"], Settings.build({"url": "ws://h/"}, named))
    return found


# What a template may say.


def test_nothing_at_all_is_a_template() -> None:
    assert built("") == Template()


EVERYTHING = """
description = "d"
protocol = "ocpp1.5"
vendor = "V"
model = "M"
firmware = "1"
serial = "S-{id}"
box-serial = "B-{id}"
iccid = "I"
imsi = "J"
profiles = ["Core", "Reservation"]
refuses = ["ClearCache"]

[[connectors]]
type = "cCCS2"
phases = 0
power = 150_000
voltage = 400

[[connectors]]

[meter]
type = "T"
serial = "M-{id}"

[configuration]
heartbeatinterval = 60
LocalPreAuthorize = true

[cars]
capacity = [1_000, 2_000]
power = 7_000
phases = 1
soc = [0, 99]
pause = [1, 2]
stay = 3
"""


def test_everything() -> None:
    assert built(EVERYTHING) == Template(
        description="d",
        protocol=OcppVersion.V1_5,
        vendor="V",
        model="M",
        firmware="1",
        serial="S-{id}",
        box_serial="B-{id}",
        iccid="I",
        imsi="J",
        profiles=frozenset({"Core", "Reservation"}),
        refuses=frozenset({"ClearCache"}),
        connectors=(
            ConnectorTemplate(type="cCCS2", phases=0, power=150_000, voltage=400),
            ConnectorTemplate(),
        ),
        meter_type="T",
        meter_serial="M-{id}",
        configuration=(("heartbeatinterval", "60"), ("LocalPreAuthorize", "true")),
        cars=CarTemplate(
            capacity=(1000, 2000),
            power=(7000, 7000),
            phases=1,
            soc=(0, 99),
            pause=(1, 2),
            stay=(3, 3),
        ),
    )


# What it may not.


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vendr = 'x'", "vendr: no such key, did you mean vendor?"),
        ("[meter]\nseral = 'x'", "meter.seral: no such key, did you mean meter.serial?"),
        (
            "[[connectors]]\npwer = 1",
            "connectors[1].pwer: no such key, did you mean connectors[1].power?",
        ),
        (
            "[[connectors]]\n[[connectors]]\npower = 'much'",
            "connectors[2].power: must be a whole number from 1 to 10000000, not 'much'",
        ),
        (
            "[[connectors]]\npower = '1'",
            "connectors[1].power: must be a whole number from 1 to 10000000, not '1'",
        ),
        (
            "[[connectors]]\nphases = true",
            "connectors[1].phases: must be a whole number from 0 to 3, not True",
        ),
        ("connectors = [1]", "connectors[1]: must be a table, not 1"),
        ("connectors = []", "connectors: must be 1 to 100 tables, each [[connectors]], not []"),
        ("connectors = 2", "connectors: must be 1 to 100 tables, each [[connectors]], not 2"),
        ("meter = 'x'", "meter: must be a table, not 'x'"),
        (
            "vendor = 'twenty-one characters.'",
            f"vendor: must be {TEXT_OF_20}, not 'twenty-one characters.'",
        ),
        (
            'vendor = "a\\nb"',
            f"vendor: must be {TEXT_OF_20}, not 'a\\nb'",
        ),
        (
            "vendor = 1",
            "vendor: must be a text of 1 to 20 characters, all of them printable, not 1",
        ),
        (
            "profiles = ['Reservation']",
            "profiles: must hold Core, without which there is no charge point",
        ),
        (
            "protocol = 'ocpp9'",
            "protocol: must be one of ocpp1.2, ocpp1.5, ocpp1.6, ocpp2.0.1, ocpp2.1, not 'ocpp9'",
        ),
        (
            "refuses = ['ClearCach']",
            "refuses: ClearCach: no action that charge points answer, did you mean ClearCache?",
        ),
        ("refuses = 'ClearCache'", "refuses: must be a list of texts, not 'ClearCache'"),
        (
            "[cars]\nsoc = [60, 20]",
            "cars.soc: must be [least, most], the smaller number first, not [60, 20]",
        ),
        (
            "[cars]\nsoc = 100",
            "cars.soc: must be a whole number from 0 to 99, or two of them: [least, most], not 100",
        ),
        (
            "[configuration]\nHeartbeatIntervall = 1",
            "configuration.HeartbeatIntervall: no such key in 1.2, 1.5 or 1.6, did you mean"
            " HeartbeatInterval?",
        ),
        (
            "[configuration]\nHeartbeatInterval = 0",
            "configuration.HeartbeatInterval: must be a whole number from 1 to 2147483647, not '0'",
        ),
        (
            "[configuration]\nMeterValuesSampledDataMaxLength = 'all'",
            "configuration.MeterValuesSampledDataMaxLength: must be a whole number from 1 to"
            " 2147483647, not 'all'",
        ),
        (
            "configuration = 1",
            "configuration: must be a table of configuration keys, not 1",
        ),
        (
            "[configuration]\nHeartbeatInterval = 1.5",
            "configuration: must be a table of texts, whole numbers, true and false, not"
            " {'HeartbeatInterval': 1.5}",
        ),
    ],
)
def test_a_mistake_is_said_with_table_and_key(text: str, said: str) -> None:
    assert refused(text) == said


def test_a_wrong_profile_and_type_are_said_with_those_that_there_are() -> None:
    assert refused("profiles = ['Cor']").startswith("profiles: must be a list of some of Core, ")
    text = refused("[[connectors]]\ntype = 'cType9'")
    assert text.startswith("connectors[1].type: must be one of cCCS1, ")
    assert text.endswith(", not 'cType9'")


# Files.


def test_the_shipped_ones() -> None:
    assert shipped_templates() == SHIPPED
    for name in SHIPPED:
        template = read_template(name)
        assert template.description
        assert template.protocol is not None


def test_an_unknown_name_is_said_with_those_that_there_are() -> None:
    for name, hint in (
        ("dc-fas", ", did you mean dc-fast?"),
        ("x", f"; there is {', '.join(SHIPPED)}."),
    ):
        with pytest.raises(SettingsError) as caught:
            read_template(name)
        assert str(caught.value) == (
            f"template {name}: no such template{hint} A file is given with its path, such as"
            f" ./{name}.toml"
        )


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("vendor = 'Mine'\n")
    assert read_template(str(path)).vendor == "Mine"
    path.write_text("vendor = ")
    with pytest.raises(SettingsError, match=f"^template {path}: Invalid value"):
        read_template(str(path))
    path.write_bytes(b"\xff")
    with pytest.raises(SettingsError, match=f"^template {path}: 'utf-8' codec"):
        read_template(str(path))
    path.unlink()
    with pytest.raises(SettingsError, match=f"^template {path}: No such file or directory$"):
        read_template(str(path))


# What becomes of it.


def test_the_version_is_the_given_one_else_that_of_the_template() -> None:
    assert plan().version is OcppVersion.V1_6
    assert plan(template="old-box-1.2").version is OcppVersion.V1_2
    assert plan(template="old-box-1.2", protocol="ocpp1.5").version is OcppVersion.V1_5


def test_connectors_are_those_of_the_template() -> None:
    assert plan().template is USUAL
    assert len(plan(connectors=3).template.connectors) == 3
    assert len(plan(template="twin-ac-post").template.connectors) == 2
    with pytest.raises(SettingsError) as caught:
        plan(template="dc-fast", connectors=3)
    assert str(caught.value) == "connectors: stand in the template dc-fast; give one of the two"


def test_a_fleet_may_be_mixed() -> None:
    tables: dict[str, dict[str, Any]] = {"B": {"template": "dc-fast"}, "C": {"connectors": 1}}
    settings = Settings.build({"url": "ws://h/", "connectors": 4}, identities=tables)
    a, b, c = plan_charge_points(["A", "B", "C"], settings)
    assert [len(each.template.connectors) for each in (a, b, c)] == [4, 2, 1]
    assert b.template.model == "Fast 150"


def test_a_thousand_share_one() -> None:
    names = [f"CP{number}" for number in range(1000)]
    settings = Settings.build({"url": "ws://h/", "template": "ac-wallbox"})
    plans = plan_charge_points(names, settings)
    assert len({id(each.template) for each in plans}) == 1
