"""Population logic by kind of fact: the values of each kind's template. A kind without one has no logic."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from fhir_mappings.clinical.courses import NO_PROGRESSION, PROGRESSION
from fhir_mappings.cql.drug_logic import combination_partner, drug_given, intolerance
from fhir_mappings.cql.her2_logic import answer, answers, her2_ihc, her2_ish
from fhir_mappings.cql.phrases import Codes, found_in_lower, listed, texts
from fhir_mappings.cql.probe import GRADE_TEXTS, Probe, displays
from fhir_mappings.cql.status_lists import observed
from fhir_mappings.facts.continuation import IMAGING_CODES, IMAGING_WORDS
from fhir_mappings.facts.disease_extent import METASTATIC
from policies.model.policy import Fact

Values = Callable[[Codes, Fact], dict[str, str]]
_GRADES = range(6)


def _diagnosis(_: Codes, __: Fact) -> dict[str, str]:
    return {}


def _disease_extent(codes: Codes, fact: Fact) -> dict[str, str]:
    return {
        "metastatic": answer(METASTATIC),
        "stage_tests": listed(codes.members(fact, "stage_tests", "stage", "m")),
        "fourth": listed(codes.members(fact, "stages", "iv", "m1")),
        "distant": listed(codes.members(fact, "secondary", "distant")),
        "secondary": listed(codes.members(fact, "secondary")),
    }


def _performance_status(codes: Codes, fact: Fact) -> dict[str, str]:
    probe = Probe(codes, fact, codes.members(fact, "tests", "ecog")[0])
    found = probe.of_texts(GRADE_TEXTS)
    told = (f"    when Lower(text) in {texts(ones)} then {grade}" for grade, ones in found.items())
    return observed() | {
        "tests": listed(codes.members(fact, "tests", "ecog")),
        "grades": listed(codes.members(fact, "scores")),
        "within_days": str(fact.parameters["within_days"]),
        "coded": "\n".join(_grade(probe, codes, fact, str(grade)) for grade in _GRADES),
        "texts": "\n".join(told),
    }


def _grade(probe: Probe, codes: Codes, fact: Fact, grade: str) -> str:
    """Write a coded grade: no other code of a grade beside it, and no words but such as leave it as it is."""
    members = codes.members(fact, "scores", grade)
    own = listed(members)
    allowed = probe.beside(members[0], ("", *GRADE_TEXTS, *displays(members))).get(grade, ())
    return (
        f'    when "Has"("Tokens"(concept), {own})\n'
        f'      and not exists (("Tokens"(concept)) T where T in "{fact.name}: grades" and not (T in {own}))\n'
        f'      and not exists (("Words"(concept)) W where not (Lower(W) in {texts(filter(None, allowed))}))\n'
        f"    then {grade}"
    )


def _relapse(codes: Codes, fact: Fact) -> dict[str, str]:
    return {name: listed(codes.members(fact, "stated", name)) for name in ("relapsed", "remission")}


def _progression_on_therapy(codes: Codes, fact: Fact) -> dict[str, str]:
    return observed() | {
        "tests": listed(codes.members(fact, "status_tests")),
        "progression": listed(codes.members(fact, "statuses", PROGRESSION)),
        "no_progression": listed(codes.members(fact, "statuses", NO_PROGRESSION)),
        "within_days": str(fact.parameters["within_days"]),
        "imaging_codes": texts(sorted(IMAGING_CODES)),
        "imaging_words": found_in_lower(IMAGING_WORDS),
    }


def _combination_partner(codes: Codes, fact: Fact) -> dict[str, str]:
    return combination_partner(codes, fact) | {"answers": answers(fact)}


KINDS: Mapping[str, Values] = MappingProxyType(
    {
        "diagnosis": _diagnosis,
        "disease_extent": _disease_extent,
        "her2_ish": her2_ish,
        "her2_ihc": her2_ihc,
        "performance_status": _performance_status,
        "relapse": _relapse,
        "drug_given": drug_given,
        "combination_partner": _combination_partner,
        "progression_on_therapy": _progression_on_therapy,
        "intolerance": intolerance,
    }
)
"""The kinds that have logic. Not among them: `prior_regimens`, since a chart gives no more than a lower bound, which is
no answer; `document`, which no record settles; and the two that are never asked.
"""
