"""How one server is asked: over a real connection on this machine, with every way in which it can go wrong."""

import gzip
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Barrier, Event, Thread
from threading import enumerate as threads
from typing import Any

import pytest
import requests
import responses

from cds_service.fetching import search_pages
from cds_service.fetching.allowed_servers import Allowed
from cds_service.fetching.fetcher import EhrFetcher
from cds_service.http.http_client import Line
from hooks.ehr_data.fetch_port import Fetched, Gap, NoFetcher
from hooks.protocol.client import ANYONE
from hooks.request.body import Limits
from tests.fetching.loopback_ehr import Answered, Ehr

Json = dict[str, Any]
LIMITS = Limits(100_000, 32)
LONG, SHORT = 30.0, 0.05
CONDITIONS = Gap("Condition?patient=p1", "Condition?patient=p1")
PATIENT = Gap("Patient/p1", "Patient/p1")
EMPTY = {"resourceType": "Bundle", "type": "searchset"}


def here(seconds: float = LONG, limits: Limits = LIMITS) -> EhrFetcher:
    return EhrFetcher(Allowed(loopback=True), seconds, limits)


def asked(base: str, *gaps: Gap, fetcher: EhrFetcher | None = None, token: str = "") -> Fetched:
    with (fetcher or here()).begin(ANYONE).source(base, token) as source:
        return source.get(gaps)


def reasons(found: Fetched) -> dict[str, str]:
    return {one.reference: one.reason for one in found.missing}


def page(*following: str, **more: Any) -> Json:
    return EMPTY | {"link": [{"relation": "next", "url": one} for one in following]} | more


def condition(name: str) -> Json:
    return {"resource": {"resourceType": "Condition", "id": name}}


def test_what_is_asked_for_is_had_and_told(ehr: Ehr) -> None:
    ehr.answers = {"Condition?patient=p1": EMPTY, "Patient/p1": {"resourceType": "Patient", "id": "p1"}}
    found = asked(ehr.base, CONDITIONS, PATIENT)
    assert [(name, json.loads(body)["resourceType"]) for name, body in found.bodies] == [
        ("Condition?patient=p1", "Bundle"),
        ("Patient/p1", "Patient"),
    ]
    assert found.missing == ()
    assert found.had == {"Condition?patient=p1", "Patient/p1"}
    assert [(one.name, one.result, one.pages) for one in found.steps] == [
        ("Condition?patient=p1", "had", 1),
        ("Patient/p1", "had", 1),
    ]
    assert all(one.ms > 0 for one in found.steps)


def test_large_pages_are_asked_for_in_a_search_and_not_in_a_read(ehr: Ehr) -> None:
    ehr.answers = {"": EMPTY}
    asked(ehr.base, Gap("Observation?patient=p1", "Observation?patient=p1&code=http://loinc.org|1,2"), PATIENT)
    paths = {one.path for one in ehr.asked}
    assert "/fhir/Patient/p1" in paths
    (search,) = paths - {"/fhir/Patient/p1"}
    assert search.startswith("/fhir/Observation?patient=p1&code=http://loinc.org%7C1,2&_count=")


@pytest.mark.idea("crd-idea-35")
def test_the_token_goes_to_the_server_and_without_one_there_is_no_header(ehr: Ehr) -> None:
    ehr.answers = {"": EMPTY}
    asked(ehr.base, CONDITIONS, token="secret-1")
    asked(ehr.base, CONDITIONS)
    assert [one.headers.get("Authorization") for one in ehr.asked] == ["Bearer secret-1", None]
    assert {one.headers["Accept"] for one in ehr.asked} == {"application/fhir+json"}


