"""The clinical record: what the chart makes of each kind of resource, once, and what reasoning is kept from."""

import ast
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from fhir_charts import (
    Json,
    before,
    chart_of,
    condition,
    drug_code,
    given,
    observation,
    patient,
    prescribed,
    quantity,
    reading_of,
    resource,
    taken,
)

from fhir_mappings import clinical
from fhir_mappings.admission.evidence import admitted, linked
from fhir_mappings.chart.clinical_records import RELATED_PRIMARY
from fhir_mappings.chart.clinical_records import patient as patient_of
from fhir_mappings.chart.document_records import documents, events
from fhir_mappings.clinical.doubts import Doubt
from fhir_mappings.clinical.records import ClinicalRecord, DiagnosisRecord, ResultRecord, TreatmentRecord
from fhir_mappings.clinical.standings import Standing
from policies.model.dates import OrderDate

IHC, WEIGHT = "85319-2", "29463-7"


def diagnosis(*values: Json) -> DiagnosisRecord:
    return reading_record(*values).on_file.diagnoses[0]


def result(*values: Json) -> ResultRecord:
    return reading_record(*values).on_file.results[0]


def treatment(*values: Json) -> TreatmentRecord:
    return reading_record(*values).on_file.treatments[0]


def reading_record(*values: Json) -> ClinicalRecord:
    return admitted(reading_of(*values))


@pytest.mark.parametrize(
    ("verified", "standing"),
    [
        ("confirmed", Standing.PROVES),
        (None, Standing.PROVES),
        ("refuted", Standing.REFUTES),
        ("provisional", Standing.HINTS),
        ("entered-in-error", Standing.NOTHING),
        ("made up", Standing.HINTS),
    ],
)
def test_a_diagnosis_stands_by_its_verification(verified: str | None, standing: Standing) -> None:
    assert diagnosis(condition(verified=verified)).standing is standing


@pytest.mark.parametrize(
    ("members", "status", "is_over"),
    [
        ({}, "active", False),
        ({"clinical": "resolved"}, "resolved", True),
        ({"clinical": "inactive"}, "inactive", True),
        ({"clinical": "remission"}, "remission", False),
        ({"clinical": None}, None, False),
        ({"clinicalStatus": {"text": "active"}}, "?", False),
        ({"abatementDateTime": "2020"}, "active", True),
        ({"abatementString": "last year"}, "active", True),
        ({"abatementBoolean": False}, "active", False),
    ],
)
def test_a_diagnosis_is_over_by_its_status_or_its_end(members: Json, status: str | None, is_over: bool) -> None:
    found = diagnosis(condition(**members))
    assert (found.clinical_status, found.is_over) == (status, is_over)


def test_what_a_diagnosis_names_is_told_with_its_own_doubts() -> None:
    stage = observation(IHC, id="s", on="2024-03-01")
    denied = condition("C50.912", id="d", code={"coding": [], "text": "no breast cancer"}, verified="refuted")
    main = condition(
        stage=[{"summary": {"text": "IV"}, "assessment": [{"reference": "Observation/s"}]}],
        extension=[{"url": RELATED_PRIMARY, "valueReference": {"reference": "Condition/d"}}],
    )
    reading = reading_of(main, stage, denied)
    found = admitted(reading).on_file.diagnoses[0]
    assessed, primary = linked(reading, found.stages[0].assessment[0]), linked(reading, found.primary[0])
    assert assessed is not None
    assert (assessed.kind, assessed.when and assessed.when.written) == ("Observation", "2024-03-01")
    assert primary is not None
    assert (primary.kind, primary.standing, bool(primary.doubts)) == ("Condition", Standing.REFUTES, False)


@pytest.mark.parametrize(
    ("reference", "may_be_diagnosis"),
    [
        ({"reference": "Condition/lost"}, True),
        ({"reference": "#lost"}, True),
        ({"reference": "Observation/lost"}, False),
        ({"display": "a cancer"}, False),
    ],
)
def test_what_is_named_and_not_on_file_has_no_place(reference: Json, may_be_diagnosis: bool) -> None:
    reading = reading_of(observation(IHC, focus=[reference]))
    (link,) = admitted(reading).on_file.results[0].focus
    assert (link.place, link.may_be_diagnosis, linked(reading, link)) == (None, may_be_diagnosis, None)


def test_a_result_holds_its_whole_and_its_components() -> None:
    part = {"code": {"text": "score"}, "valueInteger": 2, "dataAbsentReason": {"text": "unknown"}}
    found = result(observation(IHC, quantity(3, "1"), component=[part], specimen={"reference": "Specimen/a"}))
    assert found.whole is found.parts[0]
    assert found.whole.quantity is not None
    assert (found.parts[1].integer, found.parts[1].is_absent, found.parts[1].has_value) == (2, True, True)
    assert (found.specimen, found.standing, found.is_head) == ("Specimen/a", Standing.PROVES, False)


def test_a_head_names_the_results_under_it_that_are_on_file() -> None:
    head = observation(IHC, hasMember=[{"reference": "Observation/m"}, {"reference": "Observation/lost"}])
    found = result(head, observation(IHC, id="m"))
    assert (found.members, found.is_head) == (("Observation/m",), True)


@pytest.mark.parametrize(
    ("record", "standing", "is_plan"),
    [
        (given("docetaxel", "2025-01-01"), Standing.PROVES, False),
        (prescribed("docetaxel", "2025-01-01"), Standing.WEAKLY, False),
        (prescribed("docetaxel", "2025-01-01", intent="plan"), Standing.WEAKLY, True),
        (prescribed("docetaxel", "2025-01-01", doNotPerform=True), Standing.WEAKLY, True),
        (taken("docetaxel", "2025-01-01", status="not-taken"), Standing.NOTHING, False),
    ],
)
def test_a_treatment_stands_by_its_status_and_may_be_a_plan(record: Json, standing: Standing, is_plan: bool) -> None:
    found = treatment(record)
    assert (found.standing, found.is_plan) == (standing, is_plan)


