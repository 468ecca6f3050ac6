"""The pages hang together, need no network, and are small enough."""

import itertools
import re
from urllib.parse import unquote

import pytest

from ocppfw.versions import OcppVersion

NAMES = ["differences", "index", "wire_protocol", *(f"ocpp_{version}" for version in OcppVersion)]
LOADED = ("src", "href", "action", "poster", "data", "srcset")


@pytest.fixture(params=sorted(NAMES))
def page(request, site):
    return site.pages[f"{request.param}.html"]


def test_the_pages(site):
    assert sorted(site.pages) == sorted(f"{name}.html" for name in NAMES)


def test_size(page):
    assert page.path.stat().st_size < 1_500_000


def test_links_lead_somewhere(site, page):
    for address in page.tree.xpath("//@href | //@src"):
        path, _, anchor = address.partition("#")
        target = page.path.parent / path if path else page.path
        assert target.exists(), address
        if anchor:
            assert unquote(anchor) in site.pages[target.name].ids, address


def test_nothing_comes_from_the_network(page):
    for name in LOADED:
        for address in page.tree.xpath(f"//@{name}"):
            assert not re.match(r"([a-z]+:)?//|[a-z]+:", address, re.IGNORECASE), address
    assert not page.tree.xpath("//style | //*[@style] | //iframe | //script[not(@src)]")


def test_style_and_scripts_ask_for_nothing(site):
    for path in (site.folder / "static").iterdir():
        text = path.read_text(encoding="utf-8")
        for wanted in ("@import", "url(", "fetch(", "XMLHttpRequest", "import(", "https:"):
            assert wanted not in text, (path, wanted)


def test_ids_are_unique(page):
    assert len(page.ids) == len(set(page.ids))


def test_structure(page):
    tree = page.tree
    assert tree.get("lang") == "en"
    assert tree.findtext(".//title").strip().endswith("· ocppfw")
    assert len(tree.xpath("//h1")) == len(tree.xpath("//main")) == 1
    levels = [int(name[1]) for name in (n.tag for n in tree.iter("h1", "h2", "h3", "h4"))]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    labels = list(tree.xpath("//table/@aria-label"))
    assert len(labels) == len(set(labels))


def test_every_page_is_reached_from_every_page(site, page):
    linked = set(page.tree.xpath("//header//a/@href"))
    assert linked >= site.pages.keys() - {"index.html"}
    current = page.tree.xpath("//header//a[@aria-current]/@href")
    assert current == ([] if page.path.name == "index.html" else [page.path.name])


def test_nothing_is_left_of_the_templates(page):
    outside = re.sub(r"<pre.*?</pre>", "", page.text, flags=re.DOTALL)
    assert not re.search(r"\{\{|\}\}|\{%|Undefined|<[\w.]+ object at", outside)
    assert ">None<" not in outside
