"""Canonical resources as they are published: found by id, version or canonical URL.

Source: FHIR R4, "RESTful API" (read) and "Search", and what ValueSet, CodeSystem and Library can be searched by.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Artifacts:
    """The resources of one type; each has id, url and version, and the versions of one id stand oldest first."""

    kind: str
    all: tuple[Json, ...]

    @classmethod
    def of(cls, kind: str, resources: Iterable[Json]) -> "Artifacts":
        """Put resources in order; raises KeyError for one without id, url or version."""
        return cls(kind, tuple(sorted(resources, key=lambda one: (one["id"], one["version"], one["url"]))))

    def read(self, name: str, version: str = "") -> Json | None:
        """Return a version of a resource, by default the newest; None if there is none."""
        found = [one for one in self.all if one["id"] == name and version in {"", one["version"]}]
        return found[-1] if found else None

    def named(self, canonical: str, version: str = "") -> Json | None:
        """Return what a canonical URL names, by its own version or the one beside it, else the newest; or None."""
        url, _, own = canonical.partition("|")
        found = [one for one in self.all if one["url"] == url and (own or version) in {"", one["version"]}]
        return found[-1] if found else None

    def search(self, wanted: Iterable[tuple[str, str]]) -> tuple[Json, ...]:
        """Return what matches every parameter."""
        asked = tuple(wanted)
        return tuple(one for one in self.all if matches(one, asked))


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
