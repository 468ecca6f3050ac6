"""Installs ocppfw for its tests with the lowest versions that setup.cfg allows of what it needs."""

from __future__ import annotations

import configparser
import subprocess
import sys


def lowest(requirements: str) -> list[str]:
    """Each requirement, one a line, with its lower bound as the version: ``lxml==5.3``."""
    return [line.replace(">=", "==", 1) for line in requirements.splitlines() if line]


def main() -> int:
    """Install into the environment that runs this; the status of pip."""
    config = configparser.ConfigParser()
    config.read("setup.cfg")
    pins = lowest(config["options"]["install_requires"])
    # All at once, so that versions of the test tools are chosen that get along with these.
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    return subprocess.run([*pip, "-e", ".[docs,test]", *pins], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
