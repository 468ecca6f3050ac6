"""The contracts of import-linter hold, and each of them is able to fail."""

import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest

LAYERS = "Imports run strictly downwards"
PLUGINS = "Plugins know ocppfw, charge_point, catalogue, versions and Twisted only"

# Contract, the file that breaks it, the import that does.
BREACHES = [
    pytest.param(LAYERS, "catalogue/offender.py", "import ocppfw.rpc", id="upwards"),
    pytest.param(LAYERS, "store.py", "import ocppfw.settings", id="sideways"),
    pytest.param(LAYERS, "attic.py", "import ocppfw.versions", id="a room in no line"),
    *(
        pytest.param(f"Order in {room}", f"{room}/{file}", statement, id=f"upwards in {room}")
        for room, file, statement in (
            ("hooks", "specs.py", "import ocppfw.hooks.manager"),
            ("interfaces", "stations.py", "import ocppfw.interfaces.transports"),
            ("stations", "trace.py", "import ocppfw.stations.station"),
            ("transports", "http/limits.py", "import ocppfw.transports.soap"),
            ("service", "listener.py", "import ocppfw.service.build"),
            ("settings", "parsers.py", "import ocppfw.settings.values"),
            ("storage", "lock.py", "import ocppfw.storage.writer"),
        )
    ),
    *(
        pytest.param(
            "The rooms without I/O do without Twisted and Autobahn",
            f"{room}/offender.py",
            "from twisted.internet import defer",
            id=f"Twisted in {room}",
        )
        for room in ("catalogue", "rpc", "soap", "charge_point")
    ),
    pytest.param(
        "Only transports speak Autobahn",
        "stations/exchange.py",
        "import autobahn.websocket",
        id="Autobahn",
    ),
    pytest.param("Only storage speaks SQL", "stations/exchange.py", "import sqlalchemy", id="SQL"),
    pytest.param(
        "Only service imports storage",
        "console/world.py",
        "from ocppfw.storage import SqlStores",
        id="storage from above",
    ),
    pytest.param(
        "rpc and charge_point know no XML", "rpc/offender.py", "import lxml.etree", id="lxml"
    ),
    pytest.param(
        "Nothing imports a plugin",
        "hooks/manager.py",
        "import ocppfw.plugins.hello_world",
        id="a plugin by name",
    ),
    pytest.param(
        "docgen knows catalogue, rpc, soap, hooks.specs and what is below them",
        "../docgen/offender.py",
        "import ocppfw.settings",
        id="docgen",
    ),
    pytest.param(
        "Nothing in ocppfw imports docgen", "text.py", "import docgen.site", id="to docgen"
    ),
    *(
        pytest.param(
            PLUGINS,
            "plugins/offender.py",
            statement,
            id=f"{statement} in a plugin",
        )
        for statement in (
            "import ocppfw.stations.exchange",
            "import ocppfw.errors",
            "import orjson",
        )
    ),
]


def broken_contracts(tree):
    """Names of the contracts that the imports in a tree break."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    result = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    broken = re.findall(r"^(.*) BROKEN", result.stdout, re.MULTILINE)
    assert result.returncode == bool(broken), result.stdout
    return broken


def test_every_contract_holds(root):
    assert broken_contracts(root) == []


@pytest.mark.parametrize(("contract", "path", "statement"), BREACHES)
def test_contract_fails(tree, contract, path, statement):
    with (tree / "ocppfw" / path).open("a") as file:
        file.write(f"\n{statement}\n")
    assert contract in broken_contracts(tree)


def test_plugins_may_import_what_they_need(tree):
    (tree / "plugins" / "modest.py").write_text(
        "from ocppfw import CallFailed, catalogue, charge_point, hookimpl\n"
        "from ocppfw.versions import OcppVersion\n"
        "from twisted.internet import task\n"
    )
    assert PLUGINS not in broken_contracts(tree)


def test_every_contract_has_a_breach(root):
    config = configparser.ConfigParser()
    config.read(root / "setup.cfg")
    names = {config[name]["name"] for name in config if name.startswith("importlinter:contract:")}
    assert names == {breach.values[0] for breach in BREACHES}
