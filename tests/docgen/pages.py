"""Pages as a reader of their HTML sees them."""

from functools import cached_property

from lxml import html

from ocppfw.versions import OcppVersion

PARTS = ("request-example", "response-example", "request-schema", "response-schema")


class Page:
    """One page."""

    def __init__(self, path):
        self.path = path
        self.text = path.read_text(encoding="utf-8")

    @cached_property
    def tree(self):
        return html.fromstring(self.text, parser=html.HTMLParser(encoding="utf-8"))

    @cached_property
    def ids(self):
        return self.tree.xpath("//@id")

    @cached_property
    def operations(self):
        """The section of every operation, by the id of its heading."""
        sections = self.tree.xpath("//section[@class='operation']")
        return {section.find("h3").get("id"): section for section in sections}


class Site:
    """All pages of a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.pages = {path.name: Page(path) for path in sorted(folder.glob("*.html"))}

    def of(self, version):
        """The page of a version."""
        return self.pages[f"ocpp_{OcppVersion(version)}.html"]


def parts(section, name):
    """The source texts of one kind in the section of an operation."""
    return [node.text_content() for node in section.xpath(f".//pre[@data-part='{name}']")]


def part(section, name):
    """The one source text of a kind."""
    (found,) = parts(section, name)
    return found
