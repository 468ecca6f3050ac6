"""Which libraries a process loads: lxml where a WSDL is read, spyne where SOAP is offered, those
for SQL where something is kept.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.process.twistd import (
    ROOT,
    central_system,
    charge_point,
    end_with_parent,
    environment,
    run,
    write_plugin,
)

TELLTALE = '''"""Tells which of the large libraries are loaded, at the start and after a call."""
import sys
from ocppfw import hookimpl

LARGE = ("lxml", "spyne", "sqlalchemy", "alembic")

@hookimpl
def station_started(station):
    tell("at the start")

@hookimpl
def call_answered(station):
    tell("later")

def tell(when):
    print(f"loaded {when}:", *(name for name in LARGE if name in sys.modules), flush=True)
'''

NOTHING, READS_WSDL, SOAP, SQL = "", " lxml", " lxml spyne", " sqlalchemy alembic"


@pytest.fixture
def folder(tmp_path):
    write_plugin(tmp_path, "telltale", TELLTALE)
    return tmp_path


@pytest.mark.parametrize(
    ("options", "loaded"),
    [
        ("--transport websocket --protocols ocpp1.6,ocpp2.1", NOTHING),
        ("--transport websocket", READS_WSDL),
        ("--protocols ocpp2.0.1,ocpp2.1", NOTHING),  # offered, but SOAP does not carry 2.x
        ("--transport soap --protocols ocpp1.6", SOAP),
        ("--transport websocket --protocols ocpp1.6 --store none", NOTHING),
        ("--transport websocket --protocols ocpp1.6 --store sqlite:///cs.db", SQL),
        ("", SOAP),
    ],
)
def test_central_system(folder, options, loaded):
    with central_system(folder, *options.split()) as central:
        assert central.wait_for("loaded at the start:(.*)")[1] == loaded
        assert central.trouble == []


def test_a_call_over_websocket_loads_no_more(folder, connect):
    options = ("--transport", "websocket", "--protocols", "ocpp1.6", "--trace", "on")
    with central_system(folder, *options) as central:
        connect(central.port).call("Heartbeat")
        assert central.wait_for("loaded later:(.*)")[1] == NOTHING


@pytest.mark.parametrize(
    ("scheme", "protocol", "loaded"),
    [
        ("ws", "ocpp1.6", NOTHING),
        ("ws", "ocpp1.5", READS_WSDL),
        ("http", "ocpp1.6", SOAP),
    ],
)
def test_charge_point(folder, server, scheme, protocol, loaded):
    url = f"{scheme}://127.0.0.1:{server.port}/"
    with charge_point(folder, url, "--protocol", protocol) as station:
        assert station.wait_for("loaded at the start:(.*)")[1] == loaded


@pytest.mark.slow
def test_prompt(folder, server):
    """It knows the operations of all versions, so it reads WSDLs; what else, commands decide."""
    command = f"start_cp ws://127.0.0.1:{server.port} CP1"
    result = subprocess.run(
        [Path(sys.executable).with_name("ocppfw"), "-c", command],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        preexec_fn=end_with_parent,
    )
    assert re.search("loaded at the start:(.*)", result.stdout)[1] == READS_WSDL


@pytest.mark.parametrize(
    "options", [("--role", "cs", "--port", "0"), ("--role", "cp", "--url", "ws://127.0.0.1:1/")]
)
def test_definitions_that_are_missing_end_the_start_with_one_line(tmp_path, options):
    (tmp_path / "ocpp.py").write_text("")  # in place of the package with the schemas
    result = run(tmp_path, *options, PYTHONPATH=os.pathsep.join((str(tmp_path), str(ROOT))))
    assert result.returncode == 1
    assert result.stdout == (
        "ocppfw: the package ocpp, which has the JSON schemas, is not installed\n"
    )
