"""What the pages of the guide have as HTML beyond what they have as Markdown.

- The builder writes pages alone: search, style and scripts are those of docgen.
- A list of the sections of its own page goes away: the navigation at the side has them.
- Every row of a table has a heading, and an id, so that it can be found and linked to.
- In a row that names one operation, each version is a link to the operation's page.
- A long name in a table may break where its words begin.
- What is typed in a terminal stands out from what is printed.
"""

import re

from docutils import nodes
from pygments.lexer import RegexLexer, bygroups
from pygments.token import Generic, Text
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.transforms import SphinxTransform

from docgen.definitions import page_name
from ocppfw.catalogue import load_catalogue
from ocppfw.versions import OcppVersion

OPERATIONS = {version: set(load_catalogue(version).operations) for version in OcppVersion}
ACTIONS = set().union(*OPERATIONS.values())


class GuideBuilder(StandaloneHTMLBuilder):
    """Writes pages and nothing else."""

    name = "guide"
    search = False

    def copy_static_files(self):
        """There are none."""


class Terminal(RegexLexer):
    """Commands after ``$``, what is typed at the prompt after ``>``, and output."""

    tokens = {
        "root": [
            (r"([$>] )(.*\n)", bygroups(Generic.Prompt, Text)),
            (r".*\n", Generic.Output),
        ]
    }


class Contents(SphinxTransform):
    """Takes the list of sections out of a page."""

    default_priority = 400

    def apply(self):
        titles = {section[0].astext() for section in self.document.findall(nodes.section)}
        for found in list(self.document.findall(nodes.bullet_list)):
            if all(item.astext() in titles for item in found):
                found.parent.remove(found)


class Rows(SphinxTransform):
    """Gives the rows of all tables a heading, an id, and links to operations."""

    default_priority = 400

    def apply(self):
        for table in self.document.findall(nodes.tgroup):
            next(table.findall(nodes.colspec))["stub"] = 1
            for row in next(table.findall(nodes.tbody)):
                self._identify(row)
                link_versions(row)
                soften(row)

    def _identify(self, row):
        name = row_name(row[0])
        if name and name not in self.document.ids:
            row["ids"].append(name)
            self.document.set_id(row)


def row_name(cell):
    """The name of a row: what its first cell begins with, if that is code, or all of its text."""
    literal = next(cell.findall(nodes.literal), None)
    if literal is None:
        return nodes.make_id(cell.astext())
    return re.match(r"[\w.-]*", literal.astext())[0]


def link_versions(row):
    """Turn the cell of versions into links, in a row that names one operation."""
    named = ACTIONS.intersection(re.findall(r"\w+", row.astext()))
    if len(named) != 1:
        return
    [action] = named
    for text in list(row.findall(nodes.Text)):
        versions = text.split(", ")
        if all(action in OPERATIONS.get(version, ()) for version in versions):
            text.parent.replace(text, list(links(action, versions)))


def links(action, versions):
    """Links to an operation in some versions, with commas between them."""
    for number, version in enumerate(versions):
        if number:
            yield nodes.Text(", ")
        address = f"{page_name(OcppVersion(version))}.html#{action}"
        yield nodes.reference("", version, refuri=address)


def soften(row):
    """Let names such as TypeConstraintViolation break between their words."""
    for text in list(row.findall(nodes.Text)):
        words = re.split(r"(?<=[a-z])(?=[A-Z])", text)
        if len(words) > 1 and not isinstance(text.parent, nodes.literal):
            pieces = [nodes.Text(words[0])]
            for word in words[1:]:
                pieces += [nodes.raw("", "<wbr>", format="html"), nodes.Text(word)]
            text.parent.replace(text, pieces)


def setup(app):
    """Called by Sphinx."""
    app.add_builder(GuideBuilder)
    app.add_lexer("console", Terminal)
    app.add_transform(Contents)
    app.add_transform(Rows)
    return {"parallel_read_safe": True}
