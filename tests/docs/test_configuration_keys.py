"""docs/configuration-keys.md is the list of configuration keys and of measurands."""

from ocppfw.charge_point import ConfigurationKeys, Template
from ocppfw.charge_point.measurands import PHASES, units
from ocppfw.versions import OcppVersion
from tests.docs.pages import rows, section

PAGE = "docs/configuration-keys.md"
V1_2, V1_5, V1_6, *_ = OcppVersion
V1X = (V1_2, V1_5, V1_6)


def test_every_key():
    found = {}
    for version in V1X:
        known, _ = ConfigurationKeys(version, Template(), "CP1", 300.0, lambda: None).read()
        for name, (value, is_read_only) in known.items():
            shown = f"`{value}`" if value else "empty"
            key = (name, "R" if is_read_only else "RW", shown)
            found.setdefault(key, []).append(version)
    expected = [
        [f"`{name}`", ", ".join(versions), access, value]
        for (name, access, value), versions in sorted(found.items(), key=lambda i: i[0][0].lower())
    ]
    assert sorted([row[:4] for row in rows(section(PAGE, "The keys"))]) == sorted(expected)


def test_every_measurand():
    found = {}
    for version in (V1_5, V1_6):
        for name in units(version):
            found.setdefault(name, []).append(version)
    found["Energy.Active.Import.Register"].insert(0, V1_2)
    expected = [
        [
            f"`{name}`",
            ", ".join(versions),
            units(V1_6)[name] or "(Hz)",
            ", ".join(f"`{phase}`" for phase in PHASES.get(name, ())),
        ]
        for name, versions in sorted(found.items())
    ]
    assert rows(section(PAGE, "Measurands")) == expected
