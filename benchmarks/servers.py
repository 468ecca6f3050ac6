"""The servers under test: how each is installed and started, and how it is ended again."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ocppfw import __version__ as ocppfw_version

ROOT = Path(__file__).parent.parent
PEERS = Path(__file__).parent / "peers"
NODE_FOLDER = ROOT / "build" / "bench-node"
FLOOR_FOLDER = ROOT / "build" / "bench-floor"
START_TIMEOUT = 30.0
INSTALL_TIMEOUT = 180.0


class Unavailable(Exception):
    """This server cannot be measured here; says why."""


@dataclass
class Server:
    """A running server."""

    port: int
    pid: int


@dataclass
class Recipe:
    """How to start a server; ``--port`` and the port are added to the command."""

    name: str
    versions: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    folder: Path = ROOT

    @contextlib.contextmanager
    def running(self) -> Iterator[Server]:
        """The server, until the end of the block."""
        port = free_port()
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                [*self.command, "--port", str(port)],
                cwd=self.folder,
                env=os.environ | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                if not answers(port, process):
                    log.seek(0)
                    raise Unavailable(f"did not start: {last_line(log.read())}")
                yield Server(port, process.pid)
            finally:
                end(process)


def last_line(output: bytes) -> str:
    """What a program said last, which is usually why it gave up."""
    return output.decode(errors="replace").strip().rpartition("\n")[2] or "it said nothing"


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    """Waits until somebody listens; False when the process ends or takes too long."""
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            return True
        time.sleep(0.05)
    return False


def end(process: subprocess.Popen[bytes]) -> None:
    """Asks a process to end, and ends it when it does not listen."""
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def ocppfw(checkout: Path | None = None, *options: str) -> Recipe:
    """Our central system as ``make run`` starts it, without the trace.

    Args:
        checkout: the folder of another checkout, with an environment in ``.venv``; None for ours.
        options: further options; they are a part of the name.
    """
    folder = (checkout or ROOT).resolve()
    scripts = folder / ".venv" / "bin" if checkout else Path(sys.executable).parent
    twistd = scripts / "twistd"
    if not twistd.exists():
        raise Unavailable(f"there is no twistd in {scripts}")
    command = [str(twistd), "-n", "--pidfile=", "ocppfw", "--role", "cs", "--trace", "off"]
    command += options
    name = " ".join([f"ocppfw in {checkout}" if checkout else "ocppfw", *options])
    versions = "" if checkout or options else f"ocppfw {ocppfw_version}"
    return Recipe(name, versions, command, folder=folder)


def counting() -> Recipe:
    """Our central system, which also counts what it hears about transactions."""
    plugins = Path(__file__).parent / "plugins"
    return ocppfw(None, "--plugins", str(plugins), "--plugin", "count_messages")


def ocpp_on_websockets() -> Recipe:
    """The central system of the PyPI package ocpp."""
    try:
        versions = f"ocpp {version('ocpp')} on websockets {version('websockets')}"
    except PackageNotFoundError as missing:
        raise Unavailable(str(missing)) from missing
    return Recipe(
        "ocpp on websockets", versions, [sys.executable, "-m", "benchmarks.peers.ocpp_websockets"]
    )


def ocpp_rpc() -> Recipe:
    """The central system of the npm package ocpp-rpc."""
    return node_peer("ocpp-rpc, strict", ("ocpp-rpc", "ws"), "ocpp_rpc.js")


def npm_soap() -> Recipe:
    """A central system of OCPP-S on the npm package soap."""
    wsdl = ROOT / "wsdl" / "ocpp_1.6_centralsystem.wsdl"
    return node_peer("npm soap, no schema check", ("soap",), "soap_server.js", f"--wsdl={wsdl}")


def node_peer(name: str, packages: tuple[str, ...], script: str, *options: str) -> Recipe:
    """A server on packages of npm; installs them on first use."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise Unavailable("node and npm are not installed")
    manifest = (PEERS / "package.json").read_bytes()
    install_node_peers(npm, manifest)
    pinned = json.loads(manifest)["dependencies"]
    release = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    versions = " on ".join(f"{package} {pinned[package]}" for package in packages)
    return Recipe(
        name,
        f"{versions}, Node {release}",
        [node, str(PEERS / script), *options],
        {"NODE_PATH": str(NODE_FOLDER / "node_modules")},
    )


def install_node_peers(npm: str, manifest: bytes) -> None:
    """Installs what ``manifest`` names, unless it is there already."""
    installed = NODE_FOLDER / "package.json"
    if (NODE_FOLDER / "node_modules").is_dir() and installed.read_bytes() == manifest:
        return
    NODE_FOLDER.mkdir(parents=True, exist_ok=True)
    installed.write_bytes(manifest)
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        subprocess.run(
            command, cwd=NODE_FOLDER, capture_output=True, timeout=INSTALL_TIMEOUT, check=True
        )
    except subprocess.TimeoutExpired as reason:
        raise Unavailable("npm install did not end") from reason
    except subprocess.CalledProcessError as reason:
        raise Unavailable(f"npm install failed: {last_line(reason.stderr)}") from reason


def floor() -> Recipe:
    """What the kernel costs: a program in C that reads no JSON and checks nothing."""
    compiler = shutil.which("cc")
    if not compiler:
        raise Unavailable("there is no C compiler, cc")
    FLOOR_FOLDER.mkdir(parents=True, exist_ok=True)
    program = FLOOR_FOLDER / "floor"
    command = [compiler, "-O2", "-o", str(program), str(PEERS / "floor.c")]
    compiled = subprocess.run(command, capture_output=True)
    if compiled.returncode:
        raise Unavailable(f"cc failed: {last_line(compiled.stderr)}")
    return Recipe("floor: C on epoll, only frames", "", [str(program)])


def echo() -> Recipe:
    """The server that only shows how fast the generator is."""
    return Recipe(
        "echo: the generator's ceiling", "", [sys.executable, "-m", "benchmarks.peers.echo"]
    )


def bare_web() -> Recipe:
    """A resource of twisted.web that does nothing: what HTTP costs without OCPP."""
    command = [sys.executable, "-m", "benchmarks.peers.bare_web"]
    return Recipe("bare twisted.web resource", f"twisted {version('twisted')}", command)


def lean_web() -> Recipe:
    """The same without what a site does beside."""
    command = [sys.executable, "-m", "benchmarks.peers.bare_web", "--lean"]
    return Recipe("the same, no forms, no access log", "", command)
