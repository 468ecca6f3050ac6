"""The pages in Chromium, opened from files: search, links, folding, looks, accessibility."""

import json
import re
import shutil
from pathlib import Path

import pytest

from ocppfw.versions import OcppVersion

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.wait import WebDriverWait  # noqa: E402

HERE = Path(__file__).parent
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = HERE.parents[1] / "build" / "screenshots"
CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
VERSION_PAGES = [f"ocpp_{version}.html" for version in OcppVersion]
PAGES = [*VERSION_PAGES, "differences.html", "wire_protocol.html", "index.html"]
DESKTOP = (1280, 900)
PHONE = (390, 844)
# From the smallest that WCAG 2.1 wants to be enough (criterion 1.4.10) to a tablet on its side.
WIDTHS = (320, 390, 640, 768, 1024)
PAPER = (718, 1047)  # A4 less the margins of Chromium, at 96 pixels to the inch

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(None in (CHROMIUM, DRIVER), reason="Chromium is not installed"),
]


class Browser:
    """A window without a screen."""

    def __init__(self, folder):
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        # Chromium's sandbox does not start for root.
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self._folder = folder
        self.driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
        self.driver.set_script_timeout(110)

    def look(self, scheme="light", size=DESKTOP, media=""):
        """How pages are shown from now on."""
        width, height = size
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}]},
        )
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE},
        )

    def scripts(self, *, on):
        """Whether pages may run scripts from now on."""
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not on})

    def open(self, address):
        # From another document, so that an anchor in the same page loads it anew.
        self.driver.get("about:blank")
        self.driver.get(f"{self._folder.as_uri()}/{address}")

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def wait(self, condition):
        return WebDriverWait(self.driver, 20).until(lambda driver: condition())

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def search(self, text):
        """Type into the search field; the titles and pages that are found."""
        self.find("body").send_keys("/")
        self.driver.switch_to.active_element.send_keys(text)
        self.wait(lambda: self.find("#search-results").is_displayed())
        return [tuple(found) for found in self.run(FOUND)]

    def sticks_out(self):
        """The widths at which one would have to scroll sideways."""
        found = []
        for width in WIDTHS:
            self.look(size=(width, 800))
            if self.run("return document.documentElement.scrollWidth") > width:
                found.append(width)
        return found

    def keep(self, name):
        """Keep a screenshot."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(SCREENSHOTS / f"{name}.png"))

    def requests(self):
        """The addresses that were asked for since this was last asked."""
        events = [
            json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")
        ]
        return [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]

    def complaints(self):
        """What is in the console since this was last asked."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


FOUND = """
    return [...document.querySelectorAll("[role=option]")].map(
        (option) => [".title", ".where"].map((part) => option.querySelector(part).innerText));
"""


@pytest.fixture(scope="module")
def window(site):
    browser = Browser(site.folder)
    yield browser
    browser.driver.quit()


@pytest.fixture
def browser(window):
    window.look()
    window.scripts(on=True)
    yield window
    assert window.complaints() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_page_opens(browser, page, scheme):
    browser.look(scheme)
    browser.requests()
    browser.open(page)
    assert browser.find("h1").is_displayed()
    colour = browser.run("return getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", colour)[:3]))
    assert (brightness > 600) == (scheme == "light")
    browser.keep(f"{page.removesuffix('.html')}-{scheme}")
    browser.search("x")
    loaded = browser.requests()
    assert {Path(address).name for address in loaded} >= {page, "search-index.js", "ocppfw.css"}
    assert all(address.startswith(("file:", "about:")) for address in loaded)


@pytest.mark.parametrize("page", PAGES)
def test_nothing_sticks_out_on_a_phone(browser, page):
    browser.look("dark", PHONE)
    browser.open(page)
    assert browser.run("return document.documentElement.scrollWidth") <= PHONE[0]
    contents = browser.driver.find_elements(By.CSS_SELECTOR, "nav.contents > details")
    assert [each.get_attribute("open") for each in contents] == [None] * len(contents)
    browser.keep(f"{page.removesuffix('.html')}-phone")
    assert browser.sticks_out() == []


@pytest.mark.parametrize("page", VERSION_PAGES)
def test_search_and_follow_with_the_keyboard(browser, page):
    browser.open(page)
    found = browser.search("ReserveNow")
    assert found[:4] == [
        ("ReserveNow", f"OCPP {version}") for version in ("1.5", "1.6", "2.0.1", "2.1")
    ]
    field = browser.driver.switch_to.active_element
    field.send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    active = browser.find(f"#{field.get_attribute('aria-activedescendant')}")
    assert active.get_attribute("aria-selected") == "true"
    field.send_keys(Keys.ENTER)
    browser.wait(lambda: browser.driver.current_url.endswith("ocpp_1.6.html#ReserveNow"))
    browser.wait(lambda: 0 < browser.run(TOP, "ReserveNow") < DESKTOP[1])
    browser.wait(lambda: browser.run(MARKED) == ["ReserveNow"])  # a moment after the page has moved


