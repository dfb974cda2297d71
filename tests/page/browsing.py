"""A browser without a window, and the real application on loopback, for the tests of the form page."""

import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from msgspec import convert
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait
from werkzeug.serving import WSGIRequestHandler, make_server

import cds_service
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.form_page.renderer_routes import RENDERER
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.world import compose, store

PACKAGE = Path(cds_service.__file__).parent
SAMPLES = PACKAGE / "samples"
REQUIRED = "BROWSER_TESTS"
_SECONDS = 20
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def needed() -> tuple[str, str]:
    """Return where browser and driver are; without them tests are skipped, or fail where they are required."""
    found = [shutil.which(name) for name in ("chromium", "chromedriver")]
    lacking = [name for name, path in zip(("chromium", "chromedriver"), found, strict=True) if path is None]
    lacking += [] if (PACKAGE / "static" / RENDERER).is_file() else ["LHC-Forms (make page)"]
    if lacking:
        tell = pytest.fail if os.environ.get(REQUIRED) == "required" else pytest.skip
        tell(f"the form page is tested in a browser; lacking here: {', '.join(lacking)}")
    return str(found[0]), str(found[1])


def at_another_ehr(sample: str) -> bytes:
    """Return a sample call from an EHR of its own, so that no other test has answered its form."""
    (path,) = SAMPLES.glob(f"{sample}-*.json")
    call, own = path.read_bytes(), f"https://{uuid4()}.example.org/fhir".encode()
    named = re.search(rb'"fhirServer": *"([^"]*)"', call)
    return call.replace(named[1], own) if named else call.replace(b"{", b'{"fhirServer": "' + own + b'",', 1)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the name is werkzeug's
        pass


@dataclass(frozen=True)
class Site:
    """The application as it listens on this machine."""

    base_url: str
    app: Any

    def card_link(self, sample: str, said: bytes = b"", instead: bytes = b"", bearer: str = "") -> str:
        """Sign a sample order, each time at another EHR, and return the link to its form that the card bears.

        What the sample says can be said otherwise.
        """
        call = at_another_ehr(sample).replace(said, instead) if said else at_another_ehr(sample)
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        reply = self.app.test_client().post("/cds-services/order-sign-crd", data=call, headers=headers)
        links = [link["url"] for card in json.loads(reply.data)["cards"] for link in card.get("links", ())]
        return next(url for url in links if "/forms/" in url)


@contextmanager
def serving(policies: Catalogue, **settings: Any) -> Iterator[Site]:
    server = make_server("127.0.0.1", 0, None, threaded=True, request_handler=_Quiet)  # type: ignore[arg-type]
    base_url = f"http://127.0.0.1:{server.port}"
    engine = store()
    server.app = create_app(compose(convert({"base_url": base_url} | settings, Settings), policies, TODAY, engine))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Site(base_url, server.app)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        engine.dispose()


