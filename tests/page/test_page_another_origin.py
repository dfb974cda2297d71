"""A browser app of another origin on this machine, in open mode: it can read what it asks for."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import pytest

from policies.catalogue import Catalogue
from tests.page.browsing import Browser, at_another_ehr, browsing, serving

PAGE = "another_origin.html"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return


@contextmanager
def pages() -> Iterator[str]:
    """Serve this folder at an origin of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(Path(__file__).parent)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browsing(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


def steps(browser: Browser, origin: str, base: str) -> list[tuple[str, ...]]:
    """Have the page call the service, and return what it says of each call: the address, the status, what it read."""
    call = json.loads(at_another_ehr("02"))
    browser.driver.get("about:blank")
    browser.driver.get(f"{origin}/{PAGE}#{urlencode({'given': json.dumps({'base': base, 'call': call})})}")
    browser.until(lambda _: browser.all("[data-done]"))
    rows = [[cell.text for cell in row.find_elements("css selector", "td")] for row in browser.all("#steps tr")]
    return [tuple(row) for row in rows if row]


def test_an_app_of_another_origin_reads_package_next_question_and_post(
    policies_on_file: Catalogue, browser: Browser
) -> None:
    with serving(policies_on_file) as site, pages() as origin:
        assert steps(browser, origin, site.base_url) == [
            ("/cds-services/order-sign-crd", "200", "cards, systemActions, extension"),
            ("/fhir/Questionnaire/$questionnaire-package", "200", "Bundle"),
            ("/fhir/Questionnaire/$next-question", "200", "QuestionnaireResponse"),
            ("/fhir/QuestionnaireResponse", "422", "OperationOutcome"),
        ]


def test_where_clients_are_registered_it_reads_nothing(policies_on_file: Catalogue, browser: Browser) -> None:
    """The same page, and a service that is not open: what it answers the browser keeps from the page."""
    ehr = {"name": "ehr", "iss": "https://ehr.example.org", "jku": "https://ehr.example.org/keys"}
    with serving(policies_on_file, clients=[ehr]) as site, pages() as origin:
        (only,) = steps(browser, origin, site.base_url)
        assert only[:2] == ("/cds-services/order-sign-crd", "unreadable")
