"""The search index has every heading, field and type of all pages of a folder."""

import json

import pytest

from docgen.errors import OutputError
from docgen.search import build_index
from ocppfw.versions import OcppVersion

HEAD = "window.ocppfwIndex = "


def load(folder):
    text = (folder / "search-index.js").read_text(encoding="utf-8")
    assert text.startswith(HEAD)
    assert text.endswith(";\n")
    return json.loads(text[len(HEAD) : -2])


@pytest.fixture
def index_of(tmp_path):
    """The entries for one page with a body."""

    def index_of(body, name="a.html"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"<!DOCTYPE html><title>T</title><body>{body}</body>", encoding="utf-8")
        build_index(tmp_path)
        return load(tmp_path)

    return index_of


def test_operations_and_fields(site):
    index = load(site.folder)
    places = {f"{index['pages'][page][0]}#{anchor}": title
              for page, anchor, title, _, _ in index["entries"]}  # fmt: skip
    for version in OcppVersion:
        page = site.of(version)
        for action in page.operations:
            assert places[f"{page.path.name}#{action}"] == action
        for row in page.tree.xpath("//tr/@id"):
            assert f"{page.path.name}#{row}" in places
    assert places["ocpp_1.6.html#Reset.req.type"] == "Reset.req.type"
    assert places["ocpp_2.1.html#type.IdTokenType.type"] == "IdTokenType.type"
    assert places["wire_protocol.html#errors-1.6.NotSupported"] == "NotSupported (1.6)"


def test_titles_of_pages(site):
    titles = dict(load(site.folder)["pages"])
    assert titles["ocpp_2.0.1.html"] == "OCPP 2.0.1"
    assert titles["differences.html"] == "Differences between versions"


def test_text_that_follows_a_heading(index_of):
    index = index_of("<h1>One</h1><p>Some <b>bold</b> text → with more.</p><h2 id='x'>Two</h2>")
    assert index == {
        "pages": [["a.html", "One"]],
        "entries": [[0, "", "One", 0, "Some bold text → with more."], [0, "x", "Two", 0, ""]],
    }


def test_headings_inside_sections_with_ids(index_of):
    """As Sphinx writes them, with a link to the heading itself."""
    body = "<section id='s'><h2>Two<a class='headerlink' href='#s'>¶</a></h2><p>t</p></section>"
    assert index_of(body)["entries"] == [[0, "s", "Two", 0, "t"]]


def test_definitions_with_ids(index_of):
    body = "<h1>A</h1><dl><dt id='m.f'>f(x)<a class='headerlink'>¶</a></dt><dd>Does it.</dd></dl>"
    assert index_of(body)["entries"][1] == [0, "m.f", "f(x)", 1, ""]


def test_what_is_left_out(index_of):
    body = (
        "<h1>Outside</h1><main><h1>A <a class='anchor'>#</a></h1><!-- x --><pre>code</pre>"
        "<nav>links</nav><script>1</script><p>text</p></main>"
    )
    assert index_of(body)["entries"] == [[0, "", "A", 0, "text"]]


def test_long_text_is_cut(index_of):
    (entry,) = index_of(f"<h1>A</h1><p>{'word ' * 500}</p>")["entries"]
    assert len(entry[4]) <= 240


def test_folders_below(index_of):
    index_of("<h1>A</h1>")
    index = index_of("<h1>B</h1>", "guide/b.html")
    assert index["pages"] == [["a.html", "A"], ["guide/b.html", "B"]]


def test_no_pages(tmp_path):
    with pytest.raises(OutputError, match=r"no \.html file"):
        build_index(tmp_path)
