"""Which records prove a therapy, and whose: readings 10, 11 and 13, and the ordered drug itself."""

from collections.abc import Callable

import pytest
from fhir_charts import (
    BREAST,
    ICD,
    MYELOMA,
    RXNORM,
    SNOMED,
    Json,
    bundle,
    concept,
    condition,
    counted,
    dispensed,
    drug_code,
    finding,
    given,
    judged,
    observation,
    policies,
    prescribed,
    procedure,
    reasons,
    resource,
    taken,
    truths,
)

from policies.model.findings import Role, State, Strength

ON = "2022-03-01"
COUNT = "prior_anti_her2_therapies"
Record = Callable[..., Json]


@pytest.mark.parametrize(
    ("record", "status"),
    [
        (given, "in-progress"),
        (given, "completed"),
        (given, "stopped"),
        (dispensed, "completed"),
        (procedure, "completed"),
    ]
    + [(taken, status) for status in ("active", "completed", "stopped")],
)
def test_these_records_prove_that_a_drug_was_given(record: Record, status: str) -> None:
    found = finding(COUNT, record("trastuzumab", ON, status=status))
    assert counted(COUNT, record("trastuzumab", ON, status=status)) == 1
    assert [one.strength for one in found.evidence] == [Strength.STRONG]


def test_a_completed_prescription_counts_weakly() -> None:
    found = finding(COUNT, prescribed("trastuzumab", ON))
    assert counted(COUNT, prescribed("trastuzumab", ON)) == 1
    assert [one.strength for one in found.evidence] == [Strength.WEAK]


def test_a_giving_makes_a_completed_prescription_strong() -> None:
    records = [prescribed("trastuzumab", ON), given("trastuzumab", "2022-03-03")]
    assert [one.strength for one in finding(COUNT, *records).evidence] == [Strength.STRONG]


@pytest.mark.parametrize(
    ("record", "status"),
    [(prescribed, status) for status in ("stopped", "active", "on-hold")]
    + [
        (given, "on-hold"),
        (given, "unknown"),
        (dispensed, "in-progress"),
        (dispensed, "stopped"),
        (dispensed, "unknown"),
    ]
    + [(taken, "on-hold"), (taken, "unknown"), (procedure, "in-progress"), (procedure, "stopped")],
)
def test_a_drug_that_was_probably_given_is_named_and_not_counted(record: Record, status: str) -> None:
    one = record("trastuzumab", ON, status=status)
    found = finding(COUNT, one)
    assert found.state is State.UNKNOWN
    assert [item.role for item in found.evidence] == [Role.POSSIBLE]
    assert one["id"] in found.note


@pytest.mark.parametrize(
    ("record", "status"),
    [(prescribed, status) for status in ("draft", "cancelled", "entered-in-error", "unknown")]
    + [(given, "not-done"), (given, "entered-in-error"), (procedure, "not-done"), (procedure, "preparation")]
    + [(dispensed, status) for status in ("preparation", "cancelled", "on-hold", "entered-in-error", "declined")]
    + [(taken, status) for status in ("intended", "not-taken", "entered-in-error")],
)
def test_a_drug_that_was_not_given_is_nothing(record: Record, status: str) -> None:
    assert finding(COUNT, record("trastuzumab", ON, status=status)) == finding(COUNT)


@pytest.mark.parametrize(
    "members", [{"intent": "proposal"}, {"intent": "plan"}, {"intent": "option"}, {"doNotPerform": True}]
)
def test_a_prescription_that_asks_for_nothing_is_nothing(members: Json) -> None:
    assert finding(COUNT, prescribed("trastuzumab", ON, **members)) == finding(COUNT)


def test_an_undated_therapy_raises_only_the_upper_end() -> None:
    found = finding(COUNT, given("trastuzumab", None))
    assert found.state is State.UNKNOWN
    assert "May be a further one: trastuzumab given (completed)" in found.note


def test_a_doubtful_record_of_a_drug_that_is_counted_anyway_says_nothing_new() -> None:
    found = finding(
        COUNT, given("trastuzumab", ON), given("trastuzumab", None), prescribed("trastuzumab", None, status="active")
    )
    assert [one.role for one in found.evidence] == [Role.FOR]


