"""A drug that is bound to a route is found by that route only: another is another drug, an unknown one is shown."""

from typing import Any

import pytest
from fhir_charts import SNOMED, Json, chart_of, concept, resource

from fhir_mappings.chart.clinical_records import product_named
from fhir_mappings.therapy.products import identified
from policies.terminology.drugs import Drug, DrugCode, Drugs
from policies.terminology.routes import route_words
from policies.terminology.value_sets import CodeSystem

RXNORM, HCPCS = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
NCIT = "http://ncimeta.nci.nih.gov"


def code(system: str, value: str, display: str, *routes: str) -> DrugCode:
    return DrugCode(CodeSystem(system, system, system), value, display, "verified", "the tests", "", routes)


INGREDIENT = code(RXNORM, "42316", "tacrolimus")
ORALLY = code(HCPCS, "J7507", "Tacrolimus, immediate release, oral, 1 mg")
BY_VEIN = code(HCPCS, "J7525", "Tacrolimus, parenteral, 5 mg", "intravenous")
TABLE = Drugs(
    "2026-12-03",
    [
        Drug(
            "tacrolimus-topical",
            "tacrolimus, topical",
            (INGREDIENT, code(RXNORM, "1", "protopic", "topical")),
            also_called=("protopic",),
            routes=("topical",),
        ),
        Drug(
            "tacrolimus-systemic",
            "tacrolimus, systemic",
            (INGREDIENT, ORALLY, BY_VEIN),
            also_called=("prograf",),
            routes=("systemic",),
        ),
        Drug("fluorouracil", "fluorouracil (injection)", (code(RXNORM, "4492", "fluorouracil"),), part="anticancer"),
    ],
)


