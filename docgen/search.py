"""The search index over all pages of a folder, as a script that also loads from ``file://``."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from lxml import etree, html

from docgen.errors import OutputError

INDEX_FILE = "search-index.js"
_HEADINGS = ("h1", "h2", "h3", "h4")
_ROWS = ("tr", "dt")
_SKIPPED = ("pre", "script", "style", "nav", "svg", "thead", "summary")
_TEXT = ".//text()[not(parent::a[contains(@class, 'anchor') or contains(@class, 'headerlink')])]"
_FOOTNOTE_MARKS = " †‡"
_LONGEST_TEXT = 240


@dataclass(slots=True)
class _Entry:
    page: int
    anchor: str
    title: str
    is_row: bool
    words: list[str] = field(default_factory=list)

    def as_list(self) -> list[str | int]:
        text = " ".join(" ".join(self.words).split())
        return [self.page, self.anchor, self.title, int(self.is_row), text[:_LONGEST_TEXT]]


def build_index(folder: Path) -> int:
    """Write the index of all pages in a folder and the folders below it.

    An entry is a heading, a row of a table or a term of a definition list that has an id, or
    whose section has one.

    Args:
        folder: the site; the index becomes ``search-index.js`` in it.

    Returns:
        The number of entries.

    Raises:
        OutputError: there is no page in the folder.
    """
    paths = sorted(folder.rglob("*.html"))
    if not paths:
        raise OutputError(f"{folder}: no .html file in this folder")
    pages: list[tuple[str, str]] = []
    entries: list[list[str | int]] = []
    for number, path in enumerate(paths):
        root = html.fromstring(path.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))
        reader = _Reader(number)
        reader.read(next(root.iter("main"), root))
        title = reader.entries[0].title if reader.entries else path.stem
        pages.append((path.relative_to(folder).as_posix(), title))
        entries.extend(entry.as_list() for entry in reader.entries)
    content = json.dumps({"pages": pages, "entries": entries}, ensure_ascii=False)
    # Inside a script of its own no sequence of characters ends it, but old parsers trip on these.
    content = content.replace("\u2028", " ").replace("\u2029", " ")
    (folder / INDEX_FILE).write_text(f"window.ocppfwIndex = {content};\n", encoding="utf-8")
    return len(entries)


class _Reader:
    """Collects the entries of one page; a heading's text is what follows it."""

    def __init__(self, page: int) -> None:
        self._page = page
        self._heading: _Entry | None = None
        self.entries: list[_Entry] = []

    def read(self, node: etree._Element) -> None:
        """Collect from an element and all below it."""
        if node.tag in _HEADINGS:
            self._heading = self._enter(node, is_row=False)
        elif node.tag in _ROWS and node.get("id"):
            words = " ".join(_text(cell) for cell in node if cell.tag == "td")
            self._enter(node, is_row=True).words.append(words)
        elif not isinstance(node, etree._Comment) and node.tag not in _SKIPPED:
            self._add(node.text)
            for child in node:
                self.read(child)
                self._add(child.tail)

    def _enter(self, node: etree._Element, is_row: bool) -> _Entry:
        section = node.getparent()
        anchor = node.get("id") or (section is not None and section.get("id")) or ""
        first = node.find("th")
        title = node.get("data-title") or _text(node if first is None else first)
        entry = _Entry(self._page, anchor, title.rstrip(_FOOTNOTE_MARKS), is_row)
        self.entries.append(entry)
        return entry

    def _add(self, text: str | None) -> None:
        if text and self._heading is not None:
            self._heading.words.append(text)


def _text(node: etree._Element) -> str:
    return " ".join("".join(cast("list[str]", node.xpath(_TEXT))).split())