def test_many_doubtful_records_of_one_drug_are_named_once() -> None:
    records = [prescribed("trastuzumab", f"2022-0{month}-01", status="active") for month in range(1, 8)]
    assert len(finding(COUNT, *records).evidence) == 1


def test_a_record_of_the_future_is_an_error() -> None:
    assert finding(COUNT, given("trastuzumab", "2027-01-01")) == finding(COUNT)


@pytest.mark.parametrize(
    "said",
    [
        {"text": "Herceptin"},
        {"coding": drug_code("trastuzumab")["coding"] + drug_code("eribulin")["coding"]},
        concept("224905", RXNORM, display="pembrolizumab"),
    ],
    ids=["by text only", "codes of two drugs", "a display that names another drug"],
)
def test_a_drug_that_is_not_sure_counts_nothing_and_is_named(said: Json) -> None:
    found = finding(COUNT, given("trastuzumab", ON, medicationCodeableConcept=said))
    assert found.value is None
    assert [one.role for one in found.evidence] == [Role.POSSIBLE]
    assert "On record too" in found.note


def test_the_code_of_a_conjugate_beside_that_of_its_antibody_is_the_conjugate() -> None:
    both = {"coding": drug_code("trastuzumab")["coding"] + drug_code("trastuzumab-emtansine")["coding"]}
    found = finding(COUNT, given("trastuzumab", ON, medicationCodeableConcept=both))
    assert "ado-trastuzumab emtansine (T-DM1) from 2022-03-01" in found.note


def test_a_code_older_than_its_meaning_is_nothing() -> None:
    codes = _codes_with_since()
    assert codes
    for system, code, since in codes:
        record = given("teclistamab", "2001-01-01", medicationCodeableConcept=concept(code, system))
        assert counted("prior_lines", condition("C90.00"), record, drug=MYELOMA) == 0
        assert counted("prior_lines", condition("C90.00"), record | {"effectiveDateTime": since}, drug=MYELOMA) == 1
        assert (
            finding("prior_lines", condition("C90.00"), record | {"effectiveDateTime": None}, drug=MYELOMA).evidence
            == ()
        )


def _codes_with_since() -> list[tuple[str, str, str]]:
    codes = policies().drugs.by_id["teclistamab"].codes
    return [(one.system.uri, one.code, one.since) for one in codes if one.since and one.confidence == "verified"]


OWN = [
    {"reasonReference": [{"reference": "Condition/own"}, {"reference": "Condition/liver"}]},
    {"reasonCode": [concept("314955001", SNOMED)]},
    {"reasonCode": [concept("C50.911", ICD)]},
    {"reasonReference": [{"reference": "Condition/own"}]},
    {"reasonReference": [{"reference": "https://ehr.example/fhir/Condition/own"}]},
    {"reasonReference": [{"reference": "Condition/colon"}, {"reference": "Condition/own"}]},
    {"reasonCode": [concept("427685000", SNOMED)]},
]
OTHER = [
    {"reasonCode": [concept("C18.9", ICD)]},
    {"reasonReference": [{"reference": "Condition/colon"}]},
    {"reasonReference": [{"reference": "Condition/lupus"}]},
    {"reasonReference": [{"reference": "Condition/nameless"}]},
    {"reasonReference": [{"reference": "Condition/gone"}], "reasonCode": [concept("C18.9", ICD)]},
]
OPEN = [
    {},
    {"reasonReference": [{"reference": "Condition/gone"}]},
    {"reasonReference": [{"reference": "urn:uuid:gone"}]},
    {"reasonReference": [{"reference": "Condition/maybe"}]},
    {"reasonReference": [{"reference": "Condition/liver"}]},
    {"reasonReference": [{"reference": "Observation/x"}]},
    {"reasonReference": [{"reference": "Observation/ihc"}]},
    {"reasonReference": [{"reference": "Condition/to-the-breast"}]},
    {"reasonReference": [{"reference": "Condition/history"}]},
    {"reasonCode": [concept("C79.81", ICD)]},
    {"reasonReference": [{"display": "breast cancer"}]},
    {"reasonCode": [concept("Z51.11", ICD)]},
    {"reasonCode": [concept("M06.9", ICD)]},
]
FILE = [
    condition(id="own"),
    condition("C18.9", id="colon"),
    condition("M32.9", id="lupus"),
    condition("C50.912", id="maybe", verified="provisional"),
    condition("C78.7", id="liver"),
    condition("C79.81", id="to-the-breast"),
    condition("Z85.3", id="history"),
    condition(id="nameless", code=None),
    observation("85319-2", id="ihc"),
]


