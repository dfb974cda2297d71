"""The forms as they are published: each with its Questionnaire, written once, found by id, version or canonical URL."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from fhir_mappings.forms.form import Form, forms_of
from fhir_mappings.questionnaires import questionnaire
from fhir_mappings.wording import Wording
from policies.catalogue import Catalogue

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Published:
    """A form and its Questionnaire."""

    form: Form
    resource: Json


@dataclass(frozen=True, slots=True)
class Shelf:
    """Every form of every policy version; the versions of one id stand oldest first."""

    all: tuple[Published, ...]

    @classmethod
    def of(cls, catalogue: Catalogue, base: str, say: Wording) -> "Shelf":
        """Write every form; raises ValidationError (pydantic) if one would be no valid resource."""
        return cls(tuple(Published(form, questionnaire(form, say)) for form in forms_of(catalogue, base)))

    def read(self, form_id: str, today: date, version: str = "") -> Published | None:
        """Return a version of a form, by default the one in force, before the first that one; None if there is none."""
        versions = [one for one in self.all if one.form.id == form_id]
        if version:
            return next((one for one in versions if one.form.version.isoformat() == version), None)
        begun = [one for one in versions if one.form.version <= today]
        return begun[-1] if begun else next(iter(versions), None)

    def named(self, canonical: str) -> Json | None:
        """Return the Questionnaire of a canonical URL with its version; None if there is none."""
        return next((one.resource for one in self.all if one.form.canonical == canonical), None)

    def search(self, wanted: Iterable[tuple[str, str]]) -> tuple[Published, ...]:
        """Return the forms that match every parameter (see PARAMETERS) by one of its values, parted by commas."""
        asked = [(PARAMETERS[name], values.split(",")) for name, values in wanted]
        return tuple(
            one for one in self.all if all(any(has(one.form, value) for value in values) for has, values in asked)
        )


def _has_url(form: Form, value: str) -> bool:
    """Take a canonical URL with or without its version: clients ask by what coverage information names."""
    return value in (form.url, form.canonical)


PARAMETERS: Mapping[str, Callable[[Form, str], bool]] = MappingProxyType(
    {
        "_id": lambda form, value: form.id == value,
        "url": _has_url,
        "version": lambda form, value: form.version.isoformat() == value,
    }
)
"""What forms can be searched by: the parameter, and whether a form has a value of it."""
