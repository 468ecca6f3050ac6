"""A whole site: pages, style, search index, written all at once or not at all."""

from __future__ import annotations

import importlib.resources
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from docgen.definitions import Definitions, from_catalogue, page_name
from docgen.differences import Step, matrix, steps
from docgen.errors import OutputError
from docgen.highlight import highlight, plain
from docgen.search import build_index
from docgen.views import page_view
from docgen.wire import wire_view
from ocppfw.catalogue import load_catalogue
from ocppfw.versions import OcppVersion

_PACKAGE = importlib.resources.files("docgen")
_LIST = ".docgen"  # in the folder of a site: its files, which a later run may replace


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the navigation that all pages share.

    Attributes:
        href: address, relative to the folder of the site.
        title: what it is called.
        about: what is there, in a line.
    """

    href: str
    title: str
    about: str


def protocol_links() -> list[Link]:
    """The navigation of ``protocol_site``, without a guide."""
    versions = [
        _link(page_name(version), f"OCPP {version}", len(load_catalogue(version).operations))
        for version in OcppVersion
    ]
    return [
        *versions,
        Link("differences.html", "Differences", "what each version added, removed and changed"),
        Link("wire_protocol.html", "Wire protocol", "handshake, frames, error codes, envelopes"),
    ]


def protocol_site(guide: str | None) -> dict[str, str]:
    """The pages of the five versions, of their differences, and of the wire protocol.

    Args:
        guide: address of further documentation for the navigation, None if there is none.

    Returns:
        Text by file name.
    """
    links = protocol_links()
    if guide is not None:
        links.append(Link(guide, "Guide", "how to use and extend ocppfw"))
    changes = steps()
    all_definitions = [from_catalogue(version) for version in OcppVersion]
    pages = _definition_pages(all_definitions, links, changes)
    others: dict[str, dict[str, Any]] = {
        "differences.html": {"steps": changes, "matrix": matrix(changes)},
        "wire_protocol.html": {"wire": wire_view()},
        "index.html": {},
    }
    for name, context in others.items():
        pages[name] = _render(name, name, links, context)
    return pages


def definitions_site(all_definitions: list[Definitions]) -> dict[str, str]:
    """The pages of somebody's definitions; text by file name."""
    links = [_link(each.name, each.title, len(each.operations)) for each in all_definitions]
    pages = _definition_pages(all_definitions, links, [])
    pages["index.html"] = _render("index.html", "index.html", links, {})
    return pages


def write_site(pages: Mapping[str, str], folder: Path) -> None:
    """Write a site with its style and search; the folder appears when all is there.

    Args:
        pages: text by file name.
        folder: where to; an earlier site there is replaced.

    Raises:
        OutputError: a file or a folder is there that holds something else than a site.
    """
    folder = folder.resolve()
    _check_free(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    try:
        _write(pages, fresh)
        build_index(fresh)
        _write_list(fresh)
        _replace(folder, fresh)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _check_free(folder: Path) -> None:
    """Refuse a place where anything is that no earlier run has written."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is there already, and is not a folder")
    listed = folder / _LIST
    ours = listed.read_text(encoding="utf-8").splitlines() if listed.is_file() else []
    for name in sorted(set(_files(folder)) - {_LIST, *ours}):
        raise OutputError(f"{folder}: {name} is there already, and is not of docgen")


def _write_list(folder: Path) -> None:
    names = sorted(_files(folder))
    (folder / _LIST).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_symlink() or not path.is_dir():
            yield path.relative_to(folder).as_posix()


def _write(pages: Mapping[str, str], folder: Path) -> None:
    folder.mkdir()
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "static").mkdir()
    for file in (_PACKAGE / "static").iterdir():
        (folder / "static" / file.name).write_bytes(file.read_bytes())


def _replace(folder: Path, fresh: Path) -> None:
    """Put the fresh folder into its place; what was there goes away."""
    if not folder.exists():
        fresh.rename(folder)
        return
    old = fresh.with_suffix(".old")
    folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old)


def _link(name: str, title: str, operations: int) -> Link:
    return Link(f"{name}.html", title, f"{operations} operations")


def _definition_pages(
    all_definitions: Iterable[Definitions], links: list[Link], changes: list[Step]
) -> dict[str, str]:
    pages = {}
    for definitions in all_definitions:
        name = f"{definitions.name}.html"
        step = next((each for each in changes if each.new is definitions.version), None)
        context = {"page": page_view(definitions), "step": step}
        pages[name] = _render("definitions.html", name, links, context)
    return pages


def _render(template: str, name: str, links: list[Link], context: Mapping[str, Any]) -> str:
    return (
        _environment().get_template(template).render(links=links, current=name, root="", **context)
    )


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("docgen"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(highlight=highlight, plain=plain)
    environment.globals.update(page_name=page_name, versions=list(OcppVersion))
    return environment
