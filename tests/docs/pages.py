"""The written pages, and what can be taken out of them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def read(name):
    """The text of a page, by its path in the checkout."""
    return (ROOT / name).read_text(encoding="utf-8")


def section(name, heading):
    """The text below a heading of a page, up to the next one of its level or above."""
    level, rest = re.search(
        rf"^(#+) {re.escape(heading)}\n(.*)", read(name), re.MULTILINE | re.DOTALL
    ).groups()
    return re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text):
    """The rows of all tables in a text, without their heads; each a list of cells."""
    found = []
    body = False
    for line in text.splitlines():
        if not line.startswith("|"):
            body = False
        elif line.startswith("|---"):
            body = True
        elif body:
            found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def code(text, language):
    """The fenced blocks of a language in a text."""
    return [block for name, block in _FENCE.findall(text) if name == language]


def names(cell):
    """What stands between backquotes."""
    return re.findall(r"`([^`]+)`", cell)
