"""Holds the size limits: 50 lines for the body of a function, 400 for a file of ocppfw or of
plugins, 500 for any other.

A body is what follows the signature and the docstring.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

MAX_BODY = 50
#: how many lines a file may have, by folder
MAX_FILE = {
    ".ci": 500,
    "benchmarks": 500,
    "docgen": 500,
    "docs": 500,
    "ocppfw": 400,
    "plugins": 400,
    "tests": 500,
    "twisted": 500,
}


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Number of lines from the first statement that is not the docstring to the last."""
    statements = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not statements:
        return 0
    first = statements[0]
    decorators = getattr(first, "decorator_list", [])
    start = min([first.lineno, *(decorator.lineno for decorator in decorators)])
    return function.end_lineno - start + 1


def offences(path: Path) -> Iterator[str]:
    """What in a file is too long, one line of text each."""
    text = path.read_text(encoding="utf-8")
    length = len(text.splitlines())
    limit = MAX_FILE[path.parts[0]]
    if length > limit:
        yield f"{path}: {length} lines, allowed are {limit}"
    for node in ast.walk(ast.parse(text, str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = body_lines(node)
            if length > MAX_BODY:
                yield f"{path}:{node.lineno}: {node.name}: {length} lines, allowed are {MAX_BODY}"


def source_files() -> Iterator[Path]:
    """Every Python file of ours below the working folder.

    Links to folders are not followed: what is behind ocppfw/plugins has its own turn.
    """
    for folder in MAX_FILE:
        for path in sorted(Path(folder).rglob("*.py")):
            if "node_modules" not in path.parts:
                yield path


def main() -> int:
    """Print what is too long; 1 when there is anything."""
    found = [offence for path in source_files() for offence in offences(path)]
    for offence in found:
        print(offence)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
