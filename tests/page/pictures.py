"""Takes the pictures of the form page that the README shows: `make pictures`. All of it is made up."""

import tempfile
from pathlib import Path

from policies import catalogue
from tests.page.browsing import Browser, browsing, serving
from tests.page.test_page_browser import answer_lines

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"


def take(browser: Browser, name: str, width: int, height: int) -> None:
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.driver.execute_script("document.activeElement.blur(); window.scrollTo(0, 0)")
    browser.driver.save_screenshot(str(FOLDER / name))


def main() -> None:
    """Take the pictures: the form as it is filled in, and the determination after it is answered."""
    with (
        tempfile.TemporaryDirectory() as profile,
        serving(catalogue.load()) as site,
        browsing(Path(profile)) as browser,
    ):
        browser.open(site.card_link("05"))
        take(browser, "form.png", 1000, 1000)
        browser.choose("her2_ish_result", "positive")
        answer_lines(browser)
        browser.attest()
        browser.sign()
        browser.submit()
        take(browser, "determination.png", 820, 900)


if __name__ == "__main__":
    main()
