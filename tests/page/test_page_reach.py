"""Whether everybody can use the pages: axe finds nothing, on desktop and phone, in both languages; the form on a phone.

axe-core is brought by `node web/bring.mjs axe` (`make test` does); without it, or without Chromium, these are skipped.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import render_template
from selenium.webdriver.common.keys import Keys
from werkzeug.security import generate_password_hash

from cds_service.impact_report.report_files import page
from cds_service.impact_report.summary import Summary
from cds_service.impact_report.tally import Tally
from fhir_mappings.members import PolicyVersion
from fhir_mappings.wording import wording
from policies.catalogue import Catalogue
from tests import world
from tests.conftest import TODAY
from tests.impact.test_impact_report import ROWS
from tests.page.browsing import REQUIRED, Browser, Site, browsing, serving
from tests.page.test_page_lost import FAILING, raising
from tests.prior_auth.request_bundles import request_of, sample

PASSWORD = "correct horse"
OFFERED = {"url": "/x", "title": "Margenza", "order": "MedicationRequest/1", "day": TODAY, "questions": 2}
RARE: dict[str, dict[str, Any]] = {
    "choose": {"offered": [OFFERED, OFFERED]},
    "sign_in": {"refused": "The token is not signed."},
    "refused": {"text": "This link has expired."},
}
AXE = Path(__file__).parent / "axe" / "axe.min.js"
SCREENS = {"phone": (380, 740), "desktop": (1280, 900)}
LEVELS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
_RUN = """const done = arguments[arguments.length - 1];
axe.run(document, {runOnly: {type: 'tag', values: arguments[0]}}).then((found) => done(found.violations.map(
    (one) => `${one.impact} ${one.id}: ${one.nodes.map((each) => each.html.slice(0, 160)).join(' | ')}`)));"""
_SMALL = """return [...document.querySelectorAll('button, summary, select, input, textarea, label.lhc-answer, nav a')]
    .filter((one) => one.checkVisibility() && !one.matches('[type=radio], [type=checkbox]'))
    .filter((one) => one.getBoundingClientRect().height < 44)
    .map((one) => one.outerHTML.slice(0, 120));"""


@pytest.fixture(scope="module")
def site(policies_on_file: Catalogue) -> Iterator[Site]:
    with serving(policies_on_file) as opened:
        for name, (error, *_) in FAILING.items():
            opened.app.add_url_rule(f"/{name}", name, raising(error))
        yield opened


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if not AXE.is_file():
        tell = pytest.fail if os.environ.get(REQUIRED) == "required" else pytest.skip
        tell("axe-core was not brought (node web/bring.mjs axe)")
    with browsing(tmp_path_factory.mktemp("profile")) as opened:
        opened.driver.execute_cdp_cmd("Network.enable", {})
        yield opened


def on(browser: Browser, screen: str, language: str) -> None:
    width, height = SCREENS[screen]
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": screen == "phone"}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {"Accept-Language": language}})


def faults(browser: Browser) -> list[str]:
    browser.driver.execute_script(AXE.read_text(encoding="utf-8"))
    found: list[str] = browser.driver.execute_async_script(_RUN, LEVELS)
    return found


def tried(browser: Browser, site: Site) -> None:
    browser.driver.get(f"{site.base_url}/try?sample=05")
    browser.one("#sender .first").click()
    browser.until(lambda _: browser.all("#raw"))


def described(browser: Browser, site: Site) -> None:
    """Open the page of the API with some operations unfolded, and one of them tried."""
    browser.driver.get(f"{site.base_url}/api")
    heads = "document.querySelector('rapi-doc').shadowRoot.querySelectorAll('.endpoint-head')"
    browser.until(lambda driver: driver.execute_script(f"return {heads}.length > 50"))
    browser.driver.execute_script(f"for (const one of [0, 1, 3, 13]) {heads}[one].click()")
    tried = """const all = [...document.querySelector('rapi-doc').shadowRoot.querySelectorAll('api-request')];
        const buttons = all.flatMap((one) => [...one.shadowRoot.querySelectorAll('button')]);
        const found = buttons.find((one) => one.textContent.trim() === 'TRY'); found?.click(); return Boolean(found);"""
    browser.until(lambda driver: driver.execute_script(tried))
    answered = """return [...document.querySelector('rapi-doc').shadowRoot.querySelectorAll('api-request')]
        .some((one) => one.shadowRoot.textContent.includes('order-sign-crd'))"""
    browser.until(lambda driver: driver.execute_script(answered))


OPENED = {"/try": tried, "/api": described}
"""How pages are opened that are of use only after a click."""


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing_on_any_page(browser: Browser, site: Site, screen: str, language: str) -> None:
    on(browser, screen, language)
    link = site.card_link("05")
    browser.open(link)
    assert browser.driver.find_element("tag name", "html").get_attribute("lang") == language
    found = {"form": faults(browser)}
    browser.driver.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
    browser.one("#form .settled button").click()
    found["form, all of it open"] = faults(browser)
    for name in (
        f"{link}?plain",
        f"{link}/determination",
        f"{site.card_link('08')}/determination",
        f"{site.card_link('20')}/determination",
        *(f"/{one}" for one in FAILING),
        "/try",
        "/api",
        "/api?plain",
        "/policies",
        "/policies/margetuximab",
        "/policies/elranatamab",
        "/none",
        f"{link}x",
    ):
        if name in OPENED:
            OPENED[name](browser, site)
        else:
            browser.driver.get(name if "//" in name else site.base_url + name)
        found[name] = faults(browser)
        assert not browser.is_wider_than_screen(), name
    found |= after_sending(browser, site)
    assert {name: some for name, some in found.items() if some} == {}


def after_sending(browser: Browser, site: Site) -> dict[str, list[str]]:
    """What axe finds where something was sent: a call that is none, a form that lacks answers, one that is saved."""
    browser.driver.get(f"{site.base_url}/try")
    browser.one("#text").clear()
    browser.one("#text").send_keys("no call")
    browser.one("#sender .first").click()
    browser.until(lambda _: browser.all(".faults"))
    found = {"/try of no call": faults(browser)}
    for name, button in (("a form that lacks answers", ".first"), ("a form that is saved", "[name=save]")):
        browser.driver.get(f"{site.card_link('02')}?plain")
        browser.one("[name=author]").send_keys("A. Example")
        browser.click(f"form.plain {button}")
        browser.until(lambda _: browser.all(".faults, .ruling"))
        found[name] = faults(browser)
        assert not browser.is_wider_than_screen(), name
    return found


@pytest.fixture(scope="module", params=["en", "es"])
def desk(request: pytest.FixtureRequest, policies_on_file: Catalogue, tmp_path_factory: Any) -> Iterator[Site]:
    """A service in a language, with a reviewer and a request that waits; rare pages have addresses of their own."""
    file = tmp_path_factory.mktemp("reviewers") / "reviewers.toml"
    kept = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1")
    person = f'[[reviewers]]\nname = "rita"\nperson = "Rita Muster, RN"\nrole = "reviewer"\npassword = "{kept}"\n'
    file.write_text(person, encoding="utf-8")
    with serving(policies_on_file, reviewers_file=str(file), language=request.param) as opened:
        for name, figures in RARE.items():
            opened.app.add_url_rule(f"/{name}", name, rare(name, figures, request.param))
        opened.app.add_url_rule("/signed-in", "signed-in", lambda: led_on(request.param))
        opened.app.add_url_rule("/impact", "impact", lambda: reported(policies_on_file))
        sent = json.dumps(request_of(sample("02")))
        assert opened.app.test_client().post("/fhir/pas/Claim/$submit", data=sent).status_code == 200
        yield opened


def reported(catalogue: Catalogue) -> str:
    """The page of an impact on members of every kind; beside it a version of another revision."""
    newest = PolicyVersion("elranatamab", catalogue.newest("elranatamab").version, str(world.FOLDER))
    tally = Tally()
    for row in ROWS:
        tally.add(row)
    return page(Summary(newest, newest, TODAY, "made-up charts", tally).json)


def led_on(language: str) -> str:
    """The page that leads on after a sign-in elsewhere, but that it leads to itself."""
    say = wording(language)
    return render_template("review/signed_in.html", payer="MMM", say=say, path="#", person="Rita Muster, RN")


def rare(name: str, figures: dict[str, Any], language: str) -> Callable[[], str]:
    return lambda: render_template(f"forms/{name}.html", payer="MMM", say=wording(language), **figures)


@dataclass
class Looking:
    """Looks at page after page with axe, and keeps what it finds by the names of the pages."""

    browser: Browser
    found: dict[str, list[str]] = field(default_factory=dict)

    def at(self, name: str, url: str = "") -> None:
        if url:
            self.browser.driver.get(url)
        self.found[name] = faults(self.browser)
        assert not self.browser.is_wider_than_screen(), name

    def after(self, name: str, button: str, shown: str) -> None:
        """Look at what is shown after a click."""
        self.browser.click(button)
        self.browser.until(lambda _: self.browser.all(shown))
        self.at(name)


def sign_in(browser: Browser, password: str) -> None:
    browser.one("#name").send_keys("rita")
    browser.one("#password").send_keys(password, Keys.ENTER)


@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing_at_the_desk_and_on_pages_that_are_seldom_seen(
    browser: Browser, desk: Site, screen: str
) -> None:
    on(browser, screen, "en")
    browser.driver.delete_all_cookies()
    looking = Looking(browser)
    for name in (*RARE, "signed-in", "impact", "review/sign-in"):
        looking.at(name, f"{desk.base_url}/{name}")
    sign_in(browser, "wrong")
    browser.until(lambda _: browser.all(".fault, [role=alert]"))
    looking.at("a wrong password")
    sign_in(browser, PASSWORD)
    browser.until(lambda _: browser.all("main ol a"))
    looking.at("review")
    looking.after("case", "main ol a", "fieldset")
    looking.at("decided, nothing found", f"{desk.base_url}/review/decided?words=nobody")
    assert {name: some for name, some in looking.found.items() if some} == {}


@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing_where_something_is_decided(browser: Browser, desk: Site, screen: str) -> None:
    """A case and a member of its own each time: it is decided, and its notices are read."""
    on(browser, screen, "en")
    browser.driver.delete_all_cookies()
    # A member who is authorized already would leave nothing to decide.
    own = (
        json.dumps(sample("08"))
        .replace("MEMBER-08", f"MEMBER-{screen}")
        .replace("hanna-ausgedacht-08", f"hanna-{screen}")
    )
    sent = request_of(json.loads(own), f"axe-{screen}-{desk.base_url}")
    answer = desk.app.test_client().post("/fhir/pas/Claim/$submit", data=json.dumps(sent)).get_json()
    case = f"{desk.base_url}/review/{answer['entry'][0]['resource']['id']}"
    browser.driver.get(f"{desk.base_url}/review/sign-in")
    sign_in(browser, PASSWORD)
    browser.until(lambda _: browser.all("main ol a"))
    looking = Looking(browser)
    browser.driver.get(case)
    browser.click("[name=act][value=changed]")
    looking.after("a decision that lacks its day", "fieldset button", ".fault")
    browser.click("[name=act][value=approved]")
    looking.after("case, decided", "fieldset button", "a[hreflang]")
    letters = [str(one.get_attribute("href")) for one in browser.all("a[hreflang]")]
    assert len(letters) == 4
    for url in (*letters, f"{desk.base_url}/review/decided"):
        looking.at(url, url)
    assert {name: some for name, some in looking.found.items() if some} == {}


_FOCUS = """const one = document.activeElement, box = one.getBoundingClientRect(), style = getComputedStyle(one);
    const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    const seen = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    return {at: [...document.querySelectorAll('*')].indexOf(one), tag: one.tagName, name: one.name || '',
        value: one.value || '', ring, seen, html: one.outerHTML.slice(0, 120)};"""


def walked(browser: Browser) -> list[dict[str, Any]]:
    """Every stop of the tabulator on a page, from its top to its end; a trap would never end."""
    browser.driver.execute_script("document.activeElement.blur(); window.scrollTo(0, 0)")
    stops: list[dict[str, Any]] = []
    while len(stops) < 200:
        browser.press(Keys.TAB)
        stop = browser.driver.execute_script(_FOCUS)
        if stop["tag"] == "BODY" or (stops and stop["at"] <= stops[0]["at"]):
            return stops
        stops.append(stop)
    raise AssertionError("the tabulator does not leave the page")


def to(browser: Browser, **wanted: str) -> None:
    """Go on by the tabulator to a field."""
    for _ in range(200):
        stop = browser.driver.execute_script(_FOCUS)
        if all(stop[name] == one for name, one in wanted.items()):
            return
        browser.press(Keys.TAB)
    raise AssertionError(f"the tabulator does not lead to {wanted}")


def hidden(stops: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The stops of which nobody sees that they have the focus."""
    return [one for one in stops if not (one["ring"] and one["seen"])]


