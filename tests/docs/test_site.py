"""The documentation as a whole: both halves look and work as one, without a network."""

import itertools
import json
import re
import resource
import shutil
import subprocess
import sys
from urllib.parse import unquote

import pytest

from ocppfw.catalogue import load_catalogue
from ocppfw.settings import SETTINGS
from ocppfw.versions import OcppVersion
from tests.docs.conftest import build
from tests.docs.pages import PAGES, ROOT, names, read, rows, section

GUIDE = sorted(page.stem for page in PAGES if page.parent.name == "docs")
LOADED = ("src", "action", "poster", "data", "srcset")

pytestmark = pytest.mark.slow


@pytest.fixture(params=GUIDE)
def page(request, documentation):
    return documentation.pages[f"{request.param}.html"]


def test_both_halves(documentation):
    protocol = ["differences", "wire_protocol", *(f"ocpp_{version}" for version in OcppVersion)]
    assert sorted(documentation.pages) == sorted(f"{name}.html" for name in [*GUIDE, *protocol])


def test_links_lead_somewhere(documentation):
    """Of all pages, with their anchors."""
    for page in documentation.pages.values():
        for address in page.tree.xpath("//@href | //@src"):
            path, _, anchor = address.partition("#")
            target = page.path.parent / path if path else page.path
            assert target.is_file(), (page.path.name, address)
            if anchor:
                ids = documentation.pages[target.name].ids
                assert unquote(anchor) in ids, (page.path.name, address)


def test_nothing_comes_from_the_network(documentation):
    for page in documentation.pages.values():
        attributes = " | ".join(f"//@{name}" for name in LOADED)
        for address in page.tree.xpath(f"{attributes} | //link/@href"):
            assert re.fullmatch(r"[\w./-]+", address), (page.path.name, address)
        assert not page.tree.xpath("//style | //*[@style] | //iframe | //script[not(@src)]")
    style = documentation.folder.joinpath("guide.css").read_text()
    assert "@import" not in style
    assert "url(" not in style


def test_ids_are_unique(page):
    assert len(page.ids) == len(set(page.ids))


def test_structure(page):
    tree = page.tree
    assert tree.get("lang") == "en"
    assert tree.findtext(".//title").endswith("· ocppfw")
    assert len(tree.xpath("//h1")) == len(tree.xpath("//main")) == 1
    levels = [int(node.tag[1]) for node in tree.iter("h1", "h2", "h3", "h4")]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_one_header(documentation, page):
    """The bar of the guide is that of the pages of docgen, with another page marked."""
    ours, theirs = (
        [(link.get("href"), link.text_content().strip()) for link in each.tree.xpath("//header//a")]
        for each in (page, documentation.pages["ocpp_1.6.html"])
    )
    assert ours == theirs
    assert page.tree.xpath("//header//a[@aria-current]/@href") == ["index.html"]
    scripts = [
        each.tree.xpath("//script/@src") for each in (page, documentation.pages["ocpp_1.6.html"])
    ]
    assert scripts[0] == scripts[1]


def test_first_page_leads_everywhere(documentation):
    linked = set(documentation.pages["index.html"].tree.xpath("//main//a/@href"))
    assert linked >= documentation.pages.keys() - {"index.html"}


def test_navigation_leads_to_every_page_of_the_guide(page):
    linked = {
        address.partition("#")[0]
        for address in page.tree.xpath("//nav[@class='contents']//a/@href")
    }
    own = {page.path.name, "index.html"}
    assert linked | own >= {f"{name}.html" for name in GUIDE}


def entries(documentation):
    text = (documentation.folder / "search-index.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("window.ocppfwIndex = ").removesuffix(";\n"))
    for number, anchor, title, _, _ in index["entries"]:
        yield index["pages"][number][0], anchor, title


def test_search_finds_both_halves(documentation):
    found = set(entries(documentation))
    assert ("ocpp_1.6.html", "ReserveNow", "ReserveNow") in found
    for setting in SETTINGS:
        assert ("settings.html", setting.name, setting.name) in found
    for row in rows(section("docs/plugins.md", "All answer hooks")):
        [hook] = names(row[0])
        assert ("plugins.html", hook, hook) in found
    assert ("plugins.html", "answering", "Answering") in found


def test_every_answer_hook_leads_to_its_operations(documentation):
    tree = documentation.pages["plugins.html"].tree
    linked = set(tree.xpath("//section[@id='all-answer-hooks']//td//a/@href"))
    assert linked == {
        f"ocpp_{version}.html#{action}"
        for version in OcppVersion
        for action in load_catalogue(version).operations
    }


def test_terminals_and_plugins_are_coloured(documentation):
    tree = documentation.pages["tutorial.html"].tree
    prompts = tree.xpath("//pre/span[@class='gp']/text()")
    assert len(prompts) == len(re.findall(r"^[$>] ", read("docs/tutorial.md"), re.MULTILINE))
    assert tree.xpath("//pre/span[@class='nd']/text()")[0] == "@hookimpl"


def copy(tmp_path):
    """A checkout of which a page may be spoiled, with documentation built earlier."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=ignore)
    shutil.copytree(ROOT / "docgen", tmp_path / "docgen", ignore=ignore)
    (tmp_path / "build" / "docs").mkdir(parents=True)
    return tmp_path


def tree_of(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize(
    ("name", "fault", "said"),
    [
        ("glossary.md", "[x](nowhere.md)\n", "nowhere.md"),
        ("glossary.md", "[x](plugins.md#nowhere)\n", "nowhere"),
        ("lonely.md", "# Lonely\n", "lonely.md"),
        ("glossary.md", "```{nonsense}\n```\n", "nonsense"),
    ],
    ids=["page", "anchor", "page without a link", "directive"],
)
def test_faults_are_errors_and_leave_what_was_there(documentation, tmp_path, name, fault, said):
    pytest.importorskip("myst_parser", reason="Sphinx is not installed")
    checkout = copy(tmp_path)
    with (checkout / "docs" / name).open("a") as page:
        page.write(f"\n{fault}")
    before = tree_of(checkout / "build")
    result = subprocess.run(
        [sys.executable, "docs/build.py", "build/docs"],
        cwd=checkout,
        env={"PYTHONPATH": f"{checkout}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 1
    assert said in result.stderr
    assert result.stderr.endswith("docs: the guide has faults\n")
    assert "Traceback" not in result.stderr
    assert tree_of(checkout / "build") == before


def test_reproducible_and_fast(documentation, tmp_path):
    begin = processor_time()
    assert build(tmp_path / "docs").returncode == 0
    assert processor_time() - begin < 20
    for path in documentation.folder.rglob("*.*"):
        again = tmp_path / "docs" / path.relative_to(documentation.folder)
        assert again.read_bytes() == path.read_bytes(), path.name


def processor_time():
    """Seconds that programs started from here have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
