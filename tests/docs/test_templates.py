"""docs/templates.md names the shipped templates and every key, and its example is right."""

import tomllib

import pytest

from ocppfw.errors import SettingsError
from ocppfw.service.template_schema import KEYS, KEYS_OF_CAR, KEYS_OF_CONNECTOR, KEYS_OF_METER
from ocppfw.service.templates import build_template, read_template
from ocppfw.settings import shipped_templates
from tests.docs.pages import names, read, rows, section

PAGE = "docs/templates.md"
TABLES = {"connectors": KEYS_OF_CONNECTOR, "meter": KEYS_OF_METER, "cars": KEYS_OF_CAR}


def example():
    """The indented block that begins with the description."""
    lines = read(PAGE).splitlines()
    first = lines.index('    description = "Two sockets of ours"')
    after = next(n for n in range(first, len(lines)) if lines[n] and lines[n][0] != " ")
    return "\n".join(line.strip() for line in lines[first:after])


def test_the_shipped_ones():
    expected = [[f"`{name}`", read_template(name).description] for name in shipped_templates()]
    assert rows(read(PAGE).partition("## ")[0]) == expected


def test_every_key():
    named = [
        name for row in rows(section(PAGE, "A template of your own")) for name in names(row[0])
    ]
    expected = {name for name in KEYS if name not in TABLES}
    expected |= {f"{table}.{key}" for table, keys in TABLES.items() for key in keys}
    assert set(named) == expected
    assert len(named) == len(expected)


def test_the_example_is_a_template():
    assert len(build_template(tomllib.loads(example())).connectors) == 2


def test_the_mistake_is_said_so():
    wrong = example().replace("7_360", "'22 kW'")
    with pytest.raises(SettingsError) as caught:
        build_template(tomllib.loads(wrong))
    assert f"    ocppfw: template ./mine.toml: {caught.value}\n" in read(PAGE)
