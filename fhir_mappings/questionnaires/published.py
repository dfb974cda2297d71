"""The forms as they are published: each with its Questionnaire, written once, found by id, version or canonical URL."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from fhir_mappings.cql.expressions import as_older, populating
from fhir_mappings.cql.shipped import NO_LOGIC, Logics
from fhir_mappings.forms.form import Form, forms_of
from fhir_mappings.publication.artifacts import matches
from fhir_mappings.questionnaires.questionnaire import questionnaire
from fhir_mappings.questionnaires.translations import spoken, texts_in, with_translations
from fhir_mappings.wording import Wording
from policies.catalogue import Catalogue

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Published:
    """A form and its Questionnaire."""

    form: Form
    resource: Json

    def in_version(self, *, older: bool) -> "Published":
        """Return the form as DTR 2.0.1 has it, or as it is for the newer version."""
        return Published(self.form, as_older(self.resource)) if older else self


@dataclass(frozen=True, slots=True)
class Shelf:
    """Every form of every policy version; the versions of one id stand oldest first."""

    all: tuple[Published, ...]

    @classmethod
    def of(
        cls, catalogue: Catalogue, base: str, say: Wording, logics: Logics = NO_LOGIC, others: tuple[Wording, ...] = ()
    ) -> "Shelf":
        """Write every form, with the logic that fills it in, and with its texts in other languages beside them.

        Raises ValidationError (pydantic) for an invalid one.
        """
        return cls(tuple(_published(form, base, (say, *others), logics) for form in forms_of(catalogue, base)))

    def in_version(self, *, older: bool) -> "Shelf":
        """Return the same forms as DTR 2.0.1 has them, or as they are for the newer version."""
        return Shelf(tuple(one.in_version(older=older) for one in self.all))

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
        """Return the forms that match every parameter (`fhir_mappings.publication.artifacts`)."""
        asked = tuple(wanted)
        return tuple(one for one in self.all if matches(one.resource, asked))


def _published(form: Form, base: str, languages: tuple[Wording, ...], logics: Logics) -> Published:
    say, *others = languages
    logic = logics.get((form.policy.id, form.version.isoformat()))
    written = spoken(questionnaire(form, say), texts_in(form, say)) if say.payer else questionnaire(form, say)
    told = with_translations(written, {one.language: texts_in(form, one) for one in others})
    return Published(form, populating(told, logic, base))