def test_no_credentials_cookies_or_proxies_are_picked_up(ehr: Ehr, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    ehr.answers = {"": Answered(page(f"{ehr.base}/Condition?page=2"), headers={"Set-Cookie": "a=b; Path=/"})}
    asked(ehr.base, CONDITIONS)
    assert len(ehr.asked) == 2
    assert all("Cookie" not in one.headers for one in ehr.asked)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(ehr: Ehr, elsewhere: Ehr, status: int) -> None:
    elsewhere.answers = {"": EMPTY}
    ehr.answers = {"": Answered(status=status, headers={"Location": f"{elsewhere.base}/Condition?patient=p1"})}
    found = asked(ehr.base, CONDITIONS, token="secret")
    assert reasons(found) == {"Condition?patient=p1": f"the server answered with HTTP {status}"}
    assert (len(ehr.asked), elsewhere.asked) == (1, [])


def test_next_links_are_followed_on_the_same_server(ehr: Ehr) -> None:
    ehr.answers = {
        "Condition?patient=p1": page(f"{ehr.base}?_getpages=2", entry=[condition("a")]),
        "/fhir?_getpages=2": page("?_getpages=3", entry=[condition("b")]),
        "/fhir?_getpages=3": page(entry=[condition("c")]),
    }
    found = asked(ehr.base, CONDITIONS)
    assert [json.loads(body)["entry"][0]["resource"]["id"] for _, body in found.bodies] == ["a", "b", "c"]
    assert (found.missing, found.steps[0].pages) == ((), 3)


def test_a_next_link_that_leads_elsewhere_is_not_followed_and_what_was_had_is_used(ehr: Ehr, elsewhere: Ehr) -> None:
    elsewhere.answers = {"": EMPTY}
    ehr.answers = {"Condition": page(f"{elsewhere.base}/Condition?page=2", entry=[condition("a")])}
    found = asked(ehr.base, CONDITIONS, token="secret")
    assert reasons(found) == {"Condition?patient=p1": "it lies outside of the client's FHIR server"}
    assert (len(found.bodies), elsewhere.asked, found.had) == (1, [], frozenset())


def test_pages_that_go_round_in_circles_end(ehr: Ehr) -> None:
    ehr.answers = {"": page(f"{ehr.base}/Condition?patient=p1&page=1")}
    found = asked(ehr.base, CONDITIONS)
    assert reasons(found) == {"Condition?patient=p1": "there are more pages than are read"}
    assert len(ehr.asked) == 2


@pytest.mark.parametrize(("number", "whole"), [(search_pages.MOST_PAGES, True), (search_pages.MOST_PAGES + 1, False)])
def test_pages_are_counted(ehr: Ehr, number: int, *, whole: bool) -> None:
    ehr.answers = {f"Condition?page={one:02}": page(f"?page={one + 1:02}") for one in range(2, number)}
    ehr.answers |= {f"Condition?page={number:02}": EMPTY, "Condition?patient": page("?page=02")}
    found = asked(ehr.base, CONDITIONS)
    assert (found.missing == ()) is whole
    assert len(found.bodies) == search_pages.MOST_PAGES


@pytest.mark.parametrize(("more", "whole"), [(0, True), (1, False)])
def test_entries_are_counted(ehr: Ehr, monkeypatch: pytest.MonkeyPatch, more: int, *, whole: bool) -> None:
    monkeypatch.setattr(search_pages, "MOST_ENTRIES", 3)
    ehr.answers = {
        "Condition?patient": page("?page=2", entry=[condition(str(one)) for one in range(3 + more)]),
        "Condition?page=2": EMPTY,
    }
    assert (asked(ehr.base, CONDITIONS).missing == ()) is whole


BROKEN = "the answer is no FHIR resource in acceptable JSON"
NO_BUNDLE = "the answer is no Bundle"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", BROKEN),
        (b"<html>login</html>", BROKEN),
        (b"[]", BROKEN),
        (b"null", BROKEN),
        (b'{"resourceType": "Bundle", "entry": [NaN]}', BROKEN),
        (b'{"resourceType": "Bundle", "type": "a", "type": "b"}', BROKEN),
        (b'{"resourceType": "Bundle", "x": "\xff"}', BROKEN),
        (b'{"resourceType": "Bundle", "x": ' + b"[" * 40 + b"]" * 40 + b"}", BROKEN),
        (b'{"resourceType": "Bundle", "entry": 7}', BROKEN),
        (b"{}", NO_BUNDLE),
        ({"resourceType": "OperationOutcome", "issue": []}, NO_BUNDLE),
        ({"resourceType": "Condition", "id": "x"}, NO_BUNDLE),
    ],
)
def test_an_answer_to_a_search_that_is_no_bundle_is_missing(ehr: Ehr, content: Json | bytes, reason: str) -> None:
    ehr.answers = {"": Answered(content)}
    found = asked(ehr.base, CONDITIONS)
    assert (reasons(found), found.bodies) == ({"Condition?patient=p1": reason}, ())