def signed_in_by_keys(browser: Browser, desk: Site) -> None:
    """Sign in at the desk without a mouse."""
    on(browser, "desktop", "en")
    browser.driver.delete_all_cookies()
    browser.driver.get(f"{desk.base_url}/review/sign-in")
    to(browser, name="name")
    browser.press("rita", Keys.TAB, PASSWORD, Keys.ENTER)
    browser.until(lambda _: browser.all("main ol a"))


def opened_by_keys(browser: Browser) -> None:
    """Open the first request of the list."""
    to(browser, tag="A", html=str(browser.one("main ol a").get_attribute("outerHTML"))[:120])
    browser.press(Keys.ENTER)
    browser.until(lambda _: browser.all("fieldset"))


def test_every_stop_of_the_keyboard_at_the_desk_is_seen_and_in_order(browser: Browser, desk: Site) -> None:
    signed_in_by_keys(browser, desk)
    assert hidden(walked(browser)) == []
    opened_by_keys(browser)
    stops = walked(browser)
    assert hidden(stops) == []
    assert [one["at"] for one in stops] == sorted(one["at"] for one in stops)
    names = list(dict.fromkeys(one["name"] for one in stops if one["name"]))
    assert names == ["act", "end", "units", "criterion", "reason", "question", "words", "evidence"]


