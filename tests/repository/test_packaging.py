"""What is built, installed and tracked."""

import re
import runpy
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import ocppfw

BIN = Path(sys.executable).parent
# Everything that takes long to import or starts something.
HEAVY = {"alembic", "autobahn", "jsonschema_rs", "lxml", "ocpp", "orjson", "spyne", "sqlalchemy"}
HEAVY |= {"twisted"}


# One of each kind that a room may have beside its modules.
DATA = (
    "ocppfw/console/scenarios/boot.toml",
    "ocppfw/console/scenarios/charging/start.py",
    "ocppfw/service/migrations/script.py.mako",
    "ocppfw/service/migrations/versions/0001.py",
    "ocppfw/stations/static/page.css",
    "ocppfw/stations/static/icons/plug.svg",
    "ocppfw/stations/templates/page.html",
)
CHECKS = runpy.run_path(str(Path(__file__).parents[2] / ".ci" / "check_wheel.py"))


@pytest.fixture
def wheel(tree, tmp_path):
    """A wheel built from a copy of the checkout with data of all kinds."""
    for name in (*DATA, "ocppfw/service/migrations/__pycache__/env.pyc"):
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# data\n")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    [path] = tmp_path.glob(f"ocppfw-{ocppfw.__version__}-*.whl")
    return path


def names_in(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_is_complete(wheel, tree):
    names = names_in(wheel)
    assert names >= {*DATA, "twisted/plugins/ocppfw_plugin.py"}
    assert CHECKS["missing_files"](wheel, tree) == []


def test_what_a_wheel_lacks_is_named(tree, tmp_path):
    with zipfile.ZipFile(tmp_path / "empty.whl", "w"):
        pass
    missing = CHECKS["missing_files"](tmp_path / "empty.whl", tree)
    assert {
        "docgen/static/search.js",
        "docgen/templates/index.html",
        "ocppfw/plugins/cs_core_1x.py",
        "ocppfw/py.typed",
        "ocppfw/rpc/frames.py",
        "ocppfw/storage/migrations/env.py",
        "ocppfw/storage/migrations/versions/0001_store.py",
        "ocppfw/wsdl/ocpp_1.5_chargepoint.wsdl",
    } <= set(missing)


def test_wheel_brings_nothing_else(wheel):
    wheel = names_in(wheel)
    assert {name.split("/")[0] for name in wheel} == {
        "docgen",
        "ocppfw",
        f"ocppfw-{ocppfw.__version__}.dist-info",
        "twisted",
    }
    assert {name for name in wheel if name.startswith("twisted/")} == {
        "twisted/plugins/ocppfw_plugin.py"
    }
    assert not {name for name in wheel if "__pycache__" in name}


@pytest.mark.parametrize("name", ["plugins", "wsdl"])
def test_link_is_relative(root, name):
    assert (root / "ocppfw" / name).readlink().as_posix() == f"../{name}"


def test_version_is_written_once(root):
    assignment = re.compile(rf"""version\w*\s*=\s*["']?{re.escape(ocppfw.__version__)}\b""")
    files = [*root.glob("*.cfg"), *root.glob("*.toml"), *root.glob("ocppfw/**/*.py")]
    found = [path.name for path in files if assignment.search(path.read_text())]
    assert found == ["__init__.py"]


def imported_by(*modules):
    """Names of all modules that a new interpreter has after importing some."""
    program = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return set(result.stdout.split())


def test_importing_ocppfw_is_cheap():
    assert not (HEAVY | {"ocppfw.catalogue", "ocppfw.soap"}) & imported_by("ocppfw")


def test_what_plugins_annotate_with_needs_no_definitions():
    unwanted = HEAVY - {"orjson", "twisted"} | {"ocppfw.catalogue", "twisted.internet.reactor"}
    assert not unwanted & imported_by("ocppfw.interfaces", "ocppfw.rpc.channels")


def test_everything_that_is_offered_is_there():
    for name in ocppfw.__all__:
        assert getattr(ocppfw, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'ChargePiont'"):
        ocppfw.ChargePiont  # noqa: B018


def test_twistd_knows_ocppfw(tmp_path):
    result = subprocess.run(
        [BIN / "twistd", "--help"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert re.search(r"^\s+ocppfw\s+A central system", result.stdout, re.MULTILINE)


def tracked_files(root):
    command = ["git", "ls-files", "-z"]
    try:
        result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    return [root / name for name in result.stdout.split("\0") if name]


def test_no_path_of_a_machine(root):
    """Nothing tracked names the folder of the checkout or somebody's home."""
    home = re.compile(r"(?<![\w./~-])/(?:home|root|Users)/\w+")
    for path in tracked_files(root):
        if path.is_file() and path.suffix not in {".png", ".ico"}:
            text = path.read_text(encoding="utf-8")
            assert str(root) not in text, path
            assert not home.search(text), path


def test_documented_targets_exist(root):
    """Every ``make`` command in the README is a target of the Makefile, and each is in its list."""
    makefile = (root / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    listed = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))
    readme = (root / "README.md").read_text()
    # A command begins a line or a piece of code; "make sure" in a sentence is none.
    documented = set(re.findall(r"(?:^[$ ]*|`)make ([a-z]+)\b", readme, re.MULTILINE))
    assert documented <= targets
    assert targets == listed