@pytest.mark.parametrize(
    "content", [EMPTY, {"resourceType": "Patient", "id": "p2"}, {"resourceType": "Person", "id": "p1"}]
)
def test_an_answer_to_a_read_is_the_resource_that_was_asked_for(ehr: Ehr, content: Json) -> None:
    ehr.answers = {"": content}
    assert reasons(asked(ehr.base, PATIENT)) == {"Patient/p1": "the answer is not what was asked for"}


@pytest.mark.parametrize("status", [201, 204, 400, 401, 403, 404, 410, 429, 500, 503])
def test_any_status_but_200_is_a_failure(ehr: Ehr, status: int) -> None:
    ehr.answers = {"": Answered(b"" if status == 204 else EMPTY, status=status)}
    assert reasons(asked(ehr.base, CONDITIONS)) == {"Condition?patient=p1": f"the server answered with HTTP {status}"}


def bundle_of(size: int) -> bytes:
    return json.dumps(EMPTY | {"x": ""}).encode().replace(b'"x": ""', b'"x": "' + b"y" * size + b'"')


def test_the_size_of_an_answer_is_bound(ehr: Ehr) -> None:
    whole = bundle_of(1000)
    ehr.answers = {"": Answered(whole)}
    assert asked(ehr.base, CONDITIONS, fetcher=here(limits=Limits(len(whole), 9))).missing == ()
    found = asked(ehr.base, CONDITIONS, fetcher=here(limits=Limits(len(whole) - 1, 9)))
    assert reasons(found) == {"Condition?patient=p1": "the answer is too large"}


def test_so_it_is_after_unpacking(ehr: Ehr) -> None:
    whole = bundle_of(50_000)
    ehr.answers = {"": Answered(gzip.compress(whole), headers={"Content-Encoding": "gzip"})}
    assert asked(ehr.base, CONDITIONS, fetcher=here(limits=Limits(len(whole), 9))).missing == ()
    found = asked(ehr.base, CONDITIONS, fetcher=here(limits=Limits(len(whole) - 1, 9)))
    assert "too large" in reasons(found)["Condition?patient=p1"]


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate"])
def test_a_packing_that_is_not_undone_is_a_failure(ehr: Ehr, encoding: str) -> None:
    ehr.answers = {"": Answered(b"no gzip", headers={"Content-Encoding": encoding})}
    assert "cannot be unpacked" in reasons(asked(ehr.base, CONDITIONS))["Condition?patient=p1"]


def test_all_that_is_fetched_together_is_bound_too(ehr: Ehr) -> None:
    one = bundle_of(1000)
    ehr.answers = {"": Answered(one)}
    gaps = [Gap(f"Condition?patient={number}", f"Condition?patient={number}") for number in range(3)]
    assert asked(ehr.base, *gaps, fetcher=here(limits=Limits(3 * len(one), 9))).missing == ()
    found = asked(ehr.base, *gaps, fetcher=here(limits=Limits(3 * len(one) - 1, 9)))
    assert list(reasons(found).values()) == ["more was fetched than a call may hold"]


def test_searches_run_at_the_same_time(ehr: Ehr) -> None:
    together = Barrier(8)
    ehr.answers = {"": Answered(EMPTY, together=together)}
    gaps = [Gap(f"Condition?patient={number}", f"Condition?patient={number}") for number in range(8)]
    assert asked(ehr.base, *gaps).missing == ()