MARKED = """
    return [...document.querySelectorAll("nav.contents a.here")].map((link) => link.innerText);
"""
TOP = "return document.getElementById(arguments[0]).getBoundingClientRect().top"


def test_search_and_follow_with_the_mouse(browser):
    browser.open("index.html")
    found = browser.search("reset.req type")
    assert ("Reset.req.type", "OCPP 1.5") in found
    browser.keep("search-light")
    number = found.index(("Reset.req.type", "OCPP 1.5"))
    browser.find(f"#search-result-{number}").click()
    browser.wait(lambda: browser.driver.current_url.endswith("ocpp_1.5.html#Reset.req.type"))
    assert 0 < browser.run(TOP, "Reset.req.type") < DESKTOP[1]


def test_search_ends(browser):
    browser.open("index.html")
    browser.search("heartbeat")
    field = browser.driver.switch_to.active_element
    field.send_keys(Keys.ESCAPE)
    assert not browser.find("#search-results").is_displayed()
    assert field.get_attribute("aria-expanded") == "false"
    field.send_keys(" no such thing")
    browser.wait(lambda: browser.find("#search-status").get_attribute("textContent").strip())
    assert browser.find("#search-status").get_attribute("textContent") == "nothing found"


def test_search_ends_when_one_goes_on(browser):
    """With the key Tab, which leads to the page and not into the list."""
    browser.open("ocpp_1.6.html")
    browser.search("heartbeat")
    browser.driver.switch_to.active_element.send_keys(Keys.TAB)
    assert not browser.find("#search-results").is_displayed()
    assert browser.run("return document.activeElement.closest('nav.contents') !== null")
    browser.find("#search").click()
    assert browser.find("#search-results").is_displayed()


def test_without_scripts(browser):
    """Everything can be read; there is no search that does nothing."""
    browser.scripts(on=False)
    browser.open("ocpp_1.6.html#Reset")
    assert browser.find("#Reset").is_displayed()
    assert browser.find("nav.contents a").is_displayed()
    assert not browser.find("#search").is_displayed()


@pytest.mark.parametrize("page", VERSION_PAGES)
def test_schema_folds(browser, page):
    browser.open(f"{page}#Reset")
    details = browser.find("section.operation:has(#Reset) details.schema")
    schema = details.find_element(By.TAG_NAME, "pre")
    summary = details.find_element(By.TAG_NAME, "summary")
    assert not schema.is_displayed()
    summary.click()
    assert schema.is_displayed()
    assert '"type": "object"' in schema.text
    browser.keep(f"{page.removesuffix('.html')}-schema")
    summary.click()
    assert not schema.is_displayed()


def test_links_between_pages(browser):
    browser.open("ocpp_1.6.html#Reset")
    browser.find("section.operation:has(#Reset) dl.codes a").click()
    browser.wait(lambda: "wire_protocol.html#errors-1.6." in browser.driver.current_url)
    browser.find("nav.pages a[href='differences.html']").click()
    browser.wait(lambda: browser.driver.current_url.endswith("differences.html"))
    browser.find("table.matrix td.changed a").click()
    browser.wait(lambda: "differences.html#" in browser.driver.current_url)


# The pages of the versions are made alike; the larger ones take long.
LONG = [f"ocpp_{version}.html" for version in ("1.5", "1.6", "2.0.1", "2.1")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "page", [pytest.param(p, marks=pytest.mark.soak) if p in LONG else p for p in PAGES]
)
def test_accessibility(browser, page, scheme):
    if not AXE.is_file():
        pytest.skip("npm ci --prefix tests/docgen was not run")
    browser.look(scheme)
    browser.open(page)
    browser.search("status")
    # What is folded is checked on one page; there is too much of it on the others.
    if page == "ocpp_1.2.html":
        browser.run("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    browser.run(AXE.read_text(encoding="utf-8"))
    found = browser.driver.execute_async_script(AXE_RUN)
    grave = [
        (each["id"], [node["html"][:200] for node in each["nodes"][:3]])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
    assert grave == []


# Style sheets are not loaded once more, which files may not do.
AXE_RUN = """
    const done = arguments[arguments.length - 1];
    const options = { resultTypes: ["violations"], selectors: false, preload: false };
    axe.run(options).then(({ violations }) => done(violations));
"""


def test_paper(browser):
    browser.look(media="print")
    browser.open("ocpp_1.2.html")
    assert not browser.find("header.site").is_displayed()
    assert not browser.find("nav.contents").is_displayed()
    assert browser.find("#Reset").is_displayed()
    pdf = browser.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    assert len(pdf["data"]) > 50_000


def test_wide_tables_are_not_cut_on_paper(browser):
    browser.look(size=PAPER, media="print")
    browser.open("wire_protocol.html")
    widths = browser.run(
        "return [...document.querySelectorAll('.wide')].map((e) => [e.scrollWidth, e.clientWidth])"
    )
    assert len(widths) == 2
    assert all(needed <= given for needed, given in widths)
