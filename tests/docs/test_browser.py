"""The guide in Chromium, opened from files: search across both halves, looks, accessibility."""

from pathlib import Path

import pytest

from tests.docgen.test_browser import AXE, AXE_RUN, CHROMIUM, DRIVER, PHONE, Browser
from tests.docs.pages import PAGES

GUIDE = sorted(page.stem for page in PAGES if page.parent.name == "docs")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(None in (CHROMIUM, DRIVER), reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def window(documentation):
    browser = Browser(documentation.folder)
    yield browser
    browser.driver.quit()


@pytest.fixture
def browser(window):
    window.look()
    yield window
    assert window.complaints() == []


def address(browser):
    """The page that is open, and the place in it."""
    return browser.driver.current_url.rpartition("/")[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", GUIDE)
def test_page(browser, page, scheme):
    browser.look(scheme)
    browser.open(f"{page}.html")
    assert browser.find("h1").is_displayed()
    assert browser.find("nav.pages a[aria-current]").text == "Guide"
    loaded = browser.requests()
    assert all(each.startswith(("file:", "about:")) for each in loaded)
    assert {Path(each).name for each in loaded} >= {"ocppfw.css", "guide.css", "search.js"}
    browser.keep(f"guide-{page}-{scheme}")


# One page of each kind: cards, tables and plugins, terminals.
KINDS = ("index", "plugins", "tutorial")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "page", [p if p in KINDS else pytest.param(p, marks=pytest.mark.soak) for p in GUIDE]
)
def test_accessibility(browser, page, scheme):
    if not AXE.is_file():
        pytest.skip("npm ci --prefix tests/docgen was not run")
    browser.look(scheme)
    browser.open(f"{page}.html")
    browser.search("status")
    browser.run(AXE.read_text(encoding="utf-8"))
    found = browser.driver.execute_async_script(AXE_RUN)
    assert [
        (each["id"], [node["html"][:200] for node in each["nodes"][:3]])
        for each in found
        if each["impact"] in ("serious", "critical")
    ] == []


@pytest.mark.parametrize("page", GUIDE)
def test_nothing_sticks_out_on_a_phone(browser, page):
    browser.look("light", PHONE)
    browser.open(f"{page}.html")
    assert browser.run("return document.documentElement.scrollWidth") <= PHONE[0]
    assert browser.find("nav.contents > details").get_attribute("open") is None
    browser.keep(f"guide-{page}-phone")
    assert browser.sticks_out() == []


@pytest.mark.parametrize(
    ("text", "title", "page", "place"),
    [
        ("ReserveNow", "ReserveNow", "OCPP 1.6", "ocpp_1.6.html#ReserveNow"),
        ("hook-timeout", "hook-timeout", "Settings", "settings.html#hook-timeout"),
        ("cp_reset", "cp_reset", "Writing plugins", "plugins.html#cp_reset"),
        ("daemon", "A daemon", "Running", "running.html#a-daemon"),
    ],
)
def test_search(browser, text, title, page, place):
    browser.open("tutorial.html")
    found = browser.search(text)
    browser.keep(f"guide-search-{text}")
    browser.find(f"#search-result-{found.index((title, page))}").click()
    browser.wait(lambda: address(browser) == place)
    top = "return document.getElementById(arguments[0]).getBoundingClientRect().top"
    assert 0 < browser.run(top, place.partition("#")[2]) < 900


def test_search_from_an_operation(browser):
    """The other half finds the guide."""
    browser.open("ocpp_2.1.html")
    assert browser.search("hook-timeout")[0] == ("hook-timeout", "Settings")


def test_from_a_hook_to_its_operation_and_back(browser):
    browser.open("plugins.html#all-answer-hooks")
    browser.find("tr#cp_reset a[href='ocpp_1.6.html#Reset']").click()
    browser.wait(lambda: address(browser) == "ocpp_1.6.html#Reset")
    browser.find("nav.pages a[href='index.html']").click()
    browser.wait(lambda: address(browser) == "index.html")
    browser.find("main a[href='plugins.html']").click()
    browser.wait(lambda: browser.find("h1").text.startswith("Writing plugins"))


def test_navigation_shows_where_one_is(browser):
    browser.open("plugins.html#state")
    browser.wait(lambda: browser.find("nav.contents a.here").text == "State")
    browser.find("nav.turn a[rel='next']").click()
    browser.wait(lambda: browser.find("nav.contents a.current").text == "Recipes for plugins")


def test_paper(browser):
    browser.look(media="print")
    browser.open("tutorial.html")
    for selector in ("header.site", "nav.contents", "nav.turn"):
        assert not browser.find(selector).is_displayed()
    assert browser.find("#install").is_displayed()
    pdf = browser.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    assert len(pdf["data"]) > 50_000