@contextmanager
def browsing(profile: Path) -> Iterator["Browser"]:
    chromium, driver = needed()
    options = ChromeOptions()
    options.binary_location = chromium
    for flag in (*_FLAGS, f"--user-data-dir={profile}", "--window-size=1100,900"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = Chrome(options=options, service=ChromeService(driver))
    try:
        yield Browser(opened)
    finally:
        opened.quit()


@dataclass(frozen=True)
class Browser:
    """The browser, as a person uses it."""

    driver: Chrome

    def until(self, holds: Callable[[Chrome], Any]) -> Any:
        """Wait until something holds.

        A page that is just being left answers with errors of several kinds; what does not pass ends with the time.
        """
        return WebDriverWait(self.driver, _SECONDS, ignored_exceptions=(WebDriverException,)).until(holds)

    def open(self, url: str) -> None:
        """Open a form, and wait until it is shown."""
        self.driver.get(url)
        self.until(lambda driver: driver.find_element(By.ID, "sender").is_displayed())

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def click(self, selector: str) -> None:
        """Click on what is brought to the middle of the screen first: a bar stays over its top."""
        found = self.one(selector)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)
        found.click()

    def unfold(self, link_id: str) -> None:
        """Open a question that is folded away, as it is where it is filled in."""
        for row in self.all(f'[id^="item-{link_id}/"][data-folded="yes"] > button.row'):
            row.click()

    def choose(self, link_id: str, answer: str) -> None:
        self.unfold(link_id)
        end = {"yes": "|true", "no": "|false"}.get(answer, f"|{quote(answer)}")
        self.one(f'[id^="{link_id}/1/1|"][id$="{end}"]').click()

    def chosen(self, link_id: str) -> str:
        self.unfold(link_id)
        found = self.all(f'[id^="{link_id}/1/1|"].ant-radio-wrapper-checked')
        return found[0].text if found else ""

    def write(self, link_id: str, text: str) -> None:
        self.unfold(link_id)
        place = self.one(f'[id="{link_id}/1/1"]')
        place.clear()
        place.send_keys(text)

    def written(self, link_id: str) -> str:
        return self.one(f'[id="{link_id}/1/1"]').get_attribute("value") or ""

    def beside(self, link_id: str) -> str:
        self.unfold(link_id)
        return self.one(f'[id^="item-{link_id}:beside/"] .beside').text

    def attest(self) -> None:
        """Answer yes to every required question of yes or no that is still open."""
        for item in self.all(".lf-answer-required.lhc-datatype-BL"):
            if not item.find_elements(By.CSS_SELECTOR, '.ant-radio-wrapper-checked:not([id$="|null"])'):
                item.find_element(By.CSS_SELECTOR, '[id$="|true"]').click()

    def sign(self, name: str = "A. Example, oncologist") -> None:
        self.one("#author").clear()
        self.one("#author").send_keys(name)

    def submit(self) -> None:
        """Send the form, and wait for the determination."""
        self.one("#sender .first").click()
        self.wait_for_determination()

    def wait_for_determination(self) -> None:
        """Wait for the determination; fail if the form is refused."""
        self.until(lambda _: self.all(".ruling") or any(one.is_displayed() for one in self.all("#faults")))
        assert self.all(".ruling"), self.one("#faults").text

    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def overwrite(self, text: str) -> None:
        """Write over what stands in the field that has the focus."""
        ActionChains(self.driver).key_down(Keys.CONTROL).send_keys("a").key_up(Keys.CONTROL).send_keys(text).perform()

    def tab_to(self, start_of_id: str) -> None:
        """Go on by the tabulator until an element of this id, or inside of it, has the focus."""
        script = """let one = document.activeElement;
            while (one && !(one.id || '').startsWith(arguments[0])) one = one.parentElement;
            return Boolean(one);"""
        for _ in range(120):
            if self.driver.execute_script(script, start_of_id):
                return
            self.press(Keys.TAB)
        raise AssertionError(f"the tabulator does not lead to {start_of_id}")

    def unfold_by_keys(self, link_id: str) -> None:
        """Go on by the tabulator to the row of a question that is folded away, and open it."""
        self.tab_to(f"item-{link_id}/")
        self.press(Keys.SPACE)

    def is_wider_than_screen(self) -> bool:
        script = "const all = document.documentElement; return all.scrollWidth > all.clientWidth"
        return bool(self.driver.execute_script(script))

    def faults(self) -> list[str]:
        """Return the errors of the console since the last look."""
        return [str(line["message"]) for line in self.driver.get_log("browser") if line["level"] == "SEVERE"]

    def asked(self) -> set[str]:
        """Return the addresses that were asked for since the last look."""
        found = (json.loads(line["message"])["message"] for line in self.driver.get_log("performance"))
        sent = (one["params"]["request"]["url"] for one in found if one["method"] == "Network.requestWillBeSent")
        return {url for url in sent if not url.startswith("data:")}
