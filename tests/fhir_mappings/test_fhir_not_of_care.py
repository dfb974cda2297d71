"""Records that look like proof and are none: test data, what was not handed over, another disease or organ."""

import pytest
from fhir_charts import MYELOMA, Json, coded, condition, dispensed, ecog, finding, given, observation, prescribed, taken

from policies.model.findings import State

TEST = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
BEFORE = "2024-02-06"


def fact(name: str, *records: Json, **members: str) -> State:
    return finding(name, *records, **members).state


@pytest.mark.parametrize("where", ["security", "tag"])
def test_what_is_marked_as_test_data_proves_nothing(where: str) -> None:
    """The label of test health data, HTEST, is no record of care."""
    real, meta = {"meta": {where: [{**TEST, "code": "N"}]}}, {"meta": {where: [TEST]}}
    myeloma = condition("C90.02")
    for name, record in (
        ("breast_cancer", condition() | meta),
        ("her2_ihc_score", observation("85319-2", coded("LA11843-2", "http://loinc.org"), **meta)),
    ):
        assert fact(name, record) is State.UNKNOWN, name
        assert fact(name, record | real) is State.KNOWN, name
    assert fact("ecog", myeloma, ecog({"valueInteger": 1}, **meta), drug=MYELOMA) is State.UNKNOWN
    assert fact("ecog", myeloma, ecog({"valueInteger": 1}, **real), drug=MYELOMA) is State.KNOWN


@pytest.mark.parametrize(
    ("record", "counts"),
    [
        (dispensed("pomalidomide", BEFORE, statusReasonCodeableConcept={"text": "Patient declined"}), False),
        (dispensed("pomalidomide", BEFORE, statusReasonCodeableConcept={"text": "Supply complete"}), True),
        (prescribed("pomalidomide", BEFORE, statusReason={"text": "Never dispensed"}), False),
        (prescribed("pomalidomide", BEFORE, statusReason={"text": "Course finished"}), True),
        (taken("pomalidomide", BEFORE, note=[{"text": "Patient states she never took it"}]), False),
        (taken("pomalidomide", BEFORE, note=[{"text": "Patient states she took it at night"}]), True),
        (taken("thalidomide", BEFORE, reasonCode=[{"text": "Erythema nodosum leprosum"}]), False),
        (taken("thalidomide", BEFORE, reasonCode=[{"text": "Multiple myeloma"}]), True),
        (given("pomalidomide", BEFORE), True),
    ],
)
def test_what_was_not_handed_over_not_taken_or_for_another_disease_is_no_exposure(record: Json, counts: bool) -> None:
    state = fact("prior_immunomodulatory", condition("C90.02"), record, drug=MYELOMA)
    assert (state is State.KNOWN) is counts


@pytest.mark.parametrize(("says", "counts"), [("n", False), ("unk", False), ("y", True)])
@pytest.mark.parametrize("first", ["url", "valueCode"])
def test_an_older_statement_of_not_taken_kept_as_an_extension_is_a_negation(
    says: str, counts: bool, first: str
) -> None:
    url = "http://hl7.org/fhir/3.0/StructureDefinition/extension-MedicationStatement.taken"
    members = {"url": url, "valueCode": says}
    extension = {name: members[name] for name in sorted(members, key=lambda one: one != first)}
    state = fact("prior_immunomodulatory", taken("pomalidomide", BEFORE, extension=[extension]), drug=MYELOMA)
    assert (state is State.KNOWN) is counts


def test_a_result_whose_name_is_of_another_organ_is_not_of_the_tumor() -> None:
    for words, state in (
        ("HER2 [Presence] in Gastric cancer specimen by Immune stain", State.UNKNOWN),
        ("HER2 by immunohistochemistry, breast", State.KNOWN),
    ):
        result = observation("85319-2", coded("LA11843-2", "http://loinc.org"))
        result["code"]["coding"][0]["display"] = words
        assert fact("her2_ihc_score", condition(), result) is state, words
