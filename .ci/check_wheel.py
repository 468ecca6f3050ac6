"""Builds the wheel, looks for every file in it, installs it into an empty environment, and starts
a central system there.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

START_TIME = 30.0
PACKAGES = ("docgen", "ocppfw")


def run_quietly(command: list[str]) -> None:
    """Run a command that is to succeed; what it prints is shown only when it does not."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode:
        sys.exit(f"{result.stdout}\n{' '.join(command)} failed")


def build_wheel() -> Path:
    """Build the wheel by way of the source distribution, so that both are known to be complete."""
    for old in Path("dist").glob("ocppfw-*"):
        old.unlink()
    run_quietly([sys.executable, "-m", "build"])
    [wheel] = Path("dist").glob("*.whl")
    return wheel.resolve()


def package_files(root: Path) -> Iterator[str]:
    """Every file of the packages in a checkout, as it is to be called in the wheel."""
    for package in PACKAGES:
        # Links are followed: behind them are plugins and service descriptions.
        for folder, _, names in os.walk(root / package, followlinks=True):
            if not folder.endswith("__pycache__"):
                yield from (Path(folder, name).relative_to(root).as_posix() for name in names)


def missing_files(wheel: Path, root: Path) -> list[str]:
    """What the packages in a checkout have and a wheel has not, of whatever kind."""
    with zipfile.ZipFile(wheel) as archive:
        return sorted(set(package_files(root)) - set(archive.namelist()))


def install(wheel: Path, folder: Path) -> Path:
    """Make an environment that holds the wheel and what it asks for; return its bin folder."""
    venv.create(folder, with_pip=True)
    run_quietly([str(folder / "bin/pip"), "install", str(wheel)])
    return folder / "bin"


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def wait_until_listening(process: subprocess.Popen[bytes], port: int) -> None:
    """Return when the port takes connections; SystemExit when twistd ends or takes too long."""
    deadline = time.monotonic() + START_TIME
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"twistd ended with status {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    sys.exit(f"nothing listens on port {port} after {START_TIME:.0f} seconds")


def start(bin_folder: Path, working_folder: Path) -> None:
    """Run twistd away from the checkout until it listens, then stop it as an operator would."""
    port = free_port()
    command = [str(bin_folder / "twistd"), "-n", "--pidfile=", "ocppfw", "--role", "cs"]
    # With a store, whose tables are made by files that are no modules.
    command += ["--port", str(port), "--store", "sqlite:///kept.db"]
    process = subprocess.Popen(command, cwd=working_folder)
    try:
        wait_until_listening(process, port)
        process.terminate()
        status = process.wait(timeout=START_TIME)
    finally:
        process.kill()
    # After its own orderly end, twistd ends by the signal that stopped it.
    if status != -signal.SIGTERM:
        sys.exit(f"twistd was told to stop and ended with status {status}")


def main() -> None:
    """Build, look, install, start; end with status 1 at the first thing that fails."""
    wheel = build_wheel()
    if missing := missing_files(wheel, Path()):
        sys.exit(f"{wheel.name} lacks {', '.join(missing)}: see package_data in setup.cfg")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bin_folder = install(wheel, folder / "environment")
        start(bin_folder, folder)
    print(f"{wheel.name}: installed and started")


if __name__ == "__main__":
    main()
