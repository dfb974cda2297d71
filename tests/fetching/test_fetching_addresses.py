"""From whom may be fetched: by scheme, host, port and path segments, and nobody is asked who is not known here."""

import socket

import pytest

from cds_service.fetching.allowed_servers import Allowed, permitted
from cds_service.http.addresses import RefusedError, base_of, check_secure, is_loopback, loopback_addresses

LISTED = Allowed(("https://ehr.example.org/fhir", "http://127.0.0.1:8080/r4"))
OPEN = Allowed(("https://sandbox.example.org/r4/",), loopback=True)


@pytest.mark.parametrize(
    "server",
    [
        "https://ehr.example.org/fhir",
        "https://ehr.example.org/fhir/",
        "https://EHR.example.org:443/fhir",
        "HTTPS://ehr.example.org//fhir",
        "http://127.0.0.1:8080/r4",
    ],
)
def test_a_listed_server_is_known_in_every_spelling(server: str) -> None:
    assert permitted(server, LISTED).base in {base_of(one) for one in LISTED.base_urls}


@pytest.mark.parametrize(
    "server",
    [
        "https://ehr.example.org/fhir2",
        "https://ehr.example.org/fhir/tenant",
        "https://ehr.example.org/",
        "https://ehr.example.org:8443/fhir",
        "http://ehr.example.org/fhir",
        "https://ehr.example.org.evil.example/fhir",
        "https://ehr.example.org@evil.example/fhir",
        "https://user@ehr.example.org/fhir",
        "https://ehr.example.org/fhir?x=1",
        "https://ehr.example.org/fhir#x",
        "https://ehr.example.org/x/../fhir",
        "https://ehr.example.org/x/%2e%2e/fhir",
        "https://ehr.example.org/fhir%2F..",
        "https://evil.example\\@ehr.example.org/fhir",
        "http://127.0.0.1:8080/r5",
        "http://localhost:9/fhir",
        "ftp://ehr.example.org/fhir",
        "file:///etc/passwd",
        "//ehr.example.org/fhir",
        "https://",
        "https://[::1",
        "https://ehr.example.org:port/fhir",
        "not a url",
    ],
)
def test_any_other_server_is_refused(server: str) -> None:
    with pytest.raises(RefusedError):
        permitted(server, LISTED)


@pytest.mark.parametrize(
    ("server", "pinned"),
    [
        ("http://127.0.0.1:8081/fhir", True),
        ("http://127.9.9.9/fhir", True),
        ("http://[::1]:8081/fhir", True),
        ("http://localhost/fhir", True),
        ("http://ehr.localhost/fhir", True),
        ("https://localhost:8443/fhir", True),
        ("https://sandbox.example.org/r4", False),
    ],
)
def test_in_open_mode_this_machine_and_the_servers_of_the_setting(server: str, *, pinned: bool) -> None:
    assert permitted(server, OPEN).pinned is pinned


@pytest.mark.parametrize(
    "server",
    [
        "https://ehr.example.org/fhir",
        "http://sandbox.example.org/r4",
        "http://10.0.0.1/fhir",
        "http://169.254.169.254/latest/meta-data",
        "http://0.0.0.0:8080/fhir",
        "http://2130706433/fhir",
        "http://127.0.0.1.nip.io/fhir",
        "http://localhost.example.org/fhir",
        "http://[::ffff:10.0.0.1]/fhir",
    ],
)
def test_in_open_mode_nothing_else(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a name was looked up"))
    with pytest.raises(RefusedError):
        permitted(server, OPEN)


@pytest.mark.parametrize(("url", "good"), [("https://a.example/fhir", True), ("http://localhost:1/x", True)])
def test_what_may_stand_in_a_list(url: str, *, good: bool) -> None:
    check_secure(url)
    assert good


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("keys.localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("localhost.example.org", False),
        ("notlocalhost", False),
        ("", False),
    ],
)
def test_what_may_be_this_machine(host: str, *, here: bool) -> None:
    assert is_loopback(host) is here


@pytest.mark.parametrize("url", ["http://a.example/fhir", "a.example/fhir", "https://a.example/fhir?x=y"])
def test_what_may_not(url: str) -> None:
    with pytest.raises(RefusedError):
        check_secure(url)


def found(*addresses: str) -> object:
    return lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 80)) for one in addresses]


def test_a_name_of_this_machine_is_held_to_the_addresses_that_were_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    base = base_of("http://localhost/fhir")
    monkeypatch.setattr(socket, "getaddrinfo", found("127.0.0.1", "::1"))
    assert loopback_addresses(base) == ("127.0.0.1", "::1")


@pytest.mark.parametrize("addresses", [("10.0.0.1",), ("127.0.0.1", "10.0.0.1"), ()])
def test_a_name_that_leads_elsewhere_is_refused(monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", found(*addresses))
    with pytest.raises(RefusedError, match="it is not"):
        loopback_addresses(base_of("http://localhost/fhir"))


def test_a_name_that_leads_nowhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    with pytest.raises(RefusedError, match="resolved"):
        loopback_addresses(base_of("http://localhost/fhir"))


BASE = base_of("https://ehr.example.org/fhir")


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("Condition?patient=p", "https://ehr.example.org/fhir/Condition?patient=p"),
        ("Patient/p", "https://ehr.example.org/fhir/Patient/p"),
        ("https://ehr.example.org/fhir?_getpages=1&x=2", "https://ehr.example.org/fhir?_getpages=1&x=2"),
        ("https://EHR.example.org:443/fhir/Condition?page=2#x", "https://ehr.example.org/fhir/Condition?page=2"),
    ],
)
def test_what_lies_on_a_server(reference: str, url: str) -> None:
    assert BASE.below(reference) == url


@pytest.mark.parametrize(
    "reference",
    [
        "https://other.example.org/fhir/Condition?page=2",
        "http://ehr.example.org/fhir/Condition?page=2",
        "https://ehr.example.org/fhir2/Condition",
        "https://ehr.example.org/admin",
        "https://ehr.example.org/fhir/%2e%2e/admin",
        "https://ehr.example.org/fhir/..%2fadmin",
        "../admin",
        "/admin",
        "//other.example.org/fhir",
        "https://ehr.example.org@other.example.org/fhir/x",
        "https://[::1",
    ],
)
def test_what_does_not(reference: str) -> None:
    with pytest.raises(RefusedError):
        BASE.below(reference)


def test_a_relative_next_link_is_taken_from_the_page_that_it_stands_on() -> None:
    page = "https://ehr.example.org/fhir/Condition?patient=p"
    assert BASE.below("?page=2", page) == "https://ehr.example.org/fhir/Condition?page=2"
    assert base_of("http://[::1]:8080/fhir").url == "http://[::1]:8080/fhir"
