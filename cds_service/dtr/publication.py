"""What is published under a FHIR base, by type: forms, value sets, code systems and libraries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from cds_service.dtr.dialects import DtrDialect
from fhir_mappings.artifacts import Artifacts, matches
from fhir_mappings.forms.adaptive import SUFFIX, AdaptiveForm
from fhir_mappings.forms.published import Shelf
from fhir_mappings.terms.expansion import expanded

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

    `shelf` holds the forms as they are kept, `shown` as the version of the base has them; `adaptive` the adaptive forms
    by the canonical URL, with version, of the static ones.
    """

    shelf: Shelf
    shown: Shelf
    artifacts: Mapping[str, Artifacts]
    adaptive: Mapping[str, Json]

    @classmethod
    def of(cls, shelf: Shelf, artifacts: Mapping[str, Artifacts], dialect: DtrDialect, base_url: str) -> "Publication":
        """Put together what is published under the base of a version; its adaptive forms are written in that."""
        base = f"{base_url}{dialect.base}"
        adaptive = {one.form.canonical: AdaptiveForm(one, dialect.adaptive, base).search_form() for one in shelf.all}
        shown = shelf.in_version(older=dialect.adaptive.older)
        return cls(shelf, shown, artifacts, adaptive)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the types of which something is published."""
        return (FORMS, *(kind for kind, one in self.artifacts.items() if one.all))

    def read(self, kind: str, name: str, version: str, today: date) -> Json | None:
        """Return a resource, by default its current version; None if there is none."""
        if kind == FORMS:
            found = self.shown.read(name.removesuffix(SUFFIX), today, version)
            if found is None:
                return None
            return self.adaptive[found.form.canonical] if name.endswith(SUFFIX) else found.resource
        resource = self.artifacts[kind].read(name, version)
        return self._shown(kind, resource, today) if resource is not None else None

    def search(self, kind: str, wanted: Wanted, today: date) -> tuple[Json, ...]:
        """Return the resources that match every parameter."""
        if kind == FORMS:
            asked = tuple(wanted)
            adaptive = (one for one in self.adaptive.values() if matches(one, asked))
            return (*(one.resource for one in self.shown.search(asked)), *adaptive)
        return tuple(self._shown(kind, one, today) for one in self.artifacts[kind].search(wanted))

    def _shown(self, kind: str, resource: Json, today: date) -> Json:
        return expanded(resource, today) if kind == VALUE_SETS else resource