@pytest.mark.parametrize("reason", OWN)
def test_a_therapy_for_the_disease_counts_beside_another_cancer(reason: Json) -> None:
    assert counted(COUNT, *FILE, given("trastuzumab", ON, **reason)) == 1


@pytest.mark.parametrize("reason", OTHER)
def test_a_therapy_for_another_disease_is_nothing(reason: Json) -> None:
    assert finding(COUNT, *FILE, given("trastuzumab", ON, **reason)) == finding(COUNT, *FILE)


@pytest.mark.parametrize("reason", OPEN)
def test_beside_another_cancer_a_therapy_without_a_clear_reason_is_only_possible(reason: Json) -> None:
    found = finding(COUNT, *FILE, given("trastuzumab-deruxtecan", ON, **reason))
    assert [one.role for one in found.evidence] == [Role.POSSIBLE]


def test_a_therapy_for_another_cancer_that_is_not_on_file_is_nothing() -> None:
    assert counted(COUNT, condition(), given("trastuzumab", ON, reasonCode=[concept("C18.9", ICD)])) == 0


def test_a_therapy_whose_reason_cannot_be_found_is_only_possible() -> None:
    one = given("trastuzumab", ON, reasonReference=[{"reference": "Condition/gone"}])
    assert finding(COUNT, condition(), one).evidence[0].role is Role.POSSIBLE


@pytest.mark.parametrize("reason", ["C79.51", "Z51.11", "R52"])
def test_metastases_chemotherapy_and_symptoms_as_a_reason_leave_a_therapy_with_the_only_cancer(reason: str) -> None:
    assert counted(COUNT, condition(), given("trastuzumab", ON, reasonCode=[concept(reason, ICD)])) == 1


def test_a_reason_within_the_record_itself_counts() -> None:
    inside = {"contained": [condition(id="c")], "reasonReference": [{"reference": "#c"}]}
    assert counted(COUNT, condition("C18.9"), given("trastuzumab", ON, **inside)) == 1


def test_a_smoldering_forerunner_or_plasmacytoma_is_no_other_cancer() -> None:
    forerunner = condition("413587002", SNOMED, code=concept("413587002", SNOMED, display="Smoldering myeloma"))
    for other in (forerunner, condition("C90.30")):
        assert counted("prior_lines", condition("C90.00"), other, given("daratumumab", ON), drug=MYELOMA) == 1


@pytest.mark.parametrize("where", ["contained", "bundle", "relative", "absolute"])
def test_the_drug_may_stand_in_a_medication(where: str) -> None:
    medication = {"resourceType": "Medication", "id": "m", "code": drug_code("trastuzumab")}
    reference = {
        "contained": "#m",
        "bundle": "urn:uuid:m",
        "relative": "Medication/m",
        "absolute": "https://ehr.example/fhir/Medication/m",
    }
    one = given("trastuzumab", ON, medicationCodeableConcept=None, medicationReference={"reference": reference[where]})
    if where == "contained":
        values = [one | {"contained": [medication]}]
    elif where == "bundle":
        values = [
            {"resourceType": "Bundle", "entry": [{"fullUrl": "urn:uuid:m", "resource": medication}, {"resource": one}]}
        ]
    else:
        values = [one, medication]
    assert counted(COUNT, *values) == 1


@pytest.mark.parametrize(
    "reference", [{"reference": "Medication/gone"}, {"reference": "#gone"}, {"display": "Herceptin"}, None]
)
def test_a_medication_that_cannot_be_found_is_nothing(reference: Json | None) -> None:
    one = given("trastuzumab", ON, medicationCodeableConcept=None, medicationReference=reference)
    assert counted(COUNT, one) == 0


