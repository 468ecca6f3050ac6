"""The command ``ocppfw-docgen``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from docgen.files import from_files
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
    options = _parser().parse_args(arguments)
    try:
        _run(options)
    except OcppfwError as error:
        return _fault(str(error))
    except OSError as error:
        return _fault(f"{error.filename or options.output}: {error.strerror or error}")
    return 0


def _fault(text: str) -> int:
    sys.stderr.write(f"docgen: {text}\n")
    return 1


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
        required=True,
        type=Path,
        metavar="FOLDER",
        help="where the pages go; pages of an earlier run there are replaced",
    )
    return parser


def _run(options: argparse.Namespace) -> None:
    pages = definitions_site(from_files(options.input)) if options.input else protocol_site(None)
    write_site(pages, options.output)
