"""The script that installs the lowest versions that setup.cfg allows."""

import configparser
import runpy
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
lowest = runpy.run_path(str(ROOT / ".ci" / "install_lowest.py"))["lowest"]


@pytest.mark.parametrize(
    ("requirement", "pin"),
    [
        ("lxml>=5.4", "lxml==5.4"),
        ("twisted[tls]>=25.5", "twisted[tls]==25.5"),
        ("ocpp>=2.1,<3", "ocpp==2.1,<3"),
        ('legacy-cgi>=2.6; python_version >= "3.13"', 'legacy-cgi==2.6; python_version >= "3.13"'),
    ],
)
def test_a_lower_bound_becomes_the_version(requirement, pin):
    assert lowest(f"\n{requirement}\n") == [pin]


def test_every_requirement_has_a_lower_bound():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    pins = [Requirement(pin) for pin in lowest(config["options"]["install_requires"])]
    assert len(pins) > 10
    for pin in pins:
        assert [each.operator for each in pin.specifier].count("==") == 1, pin
