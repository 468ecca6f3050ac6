"""How Sphinx makes the guide: the pages of this folder, in the look of docgen's pages."""

import sys
from pathlib import Path

from docgen.site import Link, protocol_links

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

project = "ocppfw"
extensions = ["myst_parser", "guide_html"]
root_doc = "index"
exclude_patterns = ["examples", "theme"]
smartquotes = False
highlight_language = "none"
myst_heading_anchors = 4  # the anchors that are used in links between the pages, as on GitHub

html_theme = "theme"
html_theme_path = [str(HERE)]
templates_path = ["../docgen/templates"]  # site.html: head and header of all pages
html_permalinks_icon = "#"
html_use_index = False


def setup(app):
    """Called by Sphinx."""
    protocol = protocol_links()
    guide = Link("index.html", "Guide", "how to use and extend ocppfw")
    app.config.html_context = {"protocol": protocol, "links": [*protocol, guide]}
