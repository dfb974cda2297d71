"""What a client is asked to send along: templates in the form that every CDS Hooks 2.0 client can serve.

Only root members of the context are used as tokens (CDS Hooks 2.0, "Prefetch tokens"). Observations are asked for by
code, as far as the list stays short enough for a URL. What a resource names is asked for with it (`_include`).
"""

from collections.abc import Iterable

from policies.catalogue import Catalogue
from policies.model.fact_kinds import Parameter
from policies.terminology.value_sets import CodeSet

LONGEST_CODE_LIST = 1500
_PATIENT = "patient={{context.patientId}}"
# Without the includes a client that fills these in word by word sends orders whose product nobody knows, and a Coverage
# whose payor nobody knows.
_BY_PATIENT = (
    ("conditions", f"Condition?{_PATIENT}"),
    ("medicationRequests", f"MedicationRequest?{_PATIENT}&_include=MedicationRequest:medication"),
    ("medicationAdministrations", f"MedicationAdministration?{_PATIENT}&_include=MedicationAdministration:medication"),
    ("medicationDispenses", f"MedicationDispense?{_PATIENT}&_include=MedicationDispense:medication"),
    ("medicationStatements", f"MedicationStatement?{_PATIENT}&_include=MedicationStatement:medication"),
    ("procedures", f"Procedure?{_PATIENT}"),
)
_CLAIMS = f"ExplanationOfBenefit?{_PATIENT}"


def templates(catalogue: Catalogue, *, clinical: bool = True, claims: bool = False) -> dict[str, str]:
    """Return the prefetch templates by key: patient, coverage, and, if wanted, one search a clinical type, and claims.

    Few EHRs hold claims: they are asked for only where the operator says so.
    """
    always = {
        "patient": "Patient/{{context.patientId}}",
        "coverage": f"Coverage?{_PATIENT}&status=active&_include=Coverage:payor",
    }
    if not clinical:
        return always
    asked = {"claims": _CLAIMS} if claims else {}
    return always | {**dict(_BY_PATIENT), "observations": _observations(catalogue)} | asked


def _observations(catalogue: Catalogue) -> str:
    """Return the search for results; `combo-code` finds a code that stands in a component too, as `code` does not."""
    search = f"Observation?{_PATIENT}"
    codes = ",".join(_test_codes(catalogue))
    return f"{search}&combo-code={codes}" if len(codes) <= LONGEST_CODE_LIST else search


def _test_codes(catalogue: Catalogue) -> Iterable[str]:
    """Return the codes of the tests that some policy looks for, each once, as token search values."""
    found = (
        f"{member.system.uri}|{member.code}"
        for codes in _test_sets(catalogue)
        for member in codes.members
        if member.decides
    )
    return sorted(set(found))


def _test_sets(catalogue: Catalogue) -> Iterable[CodeSet]:
    for policy in catalogue.all:
        weight = policy.figures.dosing.weight
        if weight is not None:
            yield catalogue.terminology.codes(weight.tests, policy.value_sets[weight.tests])
        for shown in policy.figures.safety_tests:
            yield catalogue.terminology.codes(shown, policy.value_sets[shown])
        for fact in policy.facts.values():
            for name, parameter in fact.kind.parameters.items():
                if parameter is Parameter.TESTS:
                    set_name = str(fact.parameters[name])
                    yield catalogue.terminology.codes(set_name, policy.value_sets[set_name])
