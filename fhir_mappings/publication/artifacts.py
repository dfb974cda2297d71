"""Canonical resources as they are published: found by id, version or canonical URL.

Source: FHIR R4, "RESTful API" (read) and "Search", and what ValueSet, CodeSystem and Library can be searched by.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from fhir_mappings.publication.versions import as_semantic, rank

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Artifacts:
    """The resources of one type; each has id, url and version, and the versions of one id stand oldest first.

    `former` are ids under which they were published before, each with the id of now: by these, and by the day for a
    version, they are found as well.
    """

    kind: str
    all: tuple[Json, ...]
    former: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, kind: str, resources: Iterable[Json], former: Mapping[str, str] | None = None) -> "Artifacts":
        """Put resources in order; raises KeyError for one without id, url or version."""
        ordered = sorted(resources, key=lambda one: (one["id"], rank(one["version"]), one["url"]))
        return cls(kind, tuple(ordered), former or {})

    def read(self, name: str, version: str = "") -> Json | None:
        """Return a version of a resource, by default the newest; None if there is none."""
        sought, number = self.former.get(name, name), self._version(version)
        found = [one for one in self.all if one["id"] == sought and number in {"", one["version"]}]
        return found[-1] if found else None

    def named(self, canonical: str, version: str = "") -> Json | None:
        """Return what a canonical URL names, by its own version or the one beside it, else the newest; or None."""
        url, _, own = self._now(canonical).partition("|")
        number = own or self._version(version)
        found = [one for one in self.all if one["url"] == url and number in {"", one["version"]}]
        return found[-1] if found else None

    def search(self, wanted: Iterable[tuple[str, str]]) -> tuple[Json, ...]:
        """Return what matches every parameter."""
        asked = tuple((name, ",".join(self._value(name, one) for one in values.split(","))) for name, values in wanted)
        return tuple(one for one in self.all if matches(one, asked))

    def _value(self, name: str, value: str) -> str:
        """Return a value of a search parameter as it stands in what is published now."""
        if name == "url":
            return self._now(value)
        return self._version(value) if name == "version" else self.former.get(value, value) if name == "_id" else value

    def _now(self, canonical: str) -> str:
        """Return the canonical URL of now for one of before."""
        url, bar, version = canonical.partition("|")
        home, slash, name = url.rpartition("/")
        return f"{home}{slash}{self.former.get(name, name)}{bar}{self._version(version)}"

    def _version(self, version: str) -> str:
        return as_semantic(version) if self.former else version


def matches(resource: Json, wanted: Iterable[tuple[str, str]]) -> bool:
    """Whether a resource has, of every parameter (see PARAMETERS), one of the values, parted by commas."""
    return all(any(PARAMETERS[name](resource, value) for value in values.split(",")) for name, values in wanted)


def _has_url(resource: Json, value: str) -> bool:
    """Take a canonical URL with or without its version."""
    return value in (resource["url"], f"{resource['url']}|{resource['version']}")


PARAMETERS: Mapping[str, Callable[[Json, str], bool]] = MappingProxyType(
    {
        "_id": lambda resource, value: bool(resource["id"] == value),
        "url": _has_url,
        "version": lambda resource, value: bool(resource["version"] == value),
        # A string of FHIR: by how it begins, in either case. CQL engines look for a library by its name.
        "name": lambda resource, value: str(resource.get("name", "")).casefold().startswith(value.casefold()),
    }
)
"""What published resources can be searched by: the parameter, and whether a resource has a value of it."""
