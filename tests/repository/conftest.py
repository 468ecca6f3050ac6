"""What the tests of the repository share."""

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What the packaging and the contracts read; leaves out environments, caches and old builds.
PARTS = (
    "CHANGELOG.md",
    "LICENSE",
    "MANIFEST.in",
    "README.md",
    "docgen",
    "ocppfw",
    "plugins",
    "pyproject.toml",
    "setup.cfg",
    "twisted",
    "wsdl",
)


@pytest.fixture(scope="session")
def root():
    """The checkout."""
    return ROOT


@pytest.fixture
def tree(tmp_path):
    """A copy of the checkout that a test may break."""
    copy = tmp_path / "tree"
    copy.mkdir()
    for part in PARTS:
        if (ROOT / part).is_dir():
            ignore = shutil.ignore_patterns("__pycache__", "dropin.cache")
            shutil.copytree(ROOT / part, copy / part, symlinks=True, ignore=ignore)
        else:
            shutil.copy(ROOT / part, copy / part)
    return copy