def test_a_compound_is_named_by_its_active_ingredients() -> None:
    bag = {
        "resourceType": "Medication",
        "id": "bag",
        "ingredient": [
            {"itemCodeableConcept": drug_code("docetaxel")},
            {"itemCodeableConcept": {"text": "saline"}, "isActive": False},
        ],
    }
    named = given("docetaxel", "2025-01-01", medicationCodeableConcept=None, medicationReference=bag_link())
    found = treatment(named, bag)
    assert found.product.concept is None
    assert [one.codes for one in found.product.ingredients] == [
        tuple(one["code"] for one in drug_code("docetaxel")["coding"])
    ]
    assert found.product.pointed == "a bag"


def bag_link() -> Json:
    return {"reference": "Medication/bag", "display": "a bag"}


def test_documents_and_events_tell_their_words() -> None:
    report = resource(
        "DiagnosticReport", status="final", conclusion="no change", code={"text": "CT"}, effectiveDateTime="2026-01-02"
    )
    event = resource("AdverseEvent", actuality="potential", event={"text": "nausea"}, date="2026-01-03")
    reading = reading_of(report, event)
    (document,), (potential,) = documents(reading), events(reading)
    assert (document.kind, document.standing) == ("DiagnosticReport", Standing.HINTS)
    assert set(document.texts) == {"no change", "CT", ""}
    assert potential.is_potential
    assert [one.text for one in potential.events] == ["nausea"]


def test_the_patient_is_told_of_only_where_one_came_along() -> None:
    assert patient_of(reading_of()) is None
    found = patient_of(reading_of(patient(deceasedDateTime="2026-01-01", gender="female")))
    assert found is not None
    assert (found.is_deceased, found.deceased_on, found.gender) == (True, "2026-01-01", "female")


def test_records_are_made_once_for_all_readings_of_a_chart_and_doubted_by_each() -> None:
    first = reading_of(condition(recordedDate=before(5)), given("docetaxel", before(100)))
    earlier = replace(first, as_of=OrderDate(first.as_of.replace(year=first.as_of.year - 1)))
    now, then = admitted(first), admitted(earlier)
    assert now.treatments[0].product is then.on_file.treatments[0].product
    assert (len(now.diagnoses), len(then.diagnoses)) == (1, 0)
    assert then.on_file.diagnoses[0].doubts == {Doubt.AFTER_ORDER}
    assert then.on_file.diagnoses[0]._replace(doubts=frozenset()) == now.diagnoses[0]


def test_a_record_cannot_be_changed() -> None:
    found = diagnosis(condition())
    with pytest.raises(AttributeError):
        found.is_over = True  # type: ignore[misc]


def test_a_chart_of_nothing_makes_an_empty_record() -> None:
    found = admitted(reading_of())
    assert (found.diagnoses, found.results, found.treatments, found.doubted) == ((), (), (), ())
    assert chart_of().links.named == []


def decoders(source: str) -> list[str]:
    """What a module uses of msgspec beside its frozen values."""
    tree = ast.parse(source)
    used = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _is_msgspec(node.value)]
    named = [one.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for one in _of_msgspec(node)]
    return [name for name in (*used, *named) if name != "Struct"]


def _is_msgspec(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "msgspec"


def _of_msgspec(node: ast.ImportFrom) -> list[ast.alias]:
    return node.names if (node.module or "").partition(".")[0] == "msgspec" else []


@pytest.mark.parametrize("file", sorted(Path(clinical.__path__[0]).glob("*.py")), ids=lambda file: file.name)
def test_the_clinical_room_decodes_nothing(file: Path) -> None:
    assert decoders(file.read_text("utf-8")) == []


@pytest.mark.parametrize("source", ["import msgspec\nmsgspec.json.decode(b'')", "from msgspec import Raw"])
def test_a_decoder_in_the_clinical_room_is_found(source: str) -> None:
    assert decoders(source) != []


EACH_DAY: Json = {
    "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
    "doseAndRate": [{"doseQuantity": {"value": 50, "system": "http://unitsofmeasure.org", "code": "mg"}}],
}


def dosed(dosage: object) -> Json:
    return taken("trastuzumab", before(30)) | {"dosage": dosage}


@pytest.mark.parametrize(
    ("dosage", "daily"),
    [
        ([EACH_DAY], Decimal(100)),
        ([EACH_DAY | {"timing": {"repeat": {"frequency": 1, "period": 7, "periodUnit": "d"}}}], Decimal(50) / 7),
        ([EACH_DAY | {"timing": {"repeat": {"frequency": 1, "period": 12, "periodUnit": "h"}}}], Decimal(100)),
        ([EACH_DAY, EACH_DAY], None),
        ([EACH_DAY | {"text": 7}], None),
        ([EACH_DAY | {"doseAndRate": EACH_DAY["doseAndRate"] * 2}], None),
        ([EACH_DAY | {"timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "mo"}}}], None),
        ([EACH_DAY | {"timing": {"repeat": {"frequency": 2, "period": 0, "periodUnit": "d"}}}], None),
        ([EACH_DAY | {"timing": {"code": {"text": "twice daily"}}}], None),
        ([EACH_DAY | {"timing": "daily"}], None),
        (["daily"], None),
        ("daily", None),
        ([], None),
    ],
)
def test_a_daily_dose_is_that_of_one_plain_dosage_that_can_be_read(dosage: object, daily: Decimal | None) -> None:
    found = treatment(dosed(dosage)).daily_mg
    assert found == (daily.normalize() if daily is not None else None)