def test_a_request_is_decided_by_the_keyboard_alone(browser: Browser, desk: Site) -> None:
    """Sign in, open the request, choose, write and keep."""
    signed_in_by_keys(browser, desk)
    opened_by_keys(browser)
    to(browser, name="act")
    browser.press(*[Keys.ARROW_DOWN] * browser.all("[name=act]").index(browser.one("[value=extended]")))
    assert browser.driver.execute_script(_FOCUS)["value"] == "extended"
    to(browser, name="words")
    browser.overwrite("The outside report is awaited.")
    to(browser, tag="BUTTON", html=str(browser.one("fieldset button").get_attribute("outerHTML"))[:120])
    browser.press(Keys.ENTER)
    browser.until(lambda _: "The outside report is awaited." in browser.one("main ul").text)
    assert browser.all("fieldset"), "more time leaves it open"


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("start", ["02", "03", "04", "05", "06", "08", "13"])
def test_on_a_phone_the_first_open_question_is_on_the_first_screen(
    browser: Browser, site: Site, start: str, language: str
) -> None:
    on(browser, "phone", language)
    browser.open(site.card_link(start))
    answers = browser.all("#form input")
    first = next(one for one in answers if one.find_element("xpath", "..").is_displayed())
    assert first.rect["y"] + first.rect["height"] <= SCREENS["phone"][1]
    assert browser.driver.execute_script(_SMALL) == []
    browser.driver.execute_script("window.scrollTo(0, document.body.scrollHeight)")
    assert browser.driver.execute_script("return document.querySelector('.identity').getBoundingClientRect().top") == 0


