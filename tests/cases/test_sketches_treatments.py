"""How drugs, procedures, documents, the patient and orders are drawn, and what cannot be drawn."""

from datetime import date
from typing import Any

import pytest
from casebook_files import code_of, drawn, entry, names_of, only

from fhir_mappings.cases.chart_sketch import draw, draw_orders
from fhir_mappings.sketches.names import SketchError
from policies.testcases.casebook import DraftOrder


@pytest.mark.parametrize(
    ("verb", "kind", "day"),
    [
        ("given", "MedicationAdministration", {"effectiveDateTime": "2024-05-06", "status": "completed"}),
        ("dispensed", "MedicationDispense", {"whenHandedOver": "2024-05-06", "status": "completed"}),
        ("taken", "MedicationStatement", {"effectivePeriod": {"start": "2024-05-06"}, "status": "active"}),
        ("prescribed", "MedicationRequest", {"authoredOn": "2024-05-06", "status": "active", "intent": "order"}),
    ],
)
def test_a_drug_is_recorded_in_four_ways(verb: str, kind: str, day: dict[str, Any]) -> None:
    found = only(verb, "trastuzumab deruxtecan", on="2024-05-06")
    assert found["resourceType"] == kind
    assert found.items() >= day.items()
    assert code_of(found["medicationCodeableConcept"]) == "2267574"


def test_a_course_has_an_end_and_a_resource_for_each_drug() -> None:
    course = {"from_": "2024-05-06", "to": "2024-09-02"}
    given, other = drawn(entry("given", "trastuzumab", "pertuzumab", **course))
    assert given["effectivePeriod"] == {"start": "2024-05-06", "end": "2024-09-02"}
    assert code_of(other["medicationCodeableConcept"]) == "1298944"
    assert only("taken", "tucatinib", **course)["status"] == "completed"


def test_every_draws_one_administration_a_cycle() -> None:
    doses = drawn(entry("given", "trastuzumab", from_="2024-05-06", to="2024-06-17", every="21"))
    assert [one["effectiveDateTime"] for one in doses] == ["2024-05-06", "2024-05-27", "2024-06-17"]


def test_a_drug_without_a_date_says_that_the_date_is_unknown() -> None:
    assert "_effectiveDateTime" in only("given", "trastuzumab")
    assert "performedDateTime" not in only("procedure", "ciltacabtagene autoleucel")


@pytest.mark.parametrize(
    ("name", "coded_as", "code"),
    [
        ("Herceptin Hylecta", "", "2119715"),
        ("trastuzumab-deruxtecan", "HCPCS", "J9358"),
        ("elranatamab", "NDC", "00069-2522"),
        ("Phesgo", "", "2382605"),
        ("Kadcyla", "HCPCS", "J9354"),
    ],
)
def test_a_drug_is_found_by_name_or_brand(name: str, coded_as: str, code: str) -> None:
    words = {"coded_as": coded_as} if coded_as else {}
    assert code_of(only("given", name, **words)["medicationCodeableConcept"]) == code


@pytest.mark.parametrize(
    ("verb", "element"),
    [
        ("given", "statusReason"),
        ("taken", "statusReason"),
        ("prescribed", "statusReason"),
        ("dispensed", "statusReasonCodeableConcept"),
    ],
)
def test_a_reason_for_stopping_stands_where_r4_has_it(verb: str, element: str) -> None:
    found = only(verb, "trastuzumab", status="stopped", stopped_because="not tolerated")[element]
    assert code_of(found[0] if isinstance(found, list) else found) == "407563006"


def test_a_drug_is_given_for_a_condition_of_the_sketch_or_for_a_disease_in_code() -> None:
    _, known = drawn(entry("condition", "breast cancer"), entry("given", "trastuzumab", for_="breast cancer"))
    assert known["reasonReference"] == [{"reference": "Condition/condition-2"}]
    assert code_of(only("given", "trastuzumab", for_="breast cancer")["reasonCode"][0]) == "C50.919"


def test_a_prescription_can_be_a_plan_or_forbid() -> None:
    found = only("prescribed", "capecitabine", intent="plan", do_not_perform="yes")
    assert (found["intent"], found["doNotPerform"]) == ("plan", True)


def test_a_procedure_has_its_procedure_code_or_a_text() -> None:
    found = only("procedure", "ciltacabtagene autoleucel", on="2024-02-12")
    assert (code_of(found["code"]), found["performedDateTime"]) == ("XW033A7", "2024-02-12")
    assert only("procedure", "stem cell transplant", coded_as="text")["code"] == {"text": "stem cell transplant"}


@pytest.mark.parametrize(
    ("what", "kind", "element"),
    [
        ("oncology note", "DocumentReference", "date"),
        ("imaging report", "DiagnosticReport", "effectiveDateTime"),
        ("imaging study", "ImagingStudy", "started"),
    ],
)
def test_a_document_is_dated_as_its_type_is(what: str, kind: str, element: str) -> None:
    found = only("document", what, on="2026-05-26")
    assert found["resourceType"] == kind
    assert found[element].startswith("2026-05-26")
    assert element not in only("document", what)


@pytest.mark.parametrize(
    ("said", "element"), [("2026-05-30", {"deceasedDateTime": "2026-05-30"}), ("yes", {"deceasedBoolean": True})]
)
def test_a_patient_can_have_died(said: str, element: dict[str, Any]) -> None:
    (patient,) = draw((entry("deceased", said),), names_of())
    assert patient.items() >= element.items()


def test_an_order_is_a_draft_with_others_beside_it() -> None:
    order = DraftOrder("margetuximab", "2026-06-01", date(2026, 6, 1), ("eribulin",), "HCPCS", refused=True)
    own, beside = draw_orders(order, names_of())
    assert (own["status"], own["authoredOn"], own["doNotPerform"]) == ("draft", "2026-06-01", True)
    assert code_of(own["medicationCodeableConcept"]) == "J9353"
    assert (beside["id"], code_of(beside["medicationCodeableConcept"])) == ("beside-1", "1045453")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (entry("condition", "brest cancer"), "the terminology knows no 'brest cancer'; did you mean 'breast cancer'?"),
        (entry("condition", "xyz"), "the terminology knows no 'xyz'"),
        (entry("condition", "Smoldering myeloma", coded_as="ICD-10-CM"), "has no code of ICD-10-CM for 'Smoldering"),
        (entry("metastasis", "moon"), "the terminology knows no 'moon'"),
        (entry("stage", "IV", of="gout"), "there is no condition 'gout' above this line"),
        (entry("stage", "IV", coded_as="LOINC"), "'stage-values' has no code of LOINC that means 'iv'"),
        (entry("given", "trastuzumob"), "the drug table knows no 'trastuzumob'; did you mean 'trastuzumab'?"),
        (entry("given", "selinexor", coded_as="NDC"), "the drug table has no code of NDC for 'selinexor'"),
        (entry("given", "trastuzumab", every="21"), "'every' needs 'from' and 'to'"),
        (entry("her2 ish", "measured"), "nothing is measured: name ratio, copies or cep17"),
    ],
)
def test_what_cannot_be_drawn_is_told_with_its_place(line: Any, words: str) -> None:
    with pytest.raises(SketchError, match=r"^test:1: ") as caught:
        draw((line,), names_of())
    assert words in str(caught.value)


def test_a_set_of_drugs_is_no_set_of_codes() -> None:
    with pytest.raises(SketchError, match="'anti-her2-drugs' is no value set of codes"):
        names_of().codes("anti-her2-drugs")