def test_the_ordered_drug_itself_never_counts() -> None:
    margetuximab = [given(BREAST, f"2024-0{month}-01") for month in (1, 4, 7)]
    assert finding(COUNT, *margetuximab) == finding(COUNT)
    elranatamab = [given(MYELOMA, f"2024-0{month}-01") for month in (1, 4, 7)]
    assert finding("prior_lines", *elranatamab, drug=MYELOMA) == finding("prior_lines", drug=MYELOMA)


CLASSES = [
    ("prior_anti_cd38", "daratumumab"),
    ("prior_anti_cd38", "isatuximab"),
    ("prior_proteasome_inhibitor", "bortezomib"),
    ("prior_proteasome_inhibitor", "carfilzomib"),
    ("prior_proteasome_inhibitor", "ixazomib"),
    ("prior_immunomodulatory", "lenalidomide"),
    ("prior_immunomodulatory", "pomalidomide"),
    ("prior_immunomodulatory", "thalidomide"),
]


@pytest.mark.parametrize(("fact", "drug"), CLASSES)
def test_a_drug_of_the_class_that_was_given_is_proof(fact: str, drug: str) -> None:
    assert finding(fact, given(drug, ON), drug=MYELOMA).value is True
    assert finding(fact, given(drug, None), drug=MYELOMA).value is True


@pytest.mark.parametrize(
    ("fact", "drug"),
    [
        ("prior_anti_cd38", "elotuzumab"),
        ("prior_proteasome_inhibitor", "panobinostat"),
        ("prior_immunomodulatory", "selinexor"),
    ],
)
def test_a_drug_of_another_class_is_no_proof(fact: str, drug: str) -> None:
    assert finding(fact, given(drug, ON), drug=MYELOMA).state is State.UNKNOWN


def test_a_drug_of_the_class_that_was_only_prescribed_is_shown() -> None:
    found = finding("prior_anti_cd38", prescribed("daratumumab", ON, status="active"), drug=MYELOMA)
    assert "not proven to be given" in found.note


def test_the_earliest_giving_that_proves_is_the_evidence() -> None:
    records = [
        prescribed("daratumumab", "2020-01-01"),
        given("daratumumab", "2021-02-01"),
        given("daratumumab", "2021-01-01"),
    ]
    assert [one.date for one in finding("prior_anti_cd38", *records, drug=MYELOMA).evidence] == ["2021-01-01"]


def test_a_drug_of_the_class_for_another_cancer_is_no_proof() -> None:
    lymphoma = given("bortezomib", ON, reasonCode=[concept("C83.10", ICD)])
    assert finding("prior_proteasome_inhibitor", condition("C90.00"), lymphoma, drug=MYELOMA).evidence == ()
    unclear = given("bortezomib", ON)
    found = finding("prior_proteasome_inhibitor", condition("C90.00"), condition("C83.10"), unclear, drug=MYELOMA)
    assert [one.role for one in found.evidence] == [Role.POSSIBLE]


def test_a_drug_of_the_class_is_earlier_than_the_order() -> None:
    assert finding("prior_anti_cd38", given("daratumumab", "2026-11-24"), drug=MYELOMA).evidence == ()
    assert finding("prior_anti_cd38", given("daratumumab", "2026-11"), drug=MYELOMA).evidence[0].role is Role.POSSIBLE


def test_a_report_that_names_a_therapy_decides_nothing() -> None:
    report = resource("DiagnosticReport", status="final", code=drug_code("trastuzumab"), effectiveDateTime=ON)
    assert finding(COUNT, report, bundle(report)) == finding(COUNT)


def test_counted_therapies_are_named_with_their_drugs_and_start() -> None:
    found = judged(condition(), given("trastuzumab", ON), given("pertuzumab", ON))
    assert truths(found)["prior-anti-her2.count"] == "unknown"
    assert (
        reasons(found)["prior-anti-her2.count"].note == "The chart proves 1: pertuzumab + trastuzumab from 2022-03-01."
    )
