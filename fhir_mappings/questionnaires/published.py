"""The forms as they are published: each with its Questionnaire, written once, found by id, version or canonical URL."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property, partial
from types import MappingProxyType
from typing import Any

from fhir_mappings.cql.expressions import as_older, populating
from fhir_mappings.cql.shipped import NO_LOGIC, Logics
from fhir_mappings.forms.form import Form, by_canonical, forms_of
from fhir_mappings.publication.artifacts import matches
from fhir_mappings.questionnaires.questionnaire import questionnaire
from fhir_mappings.questionnaires.translations import spoken, texts_in, with_translations
from fhir_mappings.wording import Wording, wording
from policies.catalogue import Catalogue

Json = dict[str, Any]


_OF_HEAD = frozenset({"_id", "url", "version"})
"""What a form is found by though it was never written."""


@dataclass(frozen=True)
class Published:
    """A form and its Questionnaire, which `write` writes when it is first asked for: of thousands few ever are.

    `suffix` ends the id and the address of what is made of a form, as of an adaptive one. Without slots: what is
    written is kept.
    """

    form: Form
    write: Callable[[], Json] = field(repr=False, compare=False)
    suffix: str = ""

    @cached_property
    def resource(self) -> Json:
        """Return the Questionnaire; raises ValidationError (pydantic) for an invalid one."""
        return self.write()

    @cached_property
    def head(self) -> Json:
        """Return what it is found by, as the Questionnaire has it; its name alone stands there only."""
        form = self.form
        return {"id": form.id + self.suffix, "url": form.url + self.suffix, "version": form.version.isoformat()}

    def in_version(self, *, older: bool) -> "Published":
        """Return the form as DTR 2.0.1 has it, or as it is for the newer version."""
        return Published(self.form, lambda: as_older(self.resource), self.suffix) if older else self


@dataclass(frozen=True)
class Shelf:
    """Every form of every policy version; the versions of one id stand oldest first.

    `speak` gives the same forms with their texts in another language; None where there is no other.
    """

    all: tuple[Published, ...]
    speak: Callable[[str], "Shelf"] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(
        cls, catalogue: Catalogue, base: str, say: Wording, logics: Logics = NO_LOGIC, others: tuple[Wording, ...] = ()
    ) -> "Shelf":
        """Publish every form, with the logic that fills it in, and with its texts in other languages beside them."""
        languages, forms = (say, *others), tuple(forms_of(catalogue, base))

        @cache
        def shelf(first: str) -> Shelf:
            own = next((one for one in languages if one.language == first), None) or wording(first)
            ordered = (own, *(one for one in languages if one.language != first))
            return cls(tuple(Published(one, partial(_written, one, base, ordered, logics)) for one in forms), shelf)

        return shelf(say.language)

    def in_language(self, language: str) -> "Shelf":
        """Return the same forms with their texts in a language first; what there is of it is written once."""
        return self.speak(language) if self.speak is not None else self

    def write_all(self) -> None:
        """Write every form; raises ValidationError (pydantic) for an invalid one."""
        for one in self.all:
            one.resource  # noqa: B018 - it is kept

    def in_version(self, *, older: bool) -> "Shelf":
        """Return the same forms as DTR 2.0.1 has them, or as they are for the newer version."""
        return Shelf(tuple(one.in_version(older=older) for one in self.all))

    @cached_property
    def forms(self) -> Mapping[str, Form]:
        """Return every form by its canonical URL with its version."""
        return MappingProxyType(by_canonical(one.form for one in self.all))

    @cached_property
    def _by_url(self) -> Mapping[str, tuple[Published, ...]]:
        return _grouped(self.all, lambda one: one.form.url)

    @cached_property
    def _by_id(self) -> Mapping[str, tuple[Published, ...]]:
        return _grouped(self.all, lambda one: one.form.id)

    def versions(self, url: str) -> tuple[Published, ...]:
        """Return the versions of the form of a canonical URL without a version, oldest first."""
        return self._by_url.get(url, ())

    def of_form(self, form: Form) -> Published:
        """Return a form as it is published; raises StopIteration for one that is not."""
        return next(one for one in self.versions(form.url) if one.form.version == form.version)

    def read(self, form_id: str, today: date, version: str = "") -> Published | None:
        """Return a version of a form, by default the one in force, before the first that one; None if there is none."""
        versions = self._by_id.get(form_id, ())
        if version:
            return next((one for one in versions if one.form.version.isoformat() == version), None)
        begun = [one for one in versions if one.form.version <= today]
        return begun[-1] if begun else next(iter(versions), None)

    def named(self, canonical: str) -> Json | None:
        """Return the Questionnaire of a canonical URL with its version; None if there is none."""
        versions = self.versions(canonical.partition("|")[0])
        return next((one.resource for one in versions if one.form.canonical == canonical), None)

    def search(self, wanted: Iterable[tuple[str, str]]) -> tuple[Published, ...]:
        """Return the forms that match every parameter (`fhir_mappings.publication.artifacts`)."""
        asked = tuple(wanted)
        by_head = [one for one in asked if one[0] in _OF_HEAD]
        by_name = [one for one in asked if one not in by_head]
        found = (one for one in self.all if matches(one.head, by_head))
        return tuple(one for one in found if not by_name or matches(one.resource, by_name))


def _grouped(every: Iterable[Published], name: Callable[[Published], str]) -> Mapping[str, tuple[Published, ...]]:
    found: dict[str, list[Published]] = {}
    for one in every:
        found.setdefault(name(one), []).append(one)
    return {key: tuple(some) for key, some in found.items()}


def _written(form: Form, base: str, languages: tuple[Wording, ...], logics: Logics) -> Json:
    say, *others = languages
    logic = logics.get((form.policy.id, form.version.isoformat()))
    written = spoken(questionnaire(form, say), texts_in(form, say)) if say.payer else questionnaire(form, say)
    translated = with_translations(written, {one.language: texts_in(form, one) for one in others})
    return populating(translated, logic, base)
