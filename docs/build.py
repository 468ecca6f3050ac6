"""Builds the whole documentation: the pages of docgen, the guide, and the search over both.

Usage: python docs/build.py FOLDER
"""

import sys
import tempfile
from pathlib import Path

from sphinx.cmd.build import build_main

from docgen.site import protocol_site, write_site
from ocppfw.errors import OcppfwError

HERE = Path(__file__).parent
STYLE = HERE / "theme" / "guide.css"
# Every warning is an error. Nothing is kept: a page that is not read again would not repeat its
# warnings.
OPTIONS = ("-b", "guide", "-W", "-n", "--keep-going", "-E", "-q")


def guide_site():
    """The pages that Sphinx makes of this folder, and their style; text by file name."""
    with tempfile.TemporaryDirectory() as folder:
        if build_main([*OPTIONS, str(HERE), folder]):
            raise OcppfwError("the guide has faults")
        files = [*Path(folder).glob("*.html"), STYLE]
        return {path.name: path.read_text(encoding="utf-8") for path in files}


def main(folder):
    """Build; the exit status. The folder is replaced when everything is there, or not at all."""
    try:
        # The first page of the guide is that of the whole site.
        write_site(protocol_site("index.html") | guide_site(), Path(folder))
    except (OcppfwError, OSError) as error:
        print(f"docs: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
