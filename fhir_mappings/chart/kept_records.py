"""What of a patient's record a chart keeps: types of resource, and of Observations those that a policy looks for."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol

from fhir_mappings.chart.site_codes import NO_SITE_CODES, SiteCodes
from fhir_mappings.clinical.names import GENE
from fhir_mappings.clinical.values import Concept
from fhir_mappings.r4.claims import CLAIMS
from fhir_mappings.r4.resources import Resource
from fhir_mappings.text_forms.search_words import is_spoken
from fhir_mappings.written.narratives import remarks
from policies.kinds.registry import ANY_TEST
from policies.model.fact_kinds import named_pattern, words
from policies.terminology.value_sets import Coding

TREATMENTS = frozenset(
    {
        "MedicationAdministration",
        "MedicationDispense",
        "MedicationStatement",
        "MedicationRequest",
        "Procedure",
    }
)
GIVINGS = TREATMENTS | CLAIMS
"""What says that something was given, or done."""
DOCUMENTS = frozenset({"DocumentReference", "DiagnosticReport", "ImagingStudy"})
PLANS = frozenset({"CarePlan"})
"""What says what was planned, and how much of it was done: read where it comes along, and never asked for."""
EVENTS = frozenset({"AdverseEvent"})
_OF_THE_PATIENT = GIVINGS | DOCUMENTS | EVENTS | {"Condition", "Observation", "Immunization"}
KEPT = _OF_THE_PATIENT | PLANS | {"Patient", "Coverage", "Organization", "Medication", "Substance", "Specimen"}
EVER_KEPT = KEPT - {"Observation"}
"""The types of which every resource is kept; of the others those that a policy looks for."""
IN_PART = (_OF_THE_PATIENT | {"Patient"}) - DOCUMENTS - EVENTS - CLAIMS
"""The types of which a resource is kept where it cannot be read in full: it may say what nothing else says."""
CLINICAL = _OF_THE_PATIENT | {"Patient", "Medication", "Substance"}
"""What facts are read from; the rest says who pays."""
NAMED = "urn:named"
"""Stands in the place of a code system where a test is not coded, and named in words."""


class _Coded(Protocol):
    @property
    def code(self) -> Concept | None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What a chart keeps: of Observations those with a code that a policy looks for; `bare` are the codes alone.

    `names` finds the names of their tests in words. `site_codes` are local codes that mean such codes. There is one for
    the policies that are served, and it is compared as that.
    """

    codes: frozenset[Coding]
    bare: frozenset[str]
    names: re.Pattern[str] = ANY_TEST
    site_codes: SiteCodes = NO_SITE_CODES

    @property
    def is_for_all_calls(self) -> bool:
        """Whether it holds for every call: the codes of a site hold for one."""
        return self.site_codes is NO_SITE_CODES

    def of_site(self, site_codes: SiteCodes) -> "Wanted":
        """Return what is kept where local codes are known too."""
        return replace(self, bare=self.bare | site_codes.bare, site_codes=site_codes) if site_codes.known else self

    def keeps(self, resource: Resource) -> bool:
        """Whether a resource is kept."""
        if resource.resource_type != "Observation":
            return resource.resource_type in KEPT
        parts = (resource, *resource.component)
        for part in parts:
            for coding in part.code.coding if part.code is not None else ():
                if (coding.system, coding.code) in self.codes:
                    return True
        named = is_named(parts, self.names) or names_gene(part.value_codeable_concept for part in parts)
        return named or any(map(is_spoken, spoken(resource)))


def spoken(result: Resource) -> Iterator[str]:
    """Yield what a result says in words: its value and its remarks (reading 22: every text is searched)."""
    if result.value_string:
        yield result.value_string
    if result.value_codeable_concept is not None:
        yield from result.value_codeable_concept.words
        yield from result.value_codeable_concept.codes
    if result.note or result.narrative:
        yield from remarks(result)


@cache
def wanted(observation_codes: frozenset[Coding]) -> Wanted:
    """Return what a chart keeps for these codes of Observations; those of NAMED are words that name a test."""
    codes = frozenset(one for one in observation_codes if one[0] != NAMED)
    own = sorted(word for system, word in observation_codes - codes)
    names = words("|".join((ANY_TEST.pattern, *map(named_pattern, own)))) if own else ANY_TEST
    return Wanted(codes, frozenset(code for _, code in codes), names)


def is_named(parts: Iterable[_Coded], names: re.Pattern[str] = ANY_TEST) -> bool:
    """Whether the words of a result's code, or of a component's, name a test that a fact may rest on."""
    for part in parts:
        if part.code is not None:
            for word in (*part.code.words, *part.code.codes):
                if names.search(word):
                    return True
    return False


def names_gene(values: Iterable[Concept | None]) -> bool:
    """Return whether a result names ERBB2 as the gene that was studied: as its value, or in a component."""
    return any(GENE.search(word) for one in values if one is not None for word in (*one.words, *one.codes))