def test_more_than_is_asked_for_in_one_call_is_missing(ehr: Ehr) -> None:
    ehr.answers = {"": EMPTY}
    gaps = [Gap(f"Condition?patient={number}", f"Condition?patient={number}") for number in range(61)]
    found = asked(ehr.base, *gaps)
    assert reasons(found) == {"Condition?patient=60": "more was missing than is asked for in one call"}
    assert len(ehr.asked) == 60


def fetching_threads() -> list[str]:
    """The threads that still fetch; an idle one is given a moment to leave."""
    found = [one for one in threads() if one.name.startswith("fetching")]
    for one in found:
        one.join(5)
    return [one.name for one in found if one.is_alive()]


@pytest.mark.idea("crd-idea-65", "crd-idea-66")
def test_what_is_late_is_missing_and_nothing_runs_on(ehr: Ehr) -> None:
    held = Event()
    ehr.answers = {"Condition": Answered(EMPTY, held=held), "Patient/p1": {"resourceType": "Patient", "id": "p1"}}
    with here(2.0).begin(ANYONE).source(ehr.base, "") as source:
        found = source.get([CONDITIONS, PATIENT])
        assert reasons(found) == {"Condition?patient=p1": "not in time"}
        assert found.had == {"Patient/p1"}
        assert not held.is_set()
    assert fetching_threads() == []
    assert [one.pages for one in found.steps] == [0, 1]


def test_what_waits_for_its_turn_is_not_begun_any_more(ehr: Ehr) -> None:
    ehr.answers = {"": Answered(EMPTY, held=Event())}
    gaps = [Gap(f"Condition?patient={number}", f"Condition?patient={number}") for number in range(20)]
    found = asked(ehr.base, *gaps, fetcher=here(0.5))
    assert set(reasons(found).values()) == {"not in time"}
    assert len(ehr.asked) <= 8
    assert fetching_threads() == []


def test_pages_that_came_in_time_are_used(ehr: Ehr) -> None:
    ehr.answers = {
        "Condition?patient": page("?page=2", entry=[condition("a")]),
        "Condition?page=2": Answered(EMPTY, held=Event()),
    }
    found = asked(ehr.base, CONDITIONS, fetcher=here(2.0))
    assert (len(found.bodies), reasons(found)) == (1, {"Condition?patient=p1": "not in time"})


def test_without_time_nobody_is_asked(ehr: Ehr) -> None:
    found = asked(ehr.base, CONDITIONS, fetcher=here(0.0))
    assert set(reasons(found).values()) == {"not in time"}
    assert ehr.asked == []


@pytest.mark.parametrize(("scheme", "drops"), [("http", True), ("http", False), ("https", None)])
def test_an_answer_that_does_not_end_ends_with_the_time(scheme: str, *, drops: bool | None) -> None:
    with dripping(drops=drops) as base:
        found = asked(base.replace("http", scheme), CONDITIONS, fetcher=here(0.5))
    assert reasons(found) == {"Condition?patient=p1": "not in time"}
    assert fetching_threads() == []


@contextmanager
def dripping(*, drops: bool | None) -> Iterator[str]:
    """A server that begins an answer and never ends it: it gives a byte now and then, or none, or says nothing."""
    ended = Event()

    def drip(server: socket.socket) -> None:
        with suppress(OSError), server.accept()[0] as opened:
            if drops is not None:
                opened.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n{")
            while not ended.wait(0.01):
                if drops:
                    opened.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=drip, args=(server,))
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/fhir"
        ended.set()
        thread.join()


def test_a_server_without_a_certificate_is_not_asked_over_https(ehr: Ehr) -> None:
    found = asked(ehr.base.replace("http", "https"), CONDITIONS, token="secret")
    assert reasons(found)["Condition?patient=p1"].endswith("broke off: SSLError")
    assert ehr.asked == []


def test_a_server_that_is_not_there_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = asked(f"http://127.0.0.1:{port}/fhir", CONDITIONS)
    assert "cannot be reached" in reasons(found)["Condition?patient=p1"]
    assert not found.refused


def test_an_answer_that_breaks_off_is_a_failure(ehr: Ehr) -> None:
    ehr.answers = {"": Answered(b"{}", headers={"Content-Length": "100", "Connection": "close"})}
    found = asked(ehr.base, CONDITIONS)
    assert found.bodies == ()
    assert found.failed == {"Condition?patient=p1"}


