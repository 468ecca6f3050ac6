"""Definition files and folders as they are given on the command line -> definitions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from docgen.definitions import DefinedMessage, DefinedOperation, Definitions
from docgen.schema_files import read_schemas
from docgen.wsdl_files import name_without_role, read_wsdl
from ocppfw.errors import CatalogueError

_ENDINGS = (".wsdl", ".json")
_TAKEN = ("index",)


def from_files(inputs: Iterable[Path]) -> list[Definitions]:
    """The definitions in files and folders, a page's worth each.

    The WSDL files of the two services of a version make one page; so do the JSON Schemas of a
    folder.

    Args:
        inputs: ``.wsdl`` and ``.json`` files, and folders of them.

    Raises:
        CatalogueError: one of them cannot be read; names file, line and reason.
    """
    pages: dict[str, list[DefinedOperation]] = {}
    schemas: dict[Path, list[Path]] = {}
    for path in _files(inputs):
        if path.suffix == ".json":
            schemas.setdefault(path.resolve().parent, []).append(path)
        else:
            pages.setdefault(_page_name(name_without_role(path)), []).extend(read_wsdl(path))
    for folder, paths in schemas.items():
        pages.setdefault(_page_name(folder.name), []).extend(read_schemas(paths))
    return [_definitions(name, operations) for name, operations in pages.items()]


def _files(inputs: Iterable[Path]) -> Iterator[Path]:
    for path in dict.fromkeys(inputs):
        if path.is_dir():
            found = [each for each in sorted(path.iterdir()) if each.suffix in _ENDINGS]
            if not found:
                raise CatalogueError(f"{path}: no .wsdl and no .json file in this folder")
            yield from map(_checked, found)
        elif path.suffix in _ENDINGS:
            yield _checked(path)
        else:
            raise CatalogueError(f"{path}: neither a folder nor a .wsdl or .json file")


def _checked(path: Path) -> Path:
    if path.exists() and not path.is_file():
        raise CatalogueError(f"{path}: not a file")
    return path


def _page_name(name: str) -> str:
    """A name that links hold without quoting."""
    return re.sub(r"[^\w.-]+", "_", name).strip("_") or "definitions"


def _definitions(name: str, operations: list[DefinedOperation]) -> Definitions:
    if name in _TAKEN:
        raise CatalogueError(f"{name}: a page of this name is there already, rename the input")
    merged: dict[str, DefinedOperation] = {}
    for operation in operations:
        known = merged.get(operation.action)
        merged[operation.action] = operation if known is None else _merge(known, operation, name)
    ordered = tuple(merged[action] for action in sorted(merged))
    return Definitions(name=name, title=name.replace("_", " "), operations=ordered)


def _merge(one: DefinedOperation, other: DefinedOperation, name: str) -> DefinedOperation:
    """An operation that both services have, such as DataTransfer."""
    if _shape(one.request) != _shape(other.request) or _shape(one.response) != _shape(
        other.response
    ):
        raise CatalogueError(f"{name}: {one.action} is described twice, with other fields")
    return replace(one, answering_roles=one.answering_roles | other.answering_roles)


def _shape(message: DefinedMessage | None) -> object:
    return message and message.fields
