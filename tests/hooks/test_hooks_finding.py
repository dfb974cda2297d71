"""What a context refers to is found among what came along, whatever else is in there."""

import json
from typing import Any

import msgspec
import pytest

from hooks.request.call import Brought, Bundled, Prefetch
from hooks.request.reference_lookup import find

HOME = "https://ehr.example.org/fhir"
ORDER = {"resourceType": "ServiceRequest", "id": "s1"}


def raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode())


def brought(server: str = HOME, **values: Any) -> Brought:
    return Brought(Prefetch({key: raw(value) for key, value in values.items()}, {}), server)


def bundle(*entries: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": list(entries)}


def found(given: Brought, reference: str, *beside: Bundled) -> list[Any]:
    return [json.loads(bytes(one)) for one in find(given, [reference], beside).values()]


@pytest.mark.parametrize("odd", [7, "x", None, [], {}, [None], {"resource": 7}, {"fullUrl": 7}, {"resource": None}])
def test_what_cannot_be_looked_at_is_passed_over(odd: object) -> None:
    assert found(brought(a=odd, b=bundle(odd, {"resource": ORDER})), "ServiceRequest/s1") == [ORDER]


def test_entries_that_were_cut_out_of_the_call_are_looked_through() -> None:
    prefetch = Prefetch({"a": raw(bundle())}, {"a": [raw({"resource": ORDER}), raw({"resource": bundle()})]})
    assert found(Brought(prefetch, HOME), "ServiceRequest/s1") == [ORDER]


@pytest.mark.parametrize(
    ("reference", "server", "there"),
    [
        (f"{HOME}/ServiceRequest/s1", HOME, True),
        ("HTTPS://EHR.example.org:443/fhir/ServiceRequest/s1", HOME, True),
        ("https://other.example.org/fhir/ServiceRequest/s1", HOME, False),
        ("https://other.example.org/fhir/ServiceRequest/s1", "", True),
        ("ServiceRequest/s2", HOME, False),
        ("#s1", HOME, False),
        ("urn:uuid:s1", HOME, False),
    ],
)
def test_a_reference_to_another_server_is_not_met_by_an_id(reference: str, server: str, there: bool) -> None:
    assert found(brought(server, a=ORDER), reference) == ([ORDER] if there else [])


@pytest.mark.parametrize("url", ["urn:uuid:s1", "https://other.example.org/fhir/ServiceRequest/s1"])
def test_a_reference_is_met_by_the_url_that_a_bundle_gives(url: str) -> None:
    assert found(brought(a=bundle({"fullUrl": url, "resource": ORDER})), url) == [ORDER]
    assert found(brought(), url, Bundled("here", raw(ORDER), url)) == [ORDER]


def test_of_several_versions_the_newest_counts_and_else_the_first() -> None:
    first, second = ORDER | {"note": "first"}, ORDER | {"note": "second"}
    assert found(brought(a=first, b=second), "ServiceRequest/s1") == [first]
    dated = [one | {"meta": {"versionId": str(number)}} for number, one in enumerate((second, first))]
    assert found(brought(a=dated[0], b=dated[1]), "ServiceRequest/s1") == [dated[1]]


def test_one_that_cannot_be_read_is_found_all_the_same() -> None:
    broken = ORDER | {"status": 7}
    assert found(brought(a=broken), "ServiceRequest/s1") == [broken]


def test_nothing_wanted_is_nothing_found() -> None:
    assert find(brought(a=ORDER), []) == {}
