"""What a form needs beside itself in a package: its library, and the value sets that the library names, expanded.

Source: DTR 2.2.0, oper-12 to oper-15. The value sets are expanded whatever their size, since they are for clients that
have no terminology of their own.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fhir_mappings.artifacts import Artifacts
from fhir_mappings.population.expressions import library_of
from fhir_mappings.terms.expansion import expanded

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Supplies:
    """Finds what forms need among what is published, by type."""

    artifacts: Mapping[str, Artifacts]
    today: Callable[[], date]

    def of(self, form: Json) -> Iterator[Json]:
        """Yield the library that a form names, in the form's version, and its value sets; nothing for a plain form."""
        library = self.artifacts["Library"].named(library_of(form), form["version"]) if library_of(form) else None
        if library is None:
            return
        yield library
        named = (self.artifacts["ValueSet"].named(one["resource"]) for one in library["relatedArtifact"])
        yield from (expanded(one, self.today()) for one in named if one is not None)
