"""The command ``ocppfw-docgen``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from docgen.files import from_files
from docgen.search import build_index
from docgen.site import definitions_site, protocol_site, write_site
from ocppfw.errors import OcppfwError

_DESCRIPTION = """\
Writes the documentation of OCPP as HTML pages that need no network.

Without INPUT: a page for each of 1.2, 1.5, 1.6, 2.0.1 and 2.1, their differences, and the wire
protocol. With INPUT: a page for the operations of each pair of WSDL files (..._centralsystem.wsdl,
..._chargepoint.wsdl) and of each folder of JSON Schemas (ResetRequest.json, ResetResponse.json).
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, 1 after a fault, 2 after a wrong option."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.index is None and options.output is None:
        parser.error("-o FOLDER must be given")
    if options.index is not None and (options.input or options.output):
        parser.error("--index goes alone")
    try:
        _run(options)
    except (OcppfwError, OSError) as error:
        sys.stderr.write(f"docgen: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ocppfw-docgen",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "input", nargs="*", type=Path, metavar="INPUT", help="WSDL or JSON Schema file or folder"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FOLDER",
        help="where the pages go; pages of an earlier run there are replaced",
    )
    parser.add_argument(
        "--index",
        type=Path,
        metavar="FOLDER",
        help="only write the search index anew, over all pages that are in a folder",
    )
    return parser


def _run(options: argparse.Namespace) -> None:
    if options.index is not None:
        build_index(options.index)
        return
    pages = definitions_site(from_files(options.input)) if options.input else protocol_site(None)
    write_site(pages, options.output)
