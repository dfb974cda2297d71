"""The form page in a real browser: filled in, answered, sent, and the determination shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from policies.catalogue import Catalogue
from tests.clients.signing import ISSUER, key_set, token
from tests.page.browsing import Browser, Site, browsing, serving

LINES = {"prior_anti_her2_therapies": "5", "prior_anti_her2_therapies_metastatic": "3", "prior_lines_advanced": "3"}
PHONE = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}


@pytest.fixture(scope="module")
def site(policies_on_file: Catalogue) -> Iterator[Site]:
    with serving(policies_on_file) as opened:
        yield opened


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browsing(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def browser(window: Browser) -> Browser:
    window.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    window.faults()
    window.asked()
    return window


def answer_lines(browser: Browser) -> None:
    for link_id, number in LINES.items():
        browser.write(link_id, number)


def test_the_form_is_filled_in_with_the_evidence_beside_each_answer(browser: Browser, site: Site) -> None:
    browser.open(site.card_link("05"))
    assert browser.chosen("breast_cancer") == "Yes"
    assert browser.chosen("disease_extent") == "metastatic"
    assert browser.chosen("her2_ihc_score") == "2+"
    assert "docetaxel + pertuzumab + trastuzumab" in browser.written("prior_anti_her2_therapies:lines")
    assert browser.beside("disease_extent").splitlines() == [
        "From the chart",
        "Stage: M1 · Aug 19, 2024",
    ]
    assert browser.chosen("her2_ish_result") == ""
    assert browser.beside("her2_ish_result").startswith("Open, please answer Two results contradict each other")
    assert "1 open" in browser.one("#about").text


def test_what_is_open_is_answered_and_sent_and_the_determination_follows(browser: Browser, site: Site) -> None:
    browser.open(site.card_link("05"))
    browser.choose("her2_ish_result", "positive")
    answer_lines(browser)
    browser.attest()
    browser.sign()
    browser.submit()
    assert "support every criterion" in browser.one("h1").text
    truths = {one.text.splitlines()[0] for one in browser.all("ul.criteria > li")}
    assert "✓ met HER2 in situ hybridization positive" in truths
    assert "✗ not met HER2 immunohistochemistry 3+" in truths
    assert "The chart says otherwise" in browser.one("main").text
    assert browser.one("#open").text == "Nothing is open"
    assert browser.faults() == []
    hosts = {url.split("/")[2] for url in browser.asked()}
    assert hosts == {site.base_url.removeprefix("http://")}


def test_an_answer_against_the_policy_names_the_criterion_and_denies_nothing(browser: Browser, site: Site) -> None:
    browser.open(site.card_link("05"))
    browser.choose("her2_ish_result", "negative")
    answer_lines(browser)
    browser.attest()
    browser.sign()
    browser.submit()
    assert browser.all(".ruling.not-met")
    assert "nothing is denied" in browser.one(".ruling").text


def test_what_is_missing_is_named_by_its_question_and_leads_to_it(browser: Browser, site: Site) -> None:
    browser.open(site.card_link("02"))
    browser.sign()
    browser.one("#sender .first").click()
    browser.until(lambda _: browser.one("#faults").is_displayed())
    assert browser.driver.switch_to.active_element.get_attribute("id") == "faults"
    ways = browser.all("#faults a")
    (extent,) = [way for way in ways if way.text.startswith("What is the extent of the breast cancer today?")]
    extent.click()
    focused = browser.driver.switch_to.active_element
    assert focused.get_attribute("name") == "radiogroup_disease_extent/1/1"


def test_what_was_saved_is_there_again_and_what_follows_so_far_is_shown(browser: Browser, site: Site) -> None:
    link = site.card_link("08")
    browser.open(link)
    browser.choose("ecog", "2") if browser.all('[id^="ecog/1/1|"]') else browser.write("ecog", "2")
    browser.sign("B. Example, nurse")
    browser.one("#save").click()
    browser.until(lambda _: "Saved" in browser.one("#told").text)
    browser.open(link)
    assert browser.written("ecog") == "2"
    assert browser.beside("ecog").startswith("Answered before in this form")


def test_a_reader_signs_in_and_a_visit_that_has_ended_loses_no_answer(
    browser: Browser, policies_on_file: Catalogue, tmp_path: Path
) -> None:
    keys = tmp_path / "ehr.json"
    keys.write_bytes(key_set())
    ehr = {"name": "ehr", "iss": ISSUER, "jwks": str(keys), "delivery": "both"}
    with serving(policies_on_file, clients=[ehr]) as site:
        link = site.card_link(
            "05", bearer=token(aud=f"{site.base_url}/cds-services/order-sign-crd", header={"jku": None})
        )
        browser.driver.get(link)
        assert "eva-scheinbar" not in browser.driver.page_source
        browser.one("#token").send_keys(token(aud=link, jti="visit", header={"jku": None}), Keys.ENTER)
        browser.until(lambda _: browser.all("#form .beside"))
        browser.choose("her2_ish_result", "positive")
        browser.sign()
        browser.driver.delete_all_cookies()
        browser.one("#save").click()
        browser.until(lambda _: browser.one("#faults").is_displayed())
        assert "Your visit has ended" in browser.one("#faults").text
        assert browser.chosen("her2_ish_result") == "positive"


def test_markup_in_a_chart_is_shown_as_text(browser: Browser, site: Site) -> None:
    browser.open(site.card_link("05", b"Infiltrating ductal carcinoma", rb"<img src=x onerror='document.title=1'>"))
    assert "<img src=x onerror='document.title=1'> of upper inner quadrant" in browser.beside("breast_cancer")
    assert not browser.all("#form .beside img")
    browser.driver.get(f"{browser.driver.current_url}/determination")
    assert "<img src=x" in browser.one("ul.criteria").text
    assert browser.driver.title.startswith("Determination")


def test_it_works_without_any_script(browser: Browser, site: Site) -> None:
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.driver.get(site.card_link("05"))
        browser.until(lambda _: browser.one("noscript a")).click()
        browser.until(lambda _: browser.one("form.plain"))
        assert browser.one('[name="her2_ihc_score"]:checked').get_attribute("value") == "2+"
        for row in browser.all(".settled-field > summary"):
            row.click()
        assert "Stage: M1 · Aug 19, 2024" in browser.one("#disease_extent").text
        browser.click('[name="her2_ish_result"][value="positive"]')
        for link_id, number in LINES.items():
            browser.one(f'[name="{link_id}"]').clear()
            browser.one(f'[name="{link_id}"]').send_keys(number)
        browser.sign()
        browser.submit()
        assert browser.all(".ruling.met")
        assert browser.faults() == []
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_it_works_by_the_keyboard_alone_on_a_phone(browser: Browser, site: Site) -> None:
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    browser.open(site.card_link("05"))
    assert not browser.is_wider_than_screen()
    browser.tab_to("her2_ish_result/1/1|")
    browser.press(Keys.SPACE)
    assert browser.chosen("her2_ish_result") == "positive"
    for link_id, number in LINES.items():
        browser.unfold_by_keys(link_id)
        browser.tab_to(f"{link_id}/1/1")
        browser.overwrite(number)
    browser.attest()
    browser.tab_to("author")
    browser.press("A. Example, oncologist", Keys.ENTER)
    browser.wait_for_determination()
    assert browser.all(".ruling.met")
    assert not browser.is_wider_than_screen()