def named(kind: str = "MedicationStatement", **members: Any) -> str:
    """What a record is of: the drugs, what it may be of with a question mark, a dash for another drug."""
    of = {"medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "42316"}]}}
    product = {} if {"medicationReference", "medicationCodeableConcept", "code"} & members.keys() else of
    record = resource(kind, status="completed", **product, **members)
    chart = chart_of(record)
    known = identified(product_named(chart, chart.treatments[0]), TABLE)
    perhaps = [f"{_short(one)}?" for one in sorted(known.perhaps)]
    return " ".join([*sorted(_short(one.drug.id) for one in known.drugs), *perhaps]) or (
        "-" if known.is_another else ""
    )


def _short(drug: str) -> str:
    return drug.removeprefix("tacrolimus-")


def by(*routes: Json, **members: Any) -> Json:
    return {"dosage": [{"route": one} for one in routes], **members}


def words(display: str, system: str = RXNORM, value: str = "42316", text: str | None = None) -> Json:
    return {"medicationCodeableConcept": concept(value, system, display=display, **({"text": text} if text else {}))}


def formed(form: Json | None, **members: Any) -> Json:
    made = {
        "resourceType": "Medication",
        "id": "m",
        "code": concept("42316", RXNORM),
        **({"form": form} if form else {}),
    }
    return {"contained": [made], "medicationReference": {"reference": "#m"}, **members}


UNKNOWN = "systemic? topical?"
TOPICAL, ORAL = {"text": "Topical"}, {"text": "Oral"}


@pytest.mark.parametrize(
    ("members", "comes_to"),
    [
        # Nothing is said, or nothing that is understood.
        ({}, UNKNOWN),
        (by({"text": "Route 17"}), UNKNOWN),
        (by(concept("999", SNOMED)), UNKNOWN),
        (by(), UNKNOWN),
        ({"dosage": "none"}, UNKNOWN),
        # The route of the dosage, by code and in words, English and Spanish.
        (by(concept("6064005", SNOMED)), "topical"),
        (by(concept("26643006", SNOMED)), "systemic"),
        (by(concept("C38304", NCIT)), "topical"),
        (by(concept("C38288", NCIT, display="ORAL")), "systemic"),
        (by(TOPICAL), "topical"),
        (by({"text": "Topical route (qualifier value)"}), "topical"),
        (by(ORAL), "systemic"),
        (by({"text": "PO"}), "systemic"),
        (by({"text": "V\u00eda oral"}), "systemic"),
        (by({"text": "T\u00f3pica"}), "topical"),
        (by({"text": "Intravenous"}), "systemic"),
        (by({"text": "Ophthalmic"}), "-"),
        (by({"text": "Inhalation"}), "-"),
        (by({"text": "not topical"}), UNKNOWN),
        (by({"text": "Topical, then oral"}), UNKNOWN),
        (by(concept("6064005", SNOMED, display="Oral route")), UNKNOWN),
        (by(concept("6064005", SNOMED, text="by mouth")), UNKNOWN),
        # Several dosages: each must be of the route.
        (by(TOPICAL, TOPICAL), "topical"),
        (by(TOPICAL, ORAL), UNKNOWN),
        (by(ORAL, {"text": "IV"}), "systemic"),
        ({"dosage": [{"route": TOPICAL}, {"text": "as directed"}]}, UNKNOWN),
        ({"dosage": [{"route": TOPICAL, "modifierExtension": [{"url": "x", "valueBoolean": True}]}]}, UNKNOWN),
        # Free words narrow what can be meant, and never prove.
        ({"dosage": [{"text": "Apply to skin twice daily"}]}, UNKNOWN),
        ({"dosage": [{"text": "Take 1 capsule by mouth twice daily"}]}, "systemic?"),
        ({"dosage": [{"text": "1 drop to both eyes"}]}, "-"),
        ({"dosage": [{"route": TOPICAL, "text": "Take 1 capsule by mouth"}]}, UNKNOWN),
        ({"dosage": [{"route": TOPICAL, "site": {"text": "Left eye"}}]}, UNKNOWN),
        ({"dosage": [{"route": TOPICAL, "text": "Apply to skin of both hands"}]}, "topical"),
        # The words of the product: a route or a dose form; they prove where each is understood.
        (words("tacrolimus 0.001 MG/MG Topical Ointment"), "topical"),
        (words("tacrolimus 0.1 % Topical Ointment [Protopic]"), "topical"),
        (words("tacrolimus 1 MG Oral Capsule"), "systemic"),
        (words("tacrolimus", text="tacrolimus 1 mg capsule"), "systemic"),
        (words("tacrolimus 0.1 % ointment"), "topical?"),
        (words("tacrolimus topical, after the clinic's own formula"), "topical?"),
        (words("tacrolimus capsule", text="tacrolimus topical"), UNKNOWN),
        (words("tacrolimus anhydrous 1 MG Oral Capsule"), "systemic"),
        (words("tacrolimus non topical, not oral"), "topical?"),
        (words("tacrolimus 0.03 % eye drops"), "-"),
        (words("tacrolimus 1 MG Oral Capsule") | by(TOPICAL), UNKNOWN),
        # The dose form of the Medication.
        (formed({"text": "Topical ointment"}), "topical"),
        (formed({"text": "Oral capsule"}), "systemic"),
        (formed({"text": "Ointment"}), "topical?"),
        (formed({"text": "Ointment"}, **by(TOPICAL)), "topical"),
        (formed({"text": "Powder"}, **by(TOPICAL)), "topical"),
        (formed({"text": "Form B"}, **by(TOPICAL)), UNKNOWN),
        (formed({"text": "Oral capsule"}, **by(TOPICAL)), UNKNOWN),
        (formed(None, **by(TOPICAL)), "topical"),
        # A code whose product has one route; another one against it.
        (words("protopic", value="1"), "topical"),
        (words("protopic", value="1") | by(ORAL), "topical?"),
        (words("Tacrolimus, oral", HCPCS, "J7507"), "systemic"),
        (words("Tacrolimus, parenteral", HCPCS, "J7525"), "systemic"),
        (words("Tacrolimus", HCPCS, "J7525") | by(TOPICAL), "systemic?"),
    ],
)  # fmt: skip
def test_a_drug_of_a_route_is_found_by_that_route_alone(members: Json, comes_to: str) -> None:
    assert named(**members) == comes_to


@pytest.mark.parametrize("kind", ["MedicationRequest", "MedicationDispense", "MedicationAdministration"])
def test_the_route_stands_where_each_kind_of_record_has_it(kind: str) -> None:
    for route, comes_to in ((TOPICAL, "topical"), (ORAL, "systemic"), ({"text": "Nasal"}, "-")):
        dosage = (
            {"dosage": {"route": route}}
            if kind == "MedicationAdministration"
            else {"dosageInstruction": [{"route": route}]}
        )
        assert named(kind, **dosage) == comes_to


@pytest.mark.parametrize(
    ("members", "comes_to"),
    [
        ({"text": "Intravenous"}, "fluorouracil"),
        ({"text": "Topical"}, "-"),
        ({"text": "Route 17"}, "fluorouracil"),
        ({"text": "Ophthalmic"}, "-"),
        ({"text": "Intravenous, topical"}, "fluorouracil"),
    ],
)
def test_a_cancer_drug_that_is_bound_to_no_route_is_none_on_the_skin(members: Json, comes_to: str) -> None:
    assert named(**words("fluorouracil", value="4492"), **by(members)) == comes_to


def test_fluorouracil_cream_is_no_chemotherapy() -> None:
    assert named(**words("fluorouracil 50 MG/ML Topical Cream", value="4492")) == "-"
    assert named(**words("fluorouracil 5 % cream", value="4492")) == "-"
    injected = words("fluorouracil 50 MG/ML Injectable Solution", value="4492")
    assert named(**injected) == "fluorouracil"
    assert named(**injected, **by({"text": "Ophthalmic"})) == "fluorouracil?"


def test_a_code_of_another_drug_beside_one_of_another_route_is_a_contradiction() -> None:
    both = {"coding": [{"system": RXNORM, "code": "1"}, {"system": RXNORM, "code": "4492"}]}
    assert named(medicationCodeableConcept=both, **by(ORAL)) == "fluorouracil? topical?"
    assert named(medicationCodeableConcept=both, **by(TOPICAL)) == ""


def test_words_name_a_drug_but_by_another_route() -> None:
    assert TABLE.named_in("on tacrolimus") == {"tacrolimus-topical", "tacrolimus-systemic"}
    assert TABLE.named_in("tacrolimus 1 mg capsules") == {"tacrolimus-systemic"}
    assert TABLE.named_in("clobetasol, topical") == frozenset()
    assert TABLE.named_in("Prograf") == {"tacrolimus-systemic"}


def test_every_word_of_the_table_names_routes_and_is_no_filler() -> None:
    table = route_words()
    assert all(found <= table.routes for found in (*table.phrases.values(), *table.codes.values()))
    assert not {one[0] for one in table.phrases if len(one) == 1} & (table.fillers | table.denials)