def test_a_server_that_may_not_be_fetched_from_is_not_asked(ehr: Ehr) -> None:
    nobody = EhrFetcher(Allowed(("https://ehr.example.org/fhir",)), LONG, LIMITS)
    found = asked(ehr.base, CONDITIONS, fetcher=nobody, token="secret")
    assert "not registered" in reasons(found)["Condition?patient=p1"]
    assert (found.refused, found.failed, ehr.asked) == (True, frozenset(), [])


def test_the_name_of_this_machine_is_connected_to_where_it_was_checked(
    ehr: Ehr, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that says another thing the second time changes nothing."""
    ehr.answers = {"": EMPTY}
    told = iter(["127.0.0.1", "10.255.255.1"])
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *rest: Any, **more: Any) -> Any:
        return real(next(told) if host == "localhost" else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    found = asked(ehr.base.replace("127.0.0.1", "localhost"), CONDITIONS)
    assert found.missing == ()
    assert ehr.asked[0].headers["Host"] == f"localhost:{ehr.port}"
    assert next(told) == "10.255.255.1"


def test_every_address_of_a_name_is_tried(ehr: Ehr, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server may listen on one of the two addresses that `localhost` has."""
    ehr.answers = {"": EMPTY}
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, ehr.port)) for one in ("127.0.0.9", "127.0.0.1")]
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **more: found if host == "localhost" else real(host, *rest, **more)
    )
    assert asked(ehr.base.replace("127.0.0.1", "localhost"), CONDITIONS).missing == ()


def test_a_name_that_is_not_this_machine_after_all_is_refused(ehr: Ehr, monkeypatch: pytest.MonkeyPatch) -> None:
    address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.255.255.1", 80))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [address])
    found = asked(ehr.base.replace("127.0.0.1", "localhost"), CONDITIONS)
    assert (found.refused, ehr.asked) == (True, [])


def test_a_name_that_takes_too_long_to_resolve_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [resolved.wait(20)][1:])
    found = asked("http://localhost:1/fhir", CONDITIONS, fetcher=here(SHORT))
    resolved.set()
    assert (reasons(found), found.refused) == ({"Condition?patient=p1": "not in time"}, False)


def test_a_line_that_is_cut_opens_nothing_any_more(ehr: Ehr) -> None:
    line = Line()
    with line.connect("127.0.0.1", ehr.port, 5) as open_before:
        line.cut()
        assert open_before.recv(1) == b""
    with pytest.raises(ConnectionAbortedError):
        line.connect("127.0.0.1", ehr.port, 5)


REGISTERED = EhrFetcher(Allowed(("https://ehr.example.org/fhir",)), LONG, LIMITS)


@responses.activate
def test_a_registered_server_is_asked_by_https() -> None:
    responses.get("https://ehr.example.org/fhir/Condition", json=EMPTY)
    assert asked("https://EHR.example.org/fhir/", CONDITIONS, fetcher=REGISTERED, token="t.1").missing == ()
    assert responses.calls[0].request.headers["Authorization"] == "Bearer t.1"


@responses.activate
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (requests.ConnectTimeout(), "not in time"),
        (requests.ReadTimeout(), "not in time"),
        (requests.exceptions.SSLError("secret host"), "broke off: SSLError"),
        (requests.ConnectionError("secret host"), "broke off: ConnectionError"),
    ],
)
def test_what_goes_wrong_is_told_by_its_kind(error: Exception, reason: str) -> None:
    responses.get("https://ehr.example.org/fhir/Condition", body=error)
    found = asked("https://ehr.example.org/fhir", CONDITIONS, fetcher=REGISTERED)
    assert reasons(found)["Condition?patient=p1"].endswith(reason)
    assert "secret" not in str(found)


def test_where_nothing_is_fetched_nothing_is_missing() -> None:
    with NoFetcher().begin(ANYONE).source("https://ehr.example.org/fhir", "") as source:
        assert source.get([CONDITIONS]) == Fetched()
