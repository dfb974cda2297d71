"""A Bundle of PAS as entries that can be found by what refers to them, and what its profile asks of every Bundle.

Source: PAS 2.2.1, PASRequestBundle and PASInquiryRequestBundle; specification, "Prior authorization submission"
(spec-12 to spec-16). What is optional there may be missing, and what nobody knows here is left alone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from fhir_mappings.prior_auth.json_values import decoded, inner, objects, text
from fhir_mappings.r4 import strict_json
from fhir_mappings.r4.references import base, local

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a Bundle, and where: a FHIRPath from the Bundle. No text holds a value of it."""

    text: str
    place: str


class BundleError(Exception):
    """A Bundle that cannot be processed; `is_json` tells that it is JSON, and no Bundle as its profile has it."""

    def __init__(self, faults: Iterable[Fault], *, is_json: bool = True) -> None:
        self.faults = tuple(faults)
        self.is_json = is_json
        super().__init__("; ".join(f"{one.place}: {one.text}" for one in self.faults))


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource with the URL that its Bundle gives it."""

    url: str
    resource: Json

    @property
    def kind(self) -> str:
        """Return its type."""
        return text(self.resource.get("resourceType"))

    @property
    def name(self) -> str:
        """Return Type/id; an empty id where it has none."""
        return f"{self.kind}/{text(self.resource.get('id'))}"


@dataclass(frozen=True)
class PasBundle:
    """A Bundle whose first entry is a Claim."""

    identifier: Json
    entries: tuple[Entry, ...]

    @property
    def claim(self) -> Entry:
        """Return the Claim that it begins with."""
        return self.entries[0]

    @cached_property
    def _by_url(self) -> dict[str, Entry]:
        return {one.url: one for one in reversed(self.entries)}

    @cached_property
    def _by_name(self) -> dict[str, Entry]:
        return {one.name: one for one in reversed(self.entries)}

    def resolve(self, reference: Any, within: Entry) -> Entry | None:
        """Find what a reference of an entry points to: by URL, beside the entry, or by Type/id where nothing else is.

        A reference into another server is never taken for a resource of the same id.
        """
        named = text(inner(reference).get("reference"))
        if not named or named.startswith("#"):
            return None
        if named in self._by_url:
            return self._by_url[named]
        pair = local(named)
        if pair is None or base(named):
            return None
        beside = f"{base(within.url)}/{'/'.join(pair)}"
        return self._by_url.get(beside) or self._by_name.get("/".join(pair))

    def of_kind(self, *kinds: str) -> Iterator[Entry]:
        """Yield the entries of some types."""
        yield from (one for one in self.entries if one.kind in kinds)


def references(value: Any) -> Iterator[Json]:
    """Yield every literal reference in a resource, wherever it stands."""
    if isinstance(value, list):
        for one in value:
            yield from references(one)
    elif isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value
        for one in value.values():
            yield from references(one)


def read_body(body: bytes, max_depth: int) -> Any:
    """Read the JSON that came as a body; raises BundleError for what two readers may read differently."""
    try:
        strict_json.check_depth(body, max_depth)
        strict_json.check(body)
        return decoded(body)
    except (strict_json.JsonError, msgspec.DecodeError) as error:
        raise BundleError([Fault(f"the body is no acceptable JSON: {error}", "")], is_json=False) from None


def read_bundle(body: bytes, max_depth: int) -> PasBundle:
    """Read a Bundle of PAS as far as every one has to be; raises BundleError that names every place that is wrong."""
    content = read_body(body, max_depth)
    if not isinstance(content, dict) or content.get("resourceType") != "Bundle":
        raise BundleError([Fault("the body is no Bundle", "Bundle")])
    faults = list(_of_bundle(content))
    if faults:
        raise BundleError(faults)
    entries = tuple(Entry(text(one["fullUrl"]), one["resource"]) for one in content["entry"])
    return PasBundle(inner(content["identifier"]), entries)


def _of_bundle(content: Json) -> Iterator[Fault]:
    if content.get("type") != "collection":
        yield Fault("is not collection", "Bundle.type")
    if not text(inner(content.get("identifier")).get("value")):
        yield Fault("is missing", "Bundle.identifier")
    if not text(content.get("timestamp")):
        yield Fault("is missing", "Bundle.timestamp")
    entries = content.get("entry")
    if not isinstance(entries, list) or not entries:
        yield Fault("is missing", "Bundle.entry")
        return
    yield from _of_entries(entries)


def _of_entries(entries: list[Any]) -> Iterator[Fault]:
    urls = Counter(text(one.get("fullUrl")) for one in objects(entries))
    for index, entry in enumerate(entries):
        place, one = f"Bundle.entry[{index}]", inner(entry)
        url, resource = text(one.get("fullUrl")), inner(one.get("resource"))
        if not url:
            yield Fault("is missing", f"{place}.fullUrl")
        elif urls[url] > 1:
            yield Fault("stands in another entry too; each resource comes once", f"{place}.fullUrl")
        if not text(resource.get("resourceType")):
            yield Fault("is missing, or has no resourceType", f"{place}.resource")
        elif index == 0 and resource["resourceType"] != "Claim":
            yield Fault("is no Claim, which comes first", f"{place}.resource")
