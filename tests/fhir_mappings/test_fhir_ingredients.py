"""Products that are coded by their ingredients only, and treatments whose drug is not known by a code that counts."""

from typing import Any

import pytest
from fhir_charts import HCPCS, ICD, MYELOMA, RXNORM, Json, concept, condition, drug_code, finding, given

from policies.model.findings import Range, Role

ON = "2023-03-06"
COUNT = "prior_anti_her2_therapies"
LINES = "prior_lines_advanced"
ATC = "http://www.whocc.no/atc"


def _mixed(*ingredients: Json, **members: Any) -> Json:
    """Give a record whose product is a contained Medication with these ingredients."""
    medication = {"resourceType": "Medication", "id": "m", "ingredient": list(ingredients), **members}
    record = given("trastuzumab", ON, contained=[medication], medicationReference={"reference": "#m"})
    return {name: value for name, value in record.items() if name != "medicationCodeableConcept"}


def _of(drug: str, **members: Any) -> Json:
    return {"itemCodeableConcept": drug_code(drug), **members}


def test_a_product_is_read_by_its_ingredient() -> None:
    saline = {"itemCodeableConcept": concept("9863", RXNORM, display="sodium chloride")}
    assert finding(COUNT, condition(), _mixed(_of("trastuzumab"), saline)).value == Range(1)


def test_an_ingredient_can_be_a_reference() -> None:
    inner = {"resourceType": "Medication", "id": "i", "code": drug_code("pertuzumab")}
    record = _mixed({"itemReference": {"reference": "#i"}})
    assert finding(COUNT, condition(), {**record, "contained": [*record["contained"], inner]}).value == Range(1)


def test_two_ingredients_of_a_fixed_combination_are_one_therapy() -> None:
    found = finding(COUNT, condition(), _mixed(_of("pertuzumab"), _of("trastuzumab")))
    assert found.value == Range(1)
    assert "pertuzumab + trastuzumab" in found.note


@pytest.mark.parametrize(
    "record",
    [
        _mixed(_of("trastuzumab", isActive=False)),
        _mixed(_of("trastuzumab"), code=drug_code("docetaxel")),
        _mixed(_of("trastuzumab"), code={"text": "Docetaxel infusion"}),
        _mixed({"itemCodeableConcept": {"text": "trastuzumab"}}),
        _mixed(),
    ],
    ids=["inactive", "another code", "another name", "by text only", "none"],
)
def test_an_ingredient_that_is_not_sure_counts_nothing(record: Json) -> None:
    assert finding(COUNT, condition(), record).value is None


@pytest.mark.parametrize(
    "said",
    [
        {"text": "Investigational pyrotinib 400 mg"},
        {"text": "Adcetris"},
        concept("J9042", HCPCS),
        concept("L01FX05", ATC, display="brentuximab vedotin"),
        concept("J9305", HCPCS),
        {"coding": [{"system": "urn:local", "code": "77", "display": "Zolbetuximab inj"}]},
    ],
)
def test_a_cancer_drug_that_is_not_listed_is_named_and_does_not_count(said: Json) -> None:
    record = given("trastuzumab", ON, medicationCodeableConcept=said)
    found = finding(LINES, condition(), record)
    assert found.value is None
    assert "On record too" in found.note
    assert [one.reference for one in found.evidence if one.role is Role.POSSIBLE] == [
        f"{record['resourceType']}/{record['id']}"
    ]


@pytest.mark.parametrize(
    "words", ["ondansetron 8 mg", "tofacitinib 5 mg", "pegfilgrastim", "dexamethasone 4 mg", "natalizumab"]
)
def test_what_is_no_cancer_drug_is_not_named(words: str) -> None:
    assert (
        "On record too"
        not in finding(LINES, condition(), given("trastuzumab", ON, medicationCodeableConcept={"text": words})).note
    )


def test_a_drug_given_for_another_cancer_is_not_named() -> None:
    reason = [concept("C34.90", ICD)]
    assert "On record too" not in finding(LINES, condition(), given("pemetrexed", ON, reasonCode=reason)).note


@pytest.mark.parametrize(
    "code",
    ["57894-502-05", "57894-0502-05", "57894050205", "0069-2522-02", "74527-022-02"],
)
def test_national_drug_codes_are_read_in_ten_and_eleven_digits(code: str) -> None:
    ndc = concept(code, "http://hl7.org/fhir/sid/ndc")
    found = finding(
        "prior_anti_cd38", condition("C90.00"), given("daratumumab", ON, medicationCodeableConcept=ndc), drug=MYELOMA
    )
    assert (found.value is True) == code.startswith("57894")


@pytest.mark.parametrize(
    "system", ["urn:oid:2.16.840.1.113883.6.90", "http://hl7.org/fhir/sid/icd-10", "2.16.840.1.113883.6.90"]
)
def test_icd_is_read_under_its_other_addresses(system: str) -> None:
    own = condition(id="own", code=concept("C50911", system))
    lung = condition(id="lung", code=concept("C34.90", system))
    assert finding("breast_cancer", own, lung).value is True
    metastasis = condition(id="m", code=concept("C78.7", system))
    assert finding("disease_extent", own, metastasis).value == "metastatic"
    assert finding("disease_extent", own, lung, metastasis).value is None
