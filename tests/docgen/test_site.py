"""A site appears whole or not at all, and is the same every time."""

import subprocess
import sys
from pathlib import Path

import pytest

from docgen import site as site_module
from docgen.main import main

PAGES = {"index.html": "<main><h1>One</h1></main>"}


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_is_written(tmp_path):
    site_module.write_site(PAGES, tmp_path / "a" / "docs")
    assert set(files(tmp_path)) == {
        "a/docs/.docgen",
        "a/docs/index.html",
        "a/docs/search-index.js",
        "a/docs/static/icon.svg",
        "a/docs/static/ocppfw.css",
        "a/docs/static/page.js",
        "a/docs/static/search.js",
    }


def test_reproducible(site, tmp_path):
    assert main(["-o", str(tmp_path / "docs")]) == 0
    assert files(tmp_path / "docs") == files(site.folder)


def test_an_earlier_site_is_replaced(tmp_path):
    site_module.write_site({**PAGES, "old.html": "<h1>Old</h1>"}, tmp_path / "d")
    site_module.write_site(PAGES, tmp_path / "d")
    assert not (tmp_path / "d" / "old.html").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "d").mkdir()
    site_module.write_site(PAGES, tmp_path / "d")
    assert (tmp_path / "d" / "index.html").is_file()


@pytest.mark.parametrize("name", ["letter.txt", "static/letter.txt", "search-index.js"])
@pytest.mark.parametrize("before", [True, False])
def test_files_of_others_are_left_alone(tmp_path, capsys, name, before):
    """Also beside a site, and when another program calls its search index the same."""
    target = tmp_path / "precious"
    if before:
        site_module.write_site({"old.html": "<h1>Old</h1>"}, target)
        name = f"other-{Path(name).name}"
    (target / name).parent.mkdir(parents=True, exist_ok=True)
    (target / name).write_text("dear")
    known = files(tmp_path)
    assert main(["-o", str(target)]) == 1
    assert capsys.readouterr().err == (
        f"docgen: {target}: {name} is there already, and is not of docgen\n"
    )
    assert files(tmp_path) == known


def test_a_file_is_left_alone(tmp_path, capsys):
    target = tmp_path / "precious"
    target.write_text("dear")
    assert main(["-o", str(target)]) == 1
    assert capsys.readouterr().err == f"docgen: {target}: is there already, and is not a folder\n"
    assert target.read_text() == "dear"


@pytest.mark.parametrize("step", ["_write", "build_index", "_replace"])
@pytest.mark.parametrize("before", [True, False])
def test_a_fault_while_writing_leaves_what_was_there(tmp_path, monkeypatch, step, before):
    target = tmp_path / "docs"
    if before:
        site_module.write_site(PAGES, target)
    known = files(tmp_path)

    def fail(*arguments):
        raise OSError("disk full")

    monkeypatch.setattr(site_module, step, fail)
    with pytest.raises(OSError, match="disk full"):
        site_module.write_site({"index.html": "new"}, target)
    assert files(tmp_path) == known
    assert [path.name for path in tmp_path.iterdir()] == (["docs"] if before else [])


def test_a_folder_that_cannot_be_made(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["-o", str(tmp_path / "file" / "docs")]) == 1
    assert capsys.readouterr().err == f"docgen: {tmp_path / 'file'}: File exists\n"


def test_link_to_the_guide():
    for text in site_module.protocol_site("guide/index.html").values():
        assert 'href="guide/index.html"' in text


@pytest.mark.parametrize("arguments", [[], ["wsdl"], ["-o"], ["--nope"]])
def test_wrong_options(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: ocppfw-docgen")


def test_as_a_module():
    command = [sys.executable, "-W", "error", "-m", "docgen", "--help"]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert "--output FOLDER" in result.stdout
