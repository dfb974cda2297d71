"""What a client is asked to send along: templates in the form that every CDS Hooks 2.0 client can serve.

Only root members of the context are used as tokens (CDS Hooks 2.0, "Prefetch tokens"). Which types there are and how
they are searched for stands in one table (`fhir_mappings.r4.searches`). Observations are asked for by code, as far
as the list stays short enough for a URL: by the code alone, since servers spell the code systems in several ways.
"""

from collections.abc import Iterable

from fhir_mappings.findings.fhir_kinds import FHIR_KINDS
from fhir_mappings.forms.form import names_of
from fhir_mappings.r4.searches import Use, searches
from policies.catalogue import Catalogue
from policies.model.fact_kinds import Parameter
from policies.terminology.value_sets import CodeSet

LONGEST_CODE_LIST = 1500
_PATIENT = "{{context.patientId}}"


def templates(catalogue: Catalogue, *, clinical: bool = True, claims: bool = False, base: str = "") -> dict[str, str]:
    """Return the prefetch templates by key: patient, coverage, and, if wanted, one search a clinical type, and claims.

    Few EHRs hold claims: they are asked for only where the operator says so. `base` is our own base URL, under which
    forms are published: answered ones are asked for by their names; without it they are not.
    """
    uses = {Use.COVERAGE} | ({Use.CHART} if clinical else set()) | ({Use.CLAIMS} if clinical and claims else set())
    uses |= {Use.FORMS} if clinical and base else set()
    lists = {"Observation": _test_codes(catalogue), "QuestionnaireResponse": _form_names(catalogue, base)}
    narrowed = {kind: ",".join(values) for kind, values in lists.items()}
    asked = {kind: text if len(text) <= LONGEST_CODE_LIST else "" for kind, text in narrowed.items()}
    return {one.key: one.query(_PATIENT, asked.get(one.kind, "")) for one in searches(_kinds(catalogue), uses)}


def _form_names(catalogue: Catalogue, base: str) -> Iterable[str]:
    """Return the canonical URLs of our forms, with and without the version: servers differ in what they compare.

    The bar before a version is escaped: clients built on Java's URI refuse a bare one, and then send no answered form.
    """
    names = dict.fromkeys(name for policy in catalogue.all for name in names_of(policy, base))
    return (name.replace("|", "%7C") for name in names)


def _kinds(catalogue: Catalogue) -> frozenset[str]:
    """Return the types of resource that bear on some fact of some policy."""
    facts = (fact for policy in catalogue.all for fact in policy.facts.values())
    return frozenset[str]().union(*(FHIR_KINDS[fact.kind].settled_by for fact in facts))


def _test_codes(catalogue: Catalogue) -> Iterable[str]:
    """Return the codes of the tests that some policy looks for, each once, as token search values."""
    return sorted({member.code for codes in _test_sets(catalogue) for member in codes.members if member.decides})


def _test_sets(catalogue: Catalogue) -> Iterable[CodeSet]:
    for policy in catalogue.all:
        for weight in (view.figures.weight for view in policy.views):
            if weight is not None:
                yield catalogue.terminology.codes(weight.tests, policy.value_sets[weight.tests])
        for shown in policy.figures.safety_tests:
            yield catalogue.terminology.codes(shown, policy.value_sets[shown])
        for fact in policy.facts.values():
            for name, parameter in fact.kind.parameters.items():
                if parameter is Parameter.TESTS:
                    set_name = str(fact.parameters[name])
                    yield catalogue.terminology.codes(set_name, policy.value_sets[set_name])
