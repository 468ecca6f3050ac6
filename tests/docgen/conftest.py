"""The site of the five versions, built once."""

import pytest

from docgen.main import main
from tests.docgen.pages import Site


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """What ``python -m docgen -o FOLDER`` writes."""
    folder = tmp_path_factory.mktemp("docgen") / "docs"
    assert main(["-o", str(folder)]) == 0
    return Site(folder)