def test_what_is_filled_in_folds_away_and_the_progress_is_told(browser: Browser, site: Site) -> None:
    on(browser, "desktop", "en")
    browser.open(site.card_link("05"))
    rows = {one.text for one in browser.all("#form button.row")}
    assert any(re.search(r"Does the patient have breast cancer\?\s+Yes", one) for one in rows)
    assert browser.one("#progressed").text == "Open points answered: 0 of 1"
    proposed = browser.all('#form [id^="item-her2_ish_result:confirm:"]')
    next(one for one in proposed if "ratio 2.40" in one.text).find_element("css selector", 'label[id$="|true"]').click()
    browser.until(lambda _: browser.one("#progressed").text == "Open points answered: 1 of 1")
    assert browser.one("#timeline svg").is_displayed()


def sections(content: dict[str, Any]) -> list[str]:
    return [one["linkId"] for one in content["questionnaire"]["item"]]


def test_open_questions_come_first_and_documents_last(site: Site) -> None:
    way = site.card_link("05").removeprefix(site.base_url)
    content = json.loads(site.app.test_client().get(f"{way}/content").data)
    assert content["open"] == ["her2_ish_result"]
    assert sections(content)[0] == "her2-positive"
    assert sections(content)[-1] == "request:documentation"
    her2 = [one["linkId"] for one in content["questionnaire"]["item"][0]["item"]]
    assert her2.index("her2_ish_result") < her2.index("her2_ihc_score")
    assert "her2_ihc_score" in content["folded"]
    assert "<svg" in content["about"]["timeline"]
