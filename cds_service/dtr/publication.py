"""What is published under a FHIR base, by type: forms, value sets, code systems, libraries; and what a form needs."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from cds_service.dtr.dtr_versions import DtrDialect
from fhir_mappings.cql.expressions import library_of
from fhir_mappings.publication.artifacts import Artifacts
from fhir_mappings.publication.expansion import expanded
from fhir_mappings.questionnaires.adaptive_questionnaire import SUFFIX, AdaptiveForm
from fhir_mappings.questionnaires.published import Published, Shelf

Json = dict[str, Any]
Wanted = Iterable[tuple[str, str]]
FORMS = "Questionnaire"
VALUE_SETS = "ValueSet"
OPERATIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {FORMS: ("questionnaire-package", "next-question", "log-questionnaire-errors"), VALUE_SETS: ("expand",)}
)
"""The operations on each type, by name."""


@dataclass(frozen=True, slots=True)
class Publication:
    """Finds published resources; a value set is given with its codes as of the day.

    `shelf` holds the forms as they are kept, `shown` as the version of the base has them, `adaptive` those that adapt.
    """

    shelf: Shelf
    shown: Shelf
    artifacts: Mapping[str, Artifacts]
    adaptive: Shelf

    @classmethod
    def of(cls, shelf: Shelf, artifacts: Mapping[str, Artifacts], dialect: DtrDialect, base_url: str) -> "Publication":
        """Put together what is published under the base of a version; its adaptive forms are written in that."""
        base = f"{base_url}{dialect.base}"
        made = (AdaptiveForm(one, dialect.adaptive, base) for one in shelf.all)
        adaptive = Shelf(tuple(Published(one.form, one.search_form, SUFFIX) for one in made))
        return cls(shelf, shelf.in_version(older=dialect.adaptive.older), artifacts, adaptive)

    def write_all(self) -> None:
        """Write every form; raises ValidationError (pydantic) for an invalid one."""
        self.shown.write_all()
        self.adaptive.write_all()

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the types of which something is published."""
        return (FORMS, *(kind for kind, one in self.artifacts.items() if one.all))

    def read(self, kind: str, name: str, version: str, today: date) -> Json | None:
        """Return a resource, by default its current version; None if there is none."""
        if kind == FORMS:
            forms = self.adaptive if name.endswith(SUFFIX) else self.shown
            found = forms.read(name.removesuffix(SUFFIX), today, version)
            return found.resource if found is not None else None
        resource = self.artifacts[kind].read(name, version)
        return self._shown(kind, resource, today) if resource is not None else None

    def search(self, kind: str, wanted: Wanted, today: date) -> tuple[Json, ...]:
        """Return the resources that match every parameter."""
        if kind == FORMS:
            asked = tuple(wanted)
            return tuple(one.resource for one in (*self.shown.search(asked), *self.adaptive.search(asked)))
        return tuple(self._shown(kind, one, today) for one in self.artifacts[kind].search(wanted))

    def _shown(self, kind: str, resource: Json, today: date) -> Json:
        return expanded(resource, today) if kind == VALUE_SETS else resource


@dataclass(frozen=True, slots=True)
class Supplies:
    """Finds what a form needs beside itself in a package: its library, and the value sets that the library names.

    Source: DTR 2.2.0, oper-12 to oper-15. The value sets are expanded whatever their size, since they are for clients
    that have no terminology of their own.
    """

    artifacts: Mapping[str, Artifacts]
    today: Callable[[], date]

    def of(self, form: Json) -> Iterator[Json]:
        """Yield the library that a form names, in the form's version, and its value sets; nothing for a plain form."""
        library = self.artifacts["Library"].named(library_of(form), form["version"]) if library_of(form) else None
        if library is None:
            return
        yield library
        named = (self.artifacts["ValueSet"].named(one["resource"]) for one in library.get("relatedArtifact", ()))
        yield from (expanded(one, self.today()) for one in named if one is not None)
