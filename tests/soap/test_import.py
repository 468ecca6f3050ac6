"""What is loaded when, in a process of its own in which warnings are errors."""

from __future__ import annotations

import subprocess
import sys


def loaded_by(module: str) -> set[str]:
    code = f"import sys, {module}; print(*sys.modules)"
    command = [sys.executable, "-W", "error", "-c", code]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_ocppfw_alone_loads_no_xml() -> None:
    assert not {"lxml", "spyne", "twisted"} & loaded_by("ocppfw")


def test_soap_loads_spyne_with_the_real_six_and_does_no_io() -> None:
    modules = loaded_by("ocppfw.soap")
    assert {"spyne.protocol.soap", "lxml.etree", "six"} <= modules
    assert not {"twisted", "autobahn"} & modules
